"""Files in, files out: bytes to upright sRGB pixels, pixels to bytes."""
