"""Mattes against exact alpha, side by side with what others make of the same photos: `python -m benchmarks.matting`."""
