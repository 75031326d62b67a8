"""LuminanceMean: how bright the face is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["luminance_mean"]


def luminance_mean(shares: NDArray[np.float64]) -> float:
    """Mean of Y, 0..1, from the face's histogram (256,). It follows the skin as much as the light."""
    return float(shares @ np.arange(256)) / 255
