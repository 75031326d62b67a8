"""Fine detail by its direction: strands of hair run up and down over a face, lashes, lids and wrinkles across it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Strokes", "median_at", "strokes"]

# px at 81 px between the eyes: a strand or crease is finer than the wide and at least as wide as the narrow Gaussian,
# and goes on for some way along itself.
_NARROW, _WIDE, _ALONG = 0.8, 2.0, 3.0
_REACH = 9  # px to each side that the kernels look
_ABOUT_PX = 11  # side of the square that detail is averaged over
_DARK = 8.0  # levels: in near black, noise is no detail

Strokes = tuple["NDArray[np.float32]", "NDArray[np.float32]"]


@cache
def _kernels() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Across a stroke and along it."""
    size = 2 * _REACH + 1
    narrow, wide, along = (cv2.getGaussianKernel(size, s, cv2.CV_32F) for s in (_NARROW, _WIDE, _ALONG))
    return np.asarray(narrow - wide, np.float32), np.asarray(along, np.float32)


def strokes(grey: NDArray[np.uint8]) -> Strokes:
    """How much upright and how much level detail lies about each pixel, percent of the brightness there.

    `grey` is (H, W) uint8, a level face at 81 px between the eyes; both results are (H, W) float32.
    """
    across, along = _kernels()
    mean = cv2.blur(grey.astype(np.float32), (_ABOUT_PX, _ABOUT_PX)) + _DARK
    found = []
    for kernels in ((across, along), (along, across)):
        detail = cv2.sepFilter2D(grey, cv2.CV_32F, *kernels)
        detail = cv2.blur(np.abs(detail, out=detail), (_ABOUT_PX, _ABOUT_PX))
        found.append(np.asarray(cv2.divide(detail, mean, scale=100.0), np.float32))
    return found[0], found[1]


def median_at(values: NDArray[np.float32], points: NDArray[np.floating], numbers: Sequence[int]) -> float:
    """The median of a plane (H, W) at some of the points (N, 2); clipped into it."""
    h, w = values.shape
    x, y = points[list(numbers)].astype(np.intp).T
    return float(np.median(values[np.clip(y, 0, h - 1), np.clip(x, 0, w - 1)]))
