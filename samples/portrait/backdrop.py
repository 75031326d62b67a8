"""What stands behind the person: (H, W, 3) float32 sRGB 0..1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.distance import Array
    from samples.portrait.parameters import Portrait

__all__ = ["backdrop", "enlarge"]


def enlarge(grid: NDArray[np.floating], h: int, w: int) -> Array:
    """Bilinear enlargement of a small grid (gh, gw, channels) to (h, w, channels)."""
    (a, i), (b, j) = (
        (s.astype(int), (s % 1)[:, None])
        for s in (np.linspace(0, n - 1.001, m) for n, m in zip(grid.shape, (h, w), strict=False))
    )
    rows = grid[a] * (1 - i[..., None]) + grid[a + 1] * i[..., None]
    return (rows[:, b] * (1 - j) + rows[:, b + 1] * j).astype(np.float32)


def backdrop(p: Portrait, rng: np.random.Generator) -> Array:
    """The background at the picture's size."""
    w, h = p.size_wh
    grid = np.full((100, 80, 3), p.background_colour, np.float32)
    if p.background in ("cluttered", "office", "foliage"):
        for _ in range(60):
            y, x, gh, gw = rng.integers((0, 0, 3, 3), (100, 80, 24, 18))
            grid[y : y + gh, x : x + gw] = rng.uniform(40, 190) + rng.uniform(-35, 35, 3)
    if p.background == "gradient":
        reach = np.hypot(*np.meshgrid(np.linspace(-0.42, 0.58, 80), np.linspace(-0.5, 0.8, 100)))
        grid *= (1.12 - 0.55 * reach**1.5)[..., None]
    return np.clip(enlarge(grid, h, w) / 255, 0, 1)
