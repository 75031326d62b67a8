"""Shadows and light on the ground: how far its brightness spreads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.colour import lightness

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
    levels = np.searchsorted(reached, _SHARES) / 255
    dark, bright = (float(v) for v in lightness(levels))
    return bright - dark
