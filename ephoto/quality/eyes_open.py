"""EyesOpen: the gap between the lids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.quality.points import LIDS_LEFT, LIDS_RIGHT, eye_to_chin, length

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["eyes_open"]


def eyes_open(landmarks: NDArray[np.floating]) -> float:
    """The narrower eye's widest gap between its lids, over T (eyes to chin).

    OFIQ-like: on the mesh's lids, which close less than OFIQ's do, so that the same photo gives a larger value.
    """
    gaps = [max(length(landmarks, u, v) for u, v in lids) for lids in (LIDS_RIGHT, LIDS_LEFT)]
    return min(gaps) / eye_to_chin(landmarks)
