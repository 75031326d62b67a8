"""CompressionArtifacts, the house's own: the edges of a JPEG's blocks of eight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["blockiness"]

_LEAST_PX = 64
_LEAST_BLOCK_PX = 4


def blockiness(luma: NDArray[np.uint8], block_px: int = 8) -> float | None:
    """How much steeper pixels step at every eighth column and row than elsewhere; 1 where no block shows.

    `luma` (H, W) at the file's own resolution, or reduced by whole factors so that its blocks are `block_px` wide; the
    blocks may begin anywhere. Blocks of less than 4 px are gone. None where there is less than 64 px along a side.
    """
    if min(luma.shape) < _LEAST_PX:
        return None
    if block_px < _LEAST_BLOCK_PX:
        return 1.0
    across = cv2.reduce(cv2.absdiff(luma[:, 1:], luma[:, :-1]), 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel()
    down = cv2.reduce(cv2.absdiff(luma[1:], luma[:-1]), 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel()
    ratios = []
    for steps in (across, down):
        wide = steps[: len(steps) // block_px * block_px].reshape(-1, block_px).mean(0)
        peak = int(wide.argmax())
        ratios.append(float(wide[peak] / max(np.delete(wide, peak).mean(), 1e-3)))
    return min(ratios)  # blocks show along both axes; a texture along one
