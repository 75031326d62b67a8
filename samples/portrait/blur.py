"""Blurring and enlarging pictures (H, W, channels) or (H, W), float32."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.distance import Array

__all__ = ["blur", "enlarge"]


def blur(a: Array, sigma: float) -> Array:
    """Gaussian blur; what lies beyond the border repeats it."""
    if sigma < 0.05:
        return a
    reach = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    for axis in (0, 1):
        size = a.shape[axis]
        pad = [(0, 0)] * a.ndim
        pad[axis] = (reach, reach)
        wide = np.moveaxis(np.pad(a, pad, mode="edge"), axis, 0)
        out = kernel[0] * wide[:size]
        for i in range(1, len(kernel)):
            out += kernel[i] * wide[i : i + size]
        a = np.moveaxis(out, 0, axis)
    return a


def enlarge(grid: NDArray[np.floating], h: int, w: int) -> Array:
    """Bilinear enlargement of a small picture (gh, gw, channels) to (h, w, channels), both over the same area."""
    axes = []
    for n, m in zip(grid.shape, (h, w), strict=False):
        at = np.clip((np.arange(m) + 0.5) * n / m - 0.5, 0, n - 1)
        low = np.minimum(at.astype(int), max(n - 2, 0))
        axes.append((low, np.minimum(low + 1, n - 1), (at - low).astype(np.float32)[:, None]))
    (a, a1, i), (b, b1, j) = axes
    rows = grid[a] * (1 - i[..., None]) + grid[a1] * i[..., None]
    return (rows[:, b] * (1 - j) + rows[:, b1] * j).astype(np.float32)
