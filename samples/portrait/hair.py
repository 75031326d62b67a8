"""Hair and head coverings as signed distances in the head frame (mm)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.distance import Array, Ellipsoids, capsule, carve, ellipsoid, mirrored, smooth_min

if TYPE_CHECKING:
    from samples.portrait.parameters import Portrait

__all__ = ["hair_mass", "hair_surface", "no_hair"]

F = np.float32


def hair_mass(p: Portrait):
    up = p.proportions.skull_height_mm
    tall = 45.0 if p.hair == "tall" else 0.0
    parts = Ellipsoids(
        [
            ((0, 34.3 + up / 2 + tall / 2, -89), (79.5, 84 + up / 2 + tall / 2, 101)),
            ((6.2, 71.8 + up + tall / 2, -65), (60.3, 50 + tall / 2, 68.6)),
            ((0, -46.8, -104.5), (95.7, 126.9, 64.5)),
        ]
    )

    def sdf(q: Array) -> Array:
        rows = parts(q)
        d = smooth_min(rows[0], rows[1], 26)
        return smooth_min(d, rows[2], 31) if p.hair == "long" else d

    return sdf


def no_hair(p: Portrait):
    def sdf(q: Array) -> Array:
        m = mirrored(q)
        if p.hair == "long":
            face = ellipsoid(m + np.array([[10.4], [0], [0]], F), (0, -13.5, 7.8), (77, 79, 64.5))
            return np.minimum(face, capsule(m, (0, -60.3, -33.8), (0, -252, -28.6), 62.4, 75))
        over_ear = F(22) - 1.0 * np.maximum(0, q[2] + F(67)) - 0.9 * np.maximum(0, F(-98) - q[2])
        return np.minimum(ellipsoid(m, (0, -13.5, 7.8), (68, 76, 66.6)), F(0.7) * (q[1] - over_ear))

    return sdf


def hair_surface(p: Portrait):
    mass, free = hair_mass(p), no_hair(p)
    return lambda q: carve(mass(q), free(q), 10.0)
