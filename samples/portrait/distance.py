"""Signed distances: points (3, n) float32 in, distances (n,) out, mm, negative inside.

The building blocks (ellipsoid to first order, round cone, polynomial smooth minimum) follow the formulas that
I. Quilez published on distance functions. They are compiled: numpy would go over the points once for each operation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Array", "Ellipsoids", "Sdf", "capsule", "carve", "ellipsoid", "mirrored", "smooth_max", "smooth_min"]

Array: TypeAlias = NDArray[np.float32]
Sdf: TypeAlias = Callable[[Array], Array]
Point: TypeAlias = tuple[float, float, float]
F = np.float32


def mirrored(p: Array) -> Array:
    """The same points on the side x >= 0: halves the parts of a symmetric body."""
    q = p.copy()
    np.abs(q[0], out=q[0])
    return q


def ellipsoid(p: Array, centre: Point, radii: Point) -> Array:
    """Axis-aligned ellipsoid, right to first order at its surface."""
    return _ellipsoids(p, np.array([centre], F), np.array([radii], F))[0]


class Ellipsoids:
    """Many ellipsoids at once."""

    def __init__(self, parts: Sequence[tuple[Point, Point]]) -> None:
        self._centres = np.array([centre for centre, _ in parts], F)
        self._radii = np.array([radii for _, radii in parts], F)

    def __call__(self, p: Array) -> Array:
        """Distances (parts, n)."""
        return _ellipsoids(p, self._centres, self._radii)


def capsule(p: Array, a: Point, b: Point, radius_a: float, radius_b: float) -> Array:
    """Round cone from a to b, its radius growing evenly."""
    return _capsule(p, np.array(a, F), np.subtract(b, a).astype(F), F(radius_a), F(radius_b - radius_a))


def smooth_min(a: Array, b: Array, k: float) -> Array:
    """Union with a fillet about k wide."""
    return _smooth_min(a, b, F(k), F(0.25 / k))


def smooth_max(a: Array, b: Array, k: float) -> Array:
    """Intersection with its edge rounded by about k."""
    return -smooth_min(-a, -b, k)


def carve(a: Array, b: Array, k: float) -> Array:
    """a without b, the edge rounded by about k."""
    return smooth_max(a, -b, k)


@njit(cache=True, error_model="numpy")
def _ellipsoids(p: Array, centres: Array, radii: Array) -> Array:
    """With q = (p - c) / r the distance is (|q|^2 - |q|) / |q / r|."""
    out = np.empty((len(centres), p.shape[1]), np.float32)
    one, least = np.float32(1), np.float32(1e-9)
    for part in range(len(centres)):
        cx, cy, cz = centres[part]
        rx, ry, rz = one / radii[part, 0], one / radii[part, 1], one / radii[part, 2]
        for i in range(p.shape[1]):
            x, y, z = (p[0, i] - cx) * rx, (p[1, i] - cy) * ry, (p[2, i] - cz) * rz
            square = x * x + y * y + z * z
            x, y, z = x * rx, y * ry, z * rz
            out[part, i] = (square - np.sqrt(square)) / (np.sqrt(x * x + y * y + z * z) + least)
    return out


@njit(cache=True, error_model="numpy")
def _capsule(p: Array, start: Array, axis: Array, radius: np.float32, growth: np.float32) -> Array:
    out = np.empty(p.shape[1], np.float32)
    nil, one = np.float32(0), np.float32(1)
    sx, sy, sz = start
    ax, ay, az = axis
    per = one / (ax * ax + ay * ay + az * az)
    for i in range(p.shape[1]):
        x, y, z = p[0, i] - sx, p[1, i] - sy, p[2, i] - sz
        h = min(max((ax * x + ay * y + az * z) * per, nil), one)
        x, y, z = x - ax * h, y - ay * h, z - az * h
        out[i] = np.sqrt(x * x + y * y + z * z) - (radius + h * growth)
    return out


@njit(cache=True, error_model="numpy")
def _smooth_min(a: Array, b: Array, k: np.float32, quarter: np.float32) -> Array:
    out = np.empty(len(a), np.float32)
    nil = np.float32(0)
    for i in range(len(a)):
        h = max(k - abs(a[i] - b[i]), nil)
        out[i] = min(a[i], b[i]) - h * h * quarter
    return out
