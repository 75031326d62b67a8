"""Shadows and light on the ground: how far its brightness spreads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["background_shade"]

LEAST_PX = 200  # of ground below which nothing can be said
_SHARES = (0.05, 0.95)  # single bright or dark spots are no shade


def background_shade(luma: NDArray[np.uint8], ground: NDArray[np.uint8]) -> float | None:
    """L* between the darkest and the brightest twentieth of the ground; None where too little of it is seen.

    `luma` (H, W) is linear Y of 255, `ground` (H, W) is not 0 on the background. Plain and gradient grounds have 0 to
    16 (11 real portraits), a wall with a hard shadow 51, rooms and flags 20 to 90.
    """
    counts = cv2.calcHist([luma], [0], ground, [256], [0, 256]).ravel().astype(np.float64)
    total = counts.sum()
    if total < LEAST_PX:
        return None
    reached = np.cumsum(counts) / total
    dark, bright = (_lightness(int(np.searchsorted(reached, share)) / 255) for share in _SHARES)
    return bright - dark


def _lightness(y: float) -> float:
    """CIE L* of a relative luminance (CIE 15:2018, 8.2.1.1)."""
    return 116 * y ** (1 / 3) - 16 if y > 216 / 24389 else 24389 / 27 * y
