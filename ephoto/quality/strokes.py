"""Fine detail by its direction: strands of hair run up and down over a face, lashes, lids and wrinkles across it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.quality import medians

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Strokes", "strokes"]

# px at 81 px between the eyes: a strand or crease is finer than the wide and at least as wide as the narrow Gaussian,
# and goes on for some way along itself.
_NARROW, _WIDE, _ALONG = 0.8, 2.0, 3.0
_REACH = 9  # px to each side that the kernels look
_ABOUT_PX = 11  # side of the square that detail is averaged over
_DARK = 8.0  # levels: in near black, noise is no detail


@dataclass(frozen=True, slots=True, eq=False)
class Strokes:
    """How much `upright` and how much `level` detail lies about each pixel, percent of the brightness there, (h, w)
    float32; `corner_xy` is where they begin on the picture that they were taken from.
    """

    upright: NDArray[np.float32]
    level: NDArray[np.float32]
    corner_xy: tuple[int, int]

    def at(self, points: NDArray[np.floating], numbers: Sequence[int]) -> tuple[float, float]:
        """The medians of upright and level detail at some of the points (N, 2), px of that picture; clipped."""
        x, y = (points[list(numbers)] - self.corner_xy).astype(np.intp).T
        h, w = self.upright.shape
        where = np.clip(y, 0, h - 1), np.clip(x, 0, w - 1)
        return medians.of_values(self.upright[where]), medians.of_values(self.level[where])


@cache
def _kernels() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Across a stroke and along it."""
    size = 2 * _REACH + 1
    narrow, wide, along = (cv2.getGaussianKernel(size, s, cv2.CV_32F) for s in (_NARROW, _WIDE, _ALONG))
    return np.asarray(narrow - wide, np.float32), np.asarray(along, np.float32)


def strokes(grey: NDArray[np.uint8], corner_xy: tuple[int, int] = (0, 0)) -> Strokes:
    """The strokes of a part (h, w) uint8, from `corner_xy` on, of a level face at 81 px between the eyes."""
    across, along = _kernels()
    mean = cv2.blur(grey.astype(np.float32), (_ABOUT_PX, _ABOUT_PX)) + _DARK
    found = []
    for kernels in ((across, along), (along, across)):
        detail = cv2.sepFilter2D(grey, cv2.CV_32F, *kernels)
        detail = cv2.blur(np.abs(detail, out=detail), (_ABOUT_PX, _ABOUT_PX))
        found.append(np.asarray(cv2.divide(detail, mean, scale=100.0), np.float32))
    return Strokes(found[0], found[1], corner_xy)
