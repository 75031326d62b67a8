"""Signed distances: points (3, n) float32 in, distances (n,) out, mm, negative inside.

The building blocks (ellipsoid to first order, round cone, polynomial smooth minimum) follow the formulas that
I. Quilez published on distance functions; the batch of ellipsoids is written as one matrix product because
that is what numpy does fastest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Ellipsoids", "Sdf", "capsule", "carve", "ellipsoid", "mirrored", "smooth_max", "smooth_min"]

Array: TypeAlias = NDArray[np.float32]
Sdf: TypeAlias = Callable[[Array], Array]
Point: TypeAlias = tuple[float, float, float]
F = np.float32
BLAS_ALONE = 200_000  # multiplications: smaller products OpenBLAS does without waking its threads


def mirrored(p: Array) -> Array:
    """The same points on the side x >= 0: halves the parts of a symmetric body."""
    q = p.copy()
    np.abs(q[0], out=q[0])
    return q


def ellipsoid(p: Array, centre: Point, radii: Point) -> Array:
    """Axis-aligned ellipsoid, right to first order at its surface."""
    q = (p - np.array(centre, F)[:, None]) / np.array(radii, F)[:, None]
    k2 = np.einsum("ij,ij->j", q, q)
    q /= np.array(radii, F)[:, None]
    return (k2 - np.sqrt(k2)) / (np.sqrt(np.einsum("ij,ij->j", q, q)) + F(1e-9))


class Ellipsoids:
    """Many ellipsoids at once, each a quadratic form of the point.

    With q = (p - c) / r the distance is (|q|^2 - |q|) / |q / r|; both squares are rows of one matrix
    applied to the monomials x^2, y^2, z^2, x, y, z, 1.
    """

    def __init__(self, parts: Sequence[tuple[Point, Point]]) -> None:
        c = np.array([centre for centre, _ in parts], np.float64)
        r = np.array([radii for _, radii in parts], np.float64)
        forms = []
        for power in (2, 4):
            a = r**-power
            forms.append(np.concatenate([a, -2 * a * c, (a * c * c).sum(1, keepdims=True)], axis=1))
        self._matrix = np.concatenate(forms).astype(F)
        self._count = len(parts)
        self._piece = max(64, BLAS_ALONE // self._matrix.size)

    def __call__(self, p: Array) -> Array:
        """Distances (parts, n)."""
        monomials = np.empty((7, p.shape[1]), F)
        np.multiply(p, p, out=monomials[:3])
        monomials[3:6] = p
        monomials[6] = 1
        squares = np.empty((2 * self._count, p.shape[1]), F)
        for a in range(0, p.shape[1], self._piece):
            np.matmul(self._matrix, monomials[:, a : a + self._piece], out=squares[:, a : a + self._piece])
        np.maximum(squares, F(1e-12), out=squares)
        lengths = np.sqrt(squares)
        k = self._count
        return ((squares[:k] - lengths[:k]) / lengths[k:]).astype(F, copy=False)


def capsule(p: Array, a: Point, b: Point, radius_a: float, radius_b: float) -> Array:
    """Round cone from a to b, its radius growing evenly."""
    start, axis = np.array(a, F), np.subtract(b, a).astype(F)
    q = p - start[:, None]
    h = np.clip(axis @ q / (axis @ axis), 0, 1)
    q -= axis[:, None] * h
    return np.sqrt(np.einsum("ij,ij->j", q, q)) - (F(radius_a) + h * F(radius_b - radius_a))


def smooth_min(a: Array, b: Array, k: float) -> Array:
    """Union with a fillet about k wide."""
    h = np.maximum(F(k) - np.abs(a - b), 0)
    h *= h
    h *= F(0.25 / k)
    return np.minimum(a, b) - h


def smooth_max(a: Array, b: Array, k: float) -> Array:
    """Intersection with its edge rounded by about k."""
    return -smooth_min(-a, -b, k)


def carve(a: Array, b: Array, k: float) -> Array:
    """a without b, the edge rounded by about k."""
    return smooth_max(a, -b, k)
