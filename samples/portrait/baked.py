"""A signed distance sampled on a grid: many times quicker to ask than the formula, right to a fraction of a mm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.trace import evaluate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.distance import Array, Sdf

__all__ = ["Baked"]

F = np.float32
Box = tuple[tuple[float, float, float], tuple[float, float, float]]


class Baked:
    """Trilinear interpolation between samples of `sdf` in a box of a body's own axes.

    Outside the box the distance to the box is given where it is the larger one. With `mirrored` only x >= 0 is
    kept. Samples are stored as neighbours along z in one complex number, so that one look-up gets both.
    """

    def __init__(self, sdf: Sdf, box: Box, step_mm: float, mirrored: bool = False) -> None:
        low, high = np.array(box[0]), np.array(box[1])
        if mirrored:
            low[0] = -2 * step_mm
        self._low, self._step, self._mirrored = low.astype(F)[:, None], F(step_mm), mirrored
        self._count = np.ceil((high - low) / step_mm).astype(int) + 1
        self._last = (self._count - 1).astype(F)[:, None]
        self._sample(sdf, np.zeros(3, int), self._count)

    def renew(self, sdf: Sdf, box: Box) -> None:
        """Sample a part of the box again, after the body moved there."""
        a, b = (np.ceil((np.array(corner) - self._low[:, 0]) / self._step).astype(int) for corner in box)
        self._sample(sdf, np.clip(a, 0, self._count), np.clip(b, 0, self._count))

    def _sample(self, sdf: Sdf, start: NDArray[np.intp], stop: NDArray[np.intp]) -> None:
        axes = [self._low[i, 0] + self._step * np.arange(start[i], stop[i], dtype=F) for i in range(3)]
        points = np.stack([g.ravel() for g in np.meshgrid(*axes, indexing="ij")])
        values = evaluate(sdf, points).reshape(*(stop - start))
        part = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        if not hasattr(self, "_values"):
            self._values = np.empty(self._count, F)
        self._values[part] = values
        pairs = self._values[:, :, :-1] + 1j * self._values[:, :, 1:]
        self._pairs = pairs.astype(np.complex64).ravel()

    def __call__(self, p: Array) -> Array:
        q = p - self._low
        if self._mirrored:
            np.abs(p[0], out=q[0])
            q[0] -= self._low[0]
        q *= F(1) / self._step
        inside = np.clip(q, 0, self._last - F(1e-3))
        out = q - inside
        cell = inside.astype(np.int32)
        x, y, z = inside - cell
        row, plane = int(self._count[2]) - 1, int(self._count[1]) * (int(self._count[2]) - 1)
        at = cell[0] * plane + cell[1] * row + cell[2]
        near = self._pairs[at] * (1 - y) + self._pairs[at + row] * y
        at += plane
        far = self._pairs[at] * (1 - y) + self._pairs[at + row] * y
        near += (far - near) * x
        d = near.real + (near.imag - near.real) * z
        beyond = np.sqrt(np.einsum("ij,ij->j", out, out)) * self._step
        return np.where(beyond > 0, np.maximum(beyond, d - beyond), d).astype(F)
