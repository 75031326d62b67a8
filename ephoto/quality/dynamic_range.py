"""DynamicRange: how many levels the face uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["dynamic_range"]


def dynamic_range(shares: NDArray[np.float64]) -> float:
    """Shannon entropy, bits, of the face's histogram (256,)."""
    used = shares[shares > 0]
    return float(-(used @ np.log2(used)))
