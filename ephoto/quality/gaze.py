"""Gaze: whether the eyes look into the camera."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.face import EYE_LEFT, EYE_RIGHT

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["gaze_aside"]

# How far the iris moves between the eye's corners, over their distance, when the head turns and the eyes do not.
_PER_YAW = 0.35


def gaze_aside(landmarks: NDArray[np.floating], irises: NDArray[np.floating], yaw_deg: float) -> float:
    """How far both irises stand beside the middle of their eyes, over the distance of the corners; > 0 to the image
    right.

    What the head's own turn moves them by is taken back, so that a turned head that looks into the camera has 0. Eyes
    turned by 20 degrees have 0.12 to 0.14 (renders).

    Parameters
    ----------
    landmarks : (468, 2)
    irises : (2, 5, 2)
        The subject's right and left, centre first.
    yaw_deg : float
    """
    asides = []
    for corners, iris in zip((EYE_RIGHT, EYE_LEFT), irises.astype(np.float64), strict=True):
        first, last = landmarks[list(corners)].astype(np.float64)
        along = last - first
        asides.append(float((iris[0] - (first + last) / 2) @ along / max(float(along @ along), 1e-6)))
    return float(np.mean(asides)) + _PER_YAW * math.sin(math.radians(yaw_deg))
