"""Luminance in linear light, as ISO/IEC 29794-5 has it, and its histogram."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.colour import LUMINANCE, linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["histogram", "luminance"]


@cache
def _levels() -> tuple[NDArray[np.float32], ...]:
    """What each value adds to 255 Y, (256, 1), channel by channel."""
    light = linear(np.arange(256, dtype=np.uint8))
    return tuple(np.asarray(255 * share * light[:, None], np.float32) for share in LUMINANCE)


def luminance(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Y (H, W) uint8 of sRGB pixels (H, W, 3): 255 (0.2126 R + 0.7152 G + 0.0722 B) of linearised channels, rounded.

    Linear light looks dark in numbers: a well lit face has a mean of 0.2 to 0.4 of 255.
    """
    r, g, b = (cv2.LUT(plane, table) for plane, table in zip(cv2.split(pixels), _levels(), strict=True))
    return np.asarray(cv2.convertScaleAbs(cv2.add(cv2.add(r, g), b)), np.uint8)


def histogram(luma: NDArray[np.uint8], where: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """The share of each of 256 levels of `luma` (H, W) where a mask (H, W) is not 0; None where it is 0 everywhere."""
    x, y, w, h = cv2.boundingRect(where)
    if not w:
        return None
    part = np.s_[y : y + h, x : x + w]
    counts = cv2.calcHist([luma[part]], [0], where[part], [256], [0, 256]).ravel().astype(np.float64)
    return np.asarray(counts / counts.sum(), np.float64)
