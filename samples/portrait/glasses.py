"""Spectacles: the frame as a signed distance, the lenses as a sheet that rays pass (head frame, mm)."""

from __future__ import annotations

import numpy as np

from samples.portrait.distance import Array, capsule, mirrored

__all__ = ["frame_surface", "lens", "rim"]

F = np.float32
LENS_X, LENS_Y, HALF_W, HALF_H, CORNER = 32.8, -2.5, 14.5, 6.5, 11.0
FRONT_Z = 23.5


def rim(x: Array, y: Array) -> Array:
    """Distance in the lens plane to the rim of the nearer lens, negative inside it."""
    u, v = np.abs(np.abs(x) - F(LENS_X)) - F(HALF_W), np.abs(y - F(LENS_Y)) - F(HALF_H)
    return np.hypot(np.maximum(u, 0), np.maximum(v, 0)) + np.minimum(np.maximum(u, v), 0) - F(CORNER)


def _front(x: Array) -> Array:
    """Depth of the lenses: bent round the face."""
    return F(FRONT_Z) - F(0.0022) * x * x


def frame_surface(p: Array) -> Array:
    q = mirrored(p)
    d = np.hypot(rim(q[0], q[1]), q[2] - _front(q[0])) - F(1.35)
    d = np.minimum(d, capsule(q, (0, 4.7, 24.9), (9.4, 2, 23.3), 1.2, 1.2))
    return np.minimum(d, capsule(q, (57.7, 3.1, 16.6), (74.5, 3.1, -88), 1.35, 1.35))


def lens(origin: Array, rays: Array) -> tuple[Array, Array, Array]:
    """Where rays pass the sheet of the lenses: depth (n,) along the rays, x and y there."""
    t = (F(FRONT_Z - 2) - origin[2]) / rays[2]
    for _ in range(2):
        x = origin[0] + rays[0] * t
        t = (_front(x) - origin[2]) / rays[2]
    return t, origin[0] + rays[0] * t, origin[1] + rays[1] * t
