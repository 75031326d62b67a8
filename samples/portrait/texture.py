"""Procedural texture: value noise and streaks that stay finer than nothing the picture can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from samples.portrait.distance import Array

__all__ = ["noise", "ramp", "streaks"]

F = np.float32
_SIZE = 4096
_TABLE = np.random.default_rng(20240601).uniform(-1, 1, _SIZE).astype(F)


def ramp(x: Array, low: float, high: float) -> Array:
    """0 below low, 1 above high, a smooth step between."""
    t = np.clip((x - F(low)) * F(1 / (high - low)), 0, 1)
    return t * t * (F(3) - F(2) * t)


def noise(u: Array, v: Array, seed: int = 0) -> Array:
    """Smooth value noise of two coordinates, -1..1, with features about 1 wide."""
    iu, iv = np.floor(u), np.floor(v)
    a, b = u - iu, v - iv
    a, b = a * a * (3 - 2 * a), b * b * (3 - 2 * b)
    key = iu.astype(np.int64) * 1619 + iv.astype(np.int64) * 31337 + seed * 6971

    def at(du: int, dv: int) -> Array:
        k = key + (du * 1619 + dv * 31337)
        return _TABLE[(k ^ (k >> 7)) % _SIZE]

    upper = at(0, 0) * (1 - a) + at(1, 0) * a
    lower = at(0, 1) * (1 - a) + at(1, 1) * a
    return (upper * (1 - b) + lower * b).astype(F)


def streaks(across_mm: Array, along_mm: Array, px_mm: float, seed: int = 0) -> Array:
    """Fibre pattern, about -1..1: long along the strands, fine across them, never finer than two pixels."""
    out = np.zeros_like(across_mm)
    for octave, (width, weight) in enumerate(((9.0, 0.34), (3.6, 0.36), (1.5, 0.36), (0.8, 0.3))):
        fade = np.clip(width / max(px_mm, 1e-6) - 1.2, 0, 1)
        if fade > 0:
            out += F(weight * fade) * noise(across_mm / F(width), along_mm / F(14 + 9 * width), seed + octave)
    return out
