"""ExpressionNeutrality as far as landmarks tell it: a smile, and raised brows. No network looks at the face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.face import CHIN, EYE_LEFT, EYE_RIGHT
from ephoto.quality.points import INNER_LIPS, MOUTH_CORNERS, eye_corners_mid

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["raised_brows", "smile"]

_BROW_RIGHT, _BROW_LEFT = 105, 334  # the middle of each brow's upper edge


def smile(landmarks: NDArray[np.floating]) -> float:
    """How far the corners of the mouth stand above its middle, along the line from eyes to chin, over that length."""
    points = landmarks.astype(np.float64)
    down = points[CHIN] - eye_corners_mid(points).mean(0)
    middle = points[list(INNER_LIPS[1])].mean(0)
    return float((middle - points[list(MOUTH_CORNERS)].mean(0)) @ down / max(float(down @ down), 1e-6))


def raised_brows(landmarks: NDArray[np.floating]) -> float:
    """Height of the brows' upper edges above the eyes, along the head's axis, over the distance of the eyes."""
    points = landmarks.astype(np.float64)
    right, left = eye_corners_mid(points)
    axis = left - right
    ied = float(np.hypot(*axis))
    up = np.array([axis[1], -axis[0]]) / ied
    heights = [
        (points[_BROW_RIGHT] - points[list(EYE_RIGHT)].mean(0)) @ up,
        (points[_BROW_LEFT] - points[list(EYE_LEFT)].mean(0)) @ up,
    ]
    return float(np.mean(heights)) / ied
