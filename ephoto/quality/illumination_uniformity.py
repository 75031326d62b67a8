"""IlluminationUniformity: whether both cheeks are lit alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["illumination_uniformity"]


def illumination_uniformity(right: NDArray[np.float64], left: NDArray[np.float64]) -> float:
    """Overlap, 0..1, of the luminance histograms (256,) of both inner cheeks.

    OFIQ-like: pixels of the zones outside the face are left out here, where OFIQ counts them as black.
    """
    return float(np.minimum(right, left).sum())
