"""Spectacles: the frame as a signed distance, the lenses as a sheet that rays pass (head frame, mm)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.distance import Array, capsule, mirrored
from samples.portrait.texture import ramp

if TYPE_CHECKING:
    from samples.portrait.parameters import Glasses, Portrait

__all__ = ["dark_lens", "frame_shadow", "frame_surface", "lens_surface", "slipped", "through_lens"]

F = np.float32
LENS_X, LENS_Y, HALF_W, HALF_H, CORNER = 33.0, -3.0, 14.0, 7.0, 11.5
FRONT_Z = 20.5
TINTS = {"clear": 0.95, "glare": 0.93}  # light that passes


def slipped(p: Portrait) -> Array:
    """How far the glasses slid down the slope of the nose, (3, 1) in the head frame."""
    return np.array([[0], [-p.glasses_drop_mm], [0.35 * p.glasses_drop_mm]], F)


def _rim(x: Array, y: Array) -> Array:
    """Distance in the lens plane to the rim of the nearer lens, negative inside it."""
    u, v = np.abs(np.abs(x) - F(LENS_X)) - F(HALF_W), np.abs(y - F(LENS_Y)) - F(HALF_H)
    return np.hypot(np.maximum(u, 0), np.maximum(v, 0)) + np.minimum(np.maximum(u, v), 0) - F(CORNER)


def _front(x: Array) -> Array:
    """Depth of the lenses: bent round the face."""
    return F(FRONT_Z) - F(0.0030) * x * x


def frame_surface(p: Array) -> Array:
    """Rims, bridge and temples."""
    q = mirrored(p)
    d = np.hypot(_rim(q[0], q[1]), q[2] - _front(q[0])) - F(1.25)
    d = np.minimum(d, capsule(q, (0, 4.4, 22.0), (8.6, 2, 20.3), 1.2, 1.2))
    d = np.minimum(d, capsule(q, (57.6, 2.5, 10.6), (67, 2.5, 2), 1.5, 1.5))
    return np.minimum(d, capsule(q, (67, 2.5, 2), (74.5, 4, -84), 1.4, 1.3))


def lens_surface(p: Array) -> Array:
    """The lenses as a solid: for dark ones."""
    q = mirrored(p)
    return F(0.9) * np.maximum(_rim(q[0], q[1]), np.abs(q[2] - _front(q[0])) - F(0.9))


def dark_lens(p: Array) -> Array:
    """Linear colour (3, n) of a dark lens: nearly black, with the sky mirrored in its upper half."""
    v = (p[1] - F(LENS_Y)) / F(HALF_H + CORNER)
    tone = F(0.010) + F(0.10) * ramp(v, -0.4, 1.2) * (F(0.7) + F(0.3) * np.sin(p[0] / F(9)))
    return tone * np.array([[0.85], [0.95], [1.1]], F)


def frame_shadow(p: Array) -> Array:
    """How much light the rims leave to the skin behind them, 0..1."""
    return 1 - F(0.28) * np.exp(-((_rim(p[0], p[1] + F(4)) / F(4)) ** 2)) * (p[2] > -40)


def through_lens(kind: Glasses, origin: Array, rays: Array, depth: Array, colour: Array, px_mm: float) -> Array:
    """Linear colour (3, n) of points at `depth` along rays, as the lenses before them let it through."""
    t = (F(FRONT_Z - 2) - origin[2]) / rays[2]
    for _ in range(2):
        t = (_front(origin[0] + rays[0] * t) - origin[2]) / rays[2]
    x, y = origin[0] + rays[0] * t, origin[1] + rays[1] * t
    mask = np.clip(F(0.5) - _rim(x, y) / F(max(px_mm, 0.4)), 0, 1) * (t < depth)
    u, v = np.abs(x) - F(LENS_X), y - F(LENS_Y)
    shine = F(0.03) + F(0.05) * ramp(v, -6, 18)
    shine += F(0.25) * np.exp(-(((u * np.sign(x) + F(0.7) * v + 9) / F(3.2)) ** 2)) * ramp(v, -2, 12)
    if kind == "glare":  # a window or a lamp, mirrored over the upper half of the eye
        aside = u * np.sign(x)
        edge = np.maximum(np.abs(aside + F(2)) - F(9.5), np.abs(v - F(5.5) + F(0.08) * aside) - F(6.5))
        shine = shine + F(0.75) * (1 - ramp(edge, -2.5, 1.5))
    return colour * (1 - mask * F(1 - TINTS[kind])) + shine * mask
