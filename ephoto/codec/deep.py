"""Colour pictures of 16 bits a channel: rounded to 8, which Pillow does by cutting the lower byte off.

Cutting darkens by half a level on average. OpenCV reads a PNG's full depth; what it reads is used only if its upper
bytes are Pillow's pixels, so Pillow remains the one judge of what a file shows. TIFF is left as Pillow reads it:
OpenCV's reader prints warnings about the tags of ordinary scanners.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ephoto.codec.arrays import to_8bit

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["is_deep", "rounded"]

_CHANNELS = {"RGB": (2, 1, 0), "RGBA": (2, 1, 0, 3)}  # of OpenCV's order


def is_deep(image: ImageFile) -> bool:
    """Whether a PNG that is open but not loaded holds 16-bit colours."""
    return image.format == "PNG" and image.mode in _CHANNELS and any(";16" in str(tile[3]) for tile in image.tile)


def rounded(image: Image.Image, data: bytes) -> Image.Image:
    """The loaded image with its lower bytes taken into account; itself where they cannot be had."""
    import cv2

    try:
        levels: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return image
    order = _CHANNELS[image.mode]
    if levels is None or levels.dtype != np.uint16 or levels.ndim != 3 or levels.shape[2] < len(order):
        return image
    levels = levels[:, :, order]
    if not np.array_equal((levels >> 8).astype(np.uint8), np.asarray(image)):
        return image
    result = Image.fromarray(to_8bit(levels))
    clear = image.info.get("transparency")
    if isinstance(clear, tuple):  # the one colour that is transparent, in 16 bits: Pillow compares it with 8
        opaque = (levels != np.array(clear, np.uint16)).any(axis=2)
        result.putalpha(Image.fromarray(opaque.astype(np.uint8) * 255))
    return result
