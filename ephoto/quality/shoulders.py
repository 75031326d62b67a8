"""Shoulders: how much wider the person is below the chin than the face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["shoulders"]

_BELOW = 0.5  # of the length from eyes to chin, below the chin


def shoulders(person: NDArray[np.float32], eyes_xy: tuple[float, float], chin_y: float, face_px: float) -> float | None:
    """Width of the person half an eye-to-chin length below the chin, in face widths; None where that is not seen.

    `person` (H, W) float32, 0..1 and NaN where nothing is known, shows them level; the rest is px of it.
    """
    x, y = eyes_xy
    row = int(chin_y + _BELOW * (chin_y - y))
    h, w = person.shape
    if not (0 <= row < h and 0 <= int(x) < w) or np.isnan(person[row, int(x)]):
        return None
    ends = np.flatnonzero(~(person[row] >= 0.5))
    left = ends[ends < x].max(initial=-1)
    right = ends[ends > x].min(initial=w)
    return float(max(right - left - 1, 0)) / face_px
