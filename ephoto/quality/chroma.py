"""Whether the photo is in colour: what OFIQ's NaturalColour does not tell apart from a wrong colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GREY", "chroma"]

GREY = 4.0  # a picture with less colour in its face is black and white

_STEP = 2  # every other pixel of every other row says as much


def chroma(pixels: NDArray[np.uint8], face: NDArray[np.uint8]) -> float | None:
    """Mean difference between the largest and the least channel, 0..255, over the face; None without a face.

    Grey pictures have 0 to 2, also those that are stored as colours; skin of any tone has 15 and more.
    """
    x, y, w, h = cv2.boundingRect(face)
    if not w:
        return None
    part = np.s_[y : y + h : _STEP, x : x + w : _STEP]
    r, g, b = cv2.split(pixels[part])
    spread = cv2.subtract(cv2.max(cv2.max(r, g), b), cv2.min(cv2.min(r, g), b))
    return float(cv2.mean(np.asarray(spread, np.uint8), mask=np.ascontiguousarray(face[part]))[0])
