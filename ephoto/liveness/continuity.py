"""Whether it is one face throughout: no jump between two frames, and the same face at rest before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["change", "likeness"]

_SOFT_PX = 1.5  # view px: finer detail is noise, or the landmarks' own unrest
_REACH_PX = 3  # the landmarks may have shifted so far between two looks
_BORDER_PX = 12  # of the view, mostly hair and background


def change(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> float:
    """How unlike two views (H, W) are, 0 (the same) to 2: one less their correlation at the best small shift."""
    return 1 - likeness(before, now)


def likeness(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> float:
    """The correlation, -1 to 1, of two views' inner parts at the best shift of up to 3 view px."""
    soft_before, soft_now = (cv2.GaussianBlur(g, (0, 0), _SOFT_PX)[::2, ::2] for g in (before, now))
    edge, reach = _BORDER_PX // 2, (_REACH_PX + 1) // 2
    inner = soft_before[edge:-edge, edge:-edge]
    room = soft_now[edge - reach : -(edge - reach), edge - reach : -(edge - reach)]
    return float(cv2.matchTemplate(room, inner, cv2.TM_CCOEFF_NORMED).max())
