"""Shoulders, chest and collar as a signed distance in the body frame (mm, the head frame's axes at rest)."""

from __future__ import annotations

import numpy as np

from samples.portrait.distance import Array, Ellipsoids, capsule, carve, mirrored, smooth_max, smooth_min

__all__ = ["NECK_FOOT", "clothes", "neckline"]

F = np.float32
NECK_FOOT = (0.0, -162.0, -118.0)  # where the neck enters the collar
_PARTS = Ellipsoids(
    [
        ((0, -306, -112), (172, 140, 80)),  # chest
        ((0, -560, -114), (160, 330, 86)),  # trunk
        ((0, -208, -118), (98, 52, 62)),  # base of the neck
        ((160, -276, -122), (60, 60, 58)),  # shoulder
    ]
)


def neckline(p: Array) -> tuple[Array, Array]:
    """Distance from the neck's axis and height above the collar's plane, which falls to the front."""
    z = p[2] + F(116)
    return np.hypot(p[0], z), p[1] + F(149) + F(0.42) * z


def clothes(p: Array) -> Array:
    q = mirrored(p)
    chest, trunk, base, shoulder = _PARTS(q)
    d = smooth_min(base, capsule(q, (30, -184, -126), (160, -248, -124), 34, 36), 34)
    d = smooth_min(d, shoulder, 24)
    d = smooth_min(d, capsule(q, (176, -286, -122), (216, -640, -108), 48, 42), 24)
    d = smooth_min(d, smooth_min(chest, trunk, 60), 40)
    rho, up = neckline(q)
    d = carve(d, smooth_max(-up - F(1), rho - F(56), 4), 3)
    ring = np.hypot(rho - F(57.5), np.maximum(np.abs(up) - F(7), 0)) - F(3.4)
    d = smooth_min(d, ring.astype(F), 4)
    fold = np.sin(F(0.055) * (q[0] - F(0.9) * q[1]) + F(1.3) * np.sin(F(0.02) * q[1])) * np.clip(
        (q[0] - F(60)) / 60, 0, 1
    )
    return F(0.9) * (d - F(1.6) * fold)
