"""CompressionArtifacts, the house's own: the edges of a JPEG's blocks of eight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["blockiness"]

_LEAST_PX = 64


def blockiness(luma: NDArray[np.uint8]) -> float | None:
    """How much steeper pixels step at every eighth column and row than elsewhere; 1 where no block shows.

    `luma` (H, W) at the file's own resolution; the blocks may begin anywhere. None where it has less than 64 px along
    a side.
    """
    if min(luma.shape) < _LEAST_PX:
        return None
    y = luma.astype(np.int16)
    ratios = []
    for steps in (np.abs(np.diff(y, axis=1)), np.abs(np.diff(y, axis=0)).T):
        wide = steps[:, : steps.shape[1] // 8 * 8].mean(0).reshape(-1, 8).mean(0)
        peak = int(wide.argmax())
        ratios.append(float(wide[peak] / max(np.delete(wide, peak).mean(), 1e-3)))
    return min(ratios)  # blocks show along both axes; a texture along one
