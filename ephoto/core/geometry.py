"""Affines on points, by the house's conventions: x, y order, pixel centres at .5, (2, 3) float64.

Six numbers at a time are worked on as plain floats: an array's overhead would be most of the cost.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["apply", "compose", "for_opencv", "invert", "scale_of", "similarity"]


def apply(affine: NDArray[np.float64], points: NDArray[Any]) -> NDArray[np.float64]:
    """Map points (N, 2) or (2,) by an affine (2, 3)."""
    return np.asarray(points, np.float64) @ affine[:, :2].T + affine[:, 2]


def invert(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """The affine that undoes this one."""
    (a, b, x), (c, d, y) = affine.tolist()
    det = a * d - b * c
    return np.array(
        [[d / det, -b / det, (b * y - d * x) / det], [-c / det, a / det, (c * x - a * y) / det]],
        np.float64,
    )


def compose(first: NDArray[np.float64], then: NDArray[np.float64]) -> NDArray[np.float64]:
    """The affine that applies `first` and after it `then`."""
    (a, b, x), (c, d, y) = then.tolist()
    (e, f, u), (g, h, v) = first.tolist()
    return np.array(
        [[a * e + b * g, a * f + b * h, a * u + b * v + x], [c * e + d * g, c * f + d * h, c * u + d * v + y]],
        np.float64,
    )


def similarity(scale: float, turn_deg: float, anchor: NDArray[Any], target: NDArray[Any]) -> NDArray[np.float64]:
    """Scale and turn about `anchor` (2,), which lands on `target` (2,).

    turn_deg > 0 turns the picture clockwise as seen (y points down).

    >>> similarity(2.0, 90.0, np.array([1.0, 1.0]), np.array([0.0, 0.0])).round(6) + 0.0
    array([[ 0., -2.,  2.],
           [ 2.,  0., -2.]])
    """
    turn = math.radians(turn_deg)
    c, s = math.cos(turn) * scale, math.sin(turn) * scale
    (x, y), (u, v) = (float(n) for n in anchor), (float(n) for n in target)
    return np.array([[c, -s, u - (c * x - s * y)], [s, c, v - (s * x + c * y)]], np.float64)


def scale_of(affine: NDArray[np.float64]) -> float:
    """How much an affine enlarges: the square root of its area factor."""
    (a, b, _), (c, d, _) = affine.tolist()
    return math.sqrt(abs(a * d - b * c))


def for_opencv(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same map in OpenCV's coordinates, where pixel centres lie at whole numbers.

    The only place of the half-pixel shift: x_cv = x - 0.5 on both sides.
    """
    (a, b, x), (c, d, y) = affine.tolist()
    return np.array([[a, b, x + (a + b - 1) / 2], [c, d, y + (c + d - 1) / 2]], np.float64)
