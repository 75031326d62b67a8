"""MouthClosed: the gap between the lips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.quality.points import INNER_LIPS, eye_to_chin, length

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["mouth_closed"]


def mouth_closed(landmarks: NDArray[np.floating]) -> float:
    """The widest gap between the inner lips, over T (eyes to chin); 0 where they meet.

    OFIQ-like: on the mesh's lips.
    """
    return max(length(landmarks, u, v) for u, v in INNER_LIPS) / eye_to_chin(landmarks)
