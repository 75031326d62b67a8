"""InterEyeDistance: how many pixels the face has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ephoto.quality.points import eye_corners_mid

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["inter_eye_distance"]


def inter_eye_distance(landmarks: NDArray[np.floating], yaw_deg: float) -> float | None:
    """px between the eye centres, made longer by 1 / cos(yaw) for a turned head; None where the head is in profile.

    `landmarks` (468, 2) in px of the photo as it was taken. OFIQ-like: its eye centres are rounded, ours are not.
    """
    shrunk = math.cos(math.radians(yaw_deg))
    if abs(shrunk) < 0.1:  # OFIQ gives up at 1e-6; at 84 degrees one eye is not seen any more
        return None
    right, left = eye_corners_mid(landmarks)
    return float(np.hypot(*(left - right))) / shrunk
