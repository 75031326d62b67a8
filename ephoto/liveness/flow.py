"""Points followed from one grey picture to another by dense optical flow (DIS, Kroeger et al., ECCV 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["follow"]


def follow(
    before: NDArray[np.uint8], now: NDArray[np.uint8], points: NDArray[np.float32], *, back_px: float, fine: bool
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Which points (N, 2), whole px, can be followed, and where all of them came to (N, 2).

    A point counts as followed if the flow back brings it to within `back_px` of where it was. `fine` solves at the
    pictures' own scale, which costs five times as much.
    """
    preset = cv2.DISOPTICAL_FLOW_PRESET_MEDIUM if fine else cv2.DISOPTICAL_FLOW_PRESET_FAST
    solver: Any = cv2.DISOpticalFlow.create(preset)
    if fine:
        solver.setFinestScale(0)
        solver.setPatchStride(4)  # of patches of 8 px; 3 costs a quarter more, and tells heads no better
    there, back = solver.calc(before, now, None), solver.calc(now, before, None)
    columns, rows = points.T.astype(np.intp)
    moved = there[rows, columns]
    at = (points + moved).astype(np.float32)
    returned = cv2.remap(back, at[None, :, 0], at[None, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    return np.hypot(*(moved + returned).T) < back_px, at
