"""What stands behind the person, out of focus: (H, W, 3) float32 sRGB 0..1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.blur import blur, enlarge
from samples.portrait.texture import noise

if TYPE_CHECKING:
    from samples.portrait.distance import Array
    from samples.portrait.parameters import Portrait

__all__ = ["backdrop"]

F = np.float32
LONG_SIDE = 160  # cells: blurred backgrounds need no more


def backdrop(p: Portrait, rng: np.random.Generator) -> Array:
    """The background at the picture's size."""
    w, h = p.size_wh
    colour = (np.array(p.background_colour, F) / 255).astype(F)
    if p.background == "plain":
        return np.broadcast_to(colour, (h, w, 3)).astype(F)
    gw, gh = (max(round(LONG_SIDE * s / max(w, h)), 8) for s in (w, h))
    y, x = np.meshgrid(np.linspace(0, h / w, gh, dtype=F), np.linspace(0, 1, gw, dtype=F), indexing="ij")
    make = {"gradient": _gradient, "cluttered": _clutter, "office": _office, "foliage": _foliage}[p.background]
    return np.clip(enlarge(make(x, y, colour, rng), h, w), 0, 1)


def _gradient(x: Array, y: Array, colour: Array, rng: np.random.Generator) -> Array:
    """A wall lit from one side."""
    cx, cy = rng.uniform(0.25, 0.6), rng.uniform(0.15, 0.45)
    return colour * (1.14 - 0.62 * np.hypot(x - cx, y - cy)[..., None] ** 1.4)


def _box(grid: Array, x: Array, y: Array, box: tuple[float, float, float, float], rgb: Array) -> None:
    x0, y0, x1, y1 = box
    grid[(x >= x0) & (x < x1) & (y >= y0) & (y < y1)] = rgb


def _any_colour(rng: np.random.Generator, low: float = 0.1, high: float = 0.8, spread: float = 0.2) -> Array:
    return np.clip(rng.uniform(low, high) + rng.uniform(-spread, spread, 3), 0, 1).astype(F)


def _clutter(x: Array, y: Array, colour: Array, rng: np.random.Generator) -> Array:
    """Things of every size and colour on a wall."""
    grid = np.broadcast_to(colour, (*x.shape, 3)).copy()
    for _ in range(46):
        cx, cy, rx, ry = rng.uniform((0, 0, 0.02, 0.02), (1, y[-1, 0], 0.16, 0.2))
        if rng.random() < 0.6:
            _box(grid, x, y, (cx - rx, cy - ry, cx + rx, cy + ry), _any_colour(rng))
        else:
            grid[np.hypot((x - cx) / rx, (y - cy) / rx) < 1] = _any_colour(rng)
    grid *= (1 + 0.15 * noise(x * 5, y * 5, int(rng.integers(1000))))[..., None]
    return blur(grid, 1.5)


def _office(x: Array, y: Array, colour: Array, rng: np.random.Generator) -> Array:
    """A wall with a window on one side and book shelves on the other."""
    grid = colour * (1.0 - 0.12 * y[..., None] + 0.05 * x[..., None]).astype(F)
    tall, flip = float(y[-1, 0]), rng.random() < 0.5
    u = 1 - x if flip else x
    _box(grid, u, y, (-0.1, 0.06, 0.27, 0.72 * tall), np.array([0.93, 0.96, 0.98], F))
    for bar in (0.115, 0.262):
        _box(grid, u, y, (bar, 0.06, bar + 0.012, 0.72 * tall), np.array([0.55, 0.55, 0.54], F))
    _box(grid, u, y, (-0.1, 0.34 * tall, 0.27, 0.34 * tall + 0.012), np.array([0.6, 0.6, 0.58], F))
    wood = np.array([0.42, 0.31, 0.22], F) * F(rng.uniform(0.7, 1.3))
    left = rng.uniform(0.66, 0.76)
    _box(grid, u, y, (left, 0.04, 1.1, tall), wood * F(0.55))
    for shelf in np.arange(0.05, tall, 0.21):
        at = left + 0.02
        while at < 1.02:
            width, height = rng.uniform(0.012, 0.035), rng.uniform(0.11, 0.175)
            if rng.random() < 0.88:
                _box(
                    grid, u, y, (at, shelf + 0.19 - height, at + width, shelf + 0.19), _any_colour(rng, 0.15, 0.7, 0.13)
                )
            at += width + 0.002
        _box(grid, u, y, (left, shelf + 0.19, 1.1, shelf + 0.205), wood)
    _box(grid, u, y, (left, 0.0, left + 0.018, tall), wood)
    return blur(grid, 1.7)


def _foliage(x: Array, y: Array, colour: Array, rng: np.random.Generator) -> Array:
    """Leaves and light between them, some of it as discs of an open lens."""
    seed = int(rng.integers(1000))
    leaf = sum(w * noise(x * f, y * f, seed + f) for f, w in ((4, 0.5), (9, 0.4), (19, 0.4), (41, 0.3)))
    shade = np.clip(0.42 + 0.42 * leaf, 0, 1)[..., None]
    dark, bright = np.array([0.07, 0.13, 0.05], F), np.array([0.50, 0.66, 0.26], F)
    grid = dark + (bright - dark) * shade
    sky = np.clip(3 * (noise(x * 6, y * 6, seed + 77) - 0.35 - 0.5 * y), 0, 1)[..., None]
    grid = grid + (np.array([0.86, 0.92, 0.95], F) - grid) * sky
    for _ in range(34):
        cx, cy, r = rng.uniform((0, 0, 0.012), (1, y[-1, 0], 0.04))
        disc = np.clip((r - np.hypot(x - cx, y - cy)) * 90, 0, 1)[..., None]
        grid = grid + (np.array([0.80, 0.88, 0.55], F) - grid) * disc * F(rng.uniform(0.1, 0.5))
    return blur(grid.astype(F), 0.9)
