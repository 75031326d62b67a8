"""Whether the face has more fine detail than a lens leaves: pictures of pictures are often sharpened twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEAST_PX", "fineness"]

LEAST_PX = 64  # of a face along each side
_FINE_PX, _COARSE_PX = 1.0, 2.0
_FLOOR = 0.3  # levels: a face without any detail has no ratio


def fineness(grey: NDArray[np.uint8]) -> float | None:
    """Detail finer than about 4 px over detail of 4 to 8 px, as standard deviations; None of a face that is too small.

    Both bands are differences of Gaussians, after a median of 3 px that takes sensor noise away but leaves edges.

    Parameters
    ----------
    grey : (H, W) uint8
        A face, and little else, at its own resolution.
    """
    if min(grey.shape) < LEAST_PX:
        return None
    levels = cv2.medianBlur(grey, 3).astype(np.float32)
    fine, coarse = (cv2.GaussianBlur(levels, (0, 0), sigma) for sigma in (_FINE_PX, _COARSE_PX))
    return float(np.std(levels - fine) / max(float(np.std(fine - coarse)), _FLOOR))
