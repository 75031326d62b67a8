"""LuminanceVariance: how much contrast the face has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["luminance_variance"]


def luminance_variance(shares: NDArray[np.float64]) -> float:
    """Variance of Y, 0..1, from the face's histogram (256,)."""
    y = np.arange(256) / 255
    return float(shares @ (y - shares @ y) ** 2)
