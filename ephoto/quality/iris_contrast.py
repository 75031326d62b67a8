"""Whether the eyes are seen open: an iris is dark between two whites, a closed lid is not.

The mesh's lids close by half at most, and smiling or narrow eyes come as near; the iris itself tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.quality.eye_view import EyeView

__all__ = ["iris_contrast"]

_LEAST_PX = 2.5  # radius in the photo below which an iris is no more than a spot


def iris_contrast(eyes: Sequence[EyeView]) -> float | None:
    """Brightness in the middle of the iris over that beside it, at the same height; the worse eye's.

    None where an iris has too few pixels. Open eyes have 0.1 to 0.7 (30 real portraits, narrow and smiling eyes among
    them, and renders of eight skins), closed ones 0.9 to 1.2, and so have eyes behind mirrored lenses.
    """
    if any(eye.radius / eye.scale < _LEAST_PX for eye in eyes):
        return None
    return max(map(_of_one, eyes))


def _of_one(eye: EyeView) -> float:
    x, y = eye.iris.tolist()
    r = eye.radius
    h = eye.pixels.shape[0]
    top = min(max(int(y) - 1, 0), h - 1)
    row: list[float] = cv2.cvtColor(eye.pixels[top : top + 3], cv2.COLOR_RGB2GRAY).mean(0, dtype=np.float64).tolist()

    def at(first: float, last: float) -> list[float]:
        return row[max(int(first), 0) : max(int(last) + 1, 0)]

    middle = at(x - 0.5 * r, x + 0.5 * r)
    beside = at(x - 1.7 * r, x - 1.25 * r) + at(x + 1.25 * r, x + 1.7 * r)
    if not middle or not beside:
        return 1.0  # an iris outside its eye is none
    return sum(middle) / len(middle) / max(max(beside), 1.0)
