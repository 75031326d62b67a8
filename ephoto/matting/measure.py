"""Lengths read from alpha: where the hair ends, where the person touches a side of the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.errors import UnmetError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.types import Side

__all__ = ["HAIR_PX", "HAIR_SPAN", "Touch", "hair_top", "torso", "touches"]

# The house's definition of the hair top: the first row where alpha, summed over the columns within this many face
# widths of the point between the eyes, reaches so many px.
HAIR_SPAN, HAIR_PX = 0.35, 3.0
TORSO_ROWS = 0.1  # face widths: the strip at the lower edge in which the body must be whole


def hair_top(alpha: NDArray[np.float32], x_mid_px: float, face_width_px: float, *, px: float = HAIR_PX) -> float:
    """The y, px, where hair begins, from the frame's upper edge.

    It is the upper edge of the first row whose sum reaches `px`, read to a fraction: between the rows before and
    after the crossing the sums are taken to run straight from one row's centre to the next, and the half row that
    a whole-numbered reading is late on average is kept. So it lies within half a row of the definition's row, and
    two scales of one picture agree. 0.0 where the first row reaches `px` already: hair touches the top, or is cut.

    Parameters
    ----------
    alpha : (H, W) float32
    x_mid_px, face_width_px : float
        The point between the eyes, and the face's width.
    px : float
        The sum that counts. On a frame at another scale than the card's, 3 card px are 3 times that scale.

    Raises
    ------
    UnmetError
        "matte_lost" where no row reaches it.
    """
    sums = alpha @ _overlap(alpha.shape[1], x_mid_px - HAIR_SPAN * face_width_px, x_mid_px + HAIR_SPAN * face_width_px)
    reached = np.flatnonzero(sums >= px)
    if not reached.size:
        raise UnmetError("matte_lost", problem="there is no head")
    row = int(reached[0])
    if row == 0:
        return 0.0
    before, after = float(sums[row - 1]), float(sums[row])
    return row - 0.5 + (px - before) / (after - before)


def torso(alpha: NDArray[np.float32], x_mid_px: float, face_width_px: float) -> float:
    """Mean alpha, 0..1, at the lower edge under the face: near 1 unless the body was lost."""
    rows = max(1, round(TORSO_ROWS * face_width_px))
    weight = _overlap(alpha.shape[1], x_mid_px - HAIR_SPAN * face_width_px, x_mid_px + HAIR_SPAN * face_width_px)
    return float((alpha[-rows:] @ weight).mean() / max(float(weight.sum()), 1e-6))


def _overlap(width: int, x0: float, x1: float) -> NDArray[np.float32]:
    """How much of each of `width` columns lies between x0 and x1, 0..1."""
    left = np.arange(width, dtype=np.float32)
    return np.asarray(np.clip(np.minimum(left + 1, x1) - np.maximum(left, x0), 0, 1), np.float32)


@dataclass(frozen=True, slots=True)
class Touch:
    """The person's stretches along one side of a picture.

    `start_px` and `end_px` are where the first begins and the last ends, along the side from the top or the image
    left; `length_px` is what they measure together. All are 0 where the person does not touch the side.
    """

    start_px: float = 0.0
    end_px: float = 0.0
    length_px: float = 0.0

    def __bool__(self) -> bool:
        return self.length_px > 0


def touches(alpha: NDArray[np.float32], side: Side, *, least_px: float = 1.0, depth_px: int = 1) -> Touch:
    """Where the person touches a side of a picture whose alpha is (H, W).

    Only stretches of at least `least_px` with alpha of a half or more count. The `depth_px` rows or columns
    nearest to the side are averaged, which keeps single pixels of noise out.
    """
    strip = {
        "top": alpha[:depth_px],
        "bottom": alpha[-depth_px:],
        "image_left": alpha[:, :depth_px].T,
        "image_right": alpha[:, -depth_px:].T,
    }[side]
    there = np.concatenate([[False], strip.mean(axis=0) >= 0.5, [False]])
    ends = np.flatnonzero(there[1:] != there[:-1]).reshape(-1, 2)
    ends = ends[ends[:, 1] - ends[:, 0] >= math.ceil(least_px)]
    if not ends.size:
        return Touch()
    return Touch(float(ends[0, 0]), float(ends[-1, 1]), float((ends[:, 1] - ends[:, 0]).sum()))
