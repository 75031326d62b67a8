"""BackgroundUniformity: whether the ground behind the head is plain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["background_uniformity"]

LEAST_PX = 200  # of ground below which nothing can be said


def background_uniformity(luma: NDArray[np.uint8], ground: NDArray[np.uint8]) -> float | None:
    """Mean gradient of Y over the ground: Scharr's 3 x 3 on 0..255, not normalised; None where too little is seen.

    `luma` (H, W) shows the head's surroundings at 81 px between the eyes, OFIQ's scale; `ground` (H, W) is not 0 where
    the background lies. OFIQ-like: its mask is a parsing net's, ours the matte's.
    """
    # OFIQ erodes by 4 x 4, so that the person's own edge is no texture of the ground.
    inner = cv2.erode(ground, np.ones((4, 4), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    count = cv2.countNonZero(inner)
    if count < LEAST_PX:
        return None
    x, y = (cv2.Scharr(luma, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1)))
    return float(cv2.mean(cv2.magnitude(x, y), inner)[0])
