"""UnderExposurePrevention and OverExposurePrevention: what is lost in shadow and in light."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["over_exposure", "under_exposure"]

_DARK, _BRIGHT = 25, 247  # of 255: OFIQ's limits


def under_exposure(shares: NDArray[np.float64]) -> float:
    """Share of Y in 0..25 in the face's histogram (256,). Dark skin alone reaches it: no gate by itself."""
    return float(shares[: _DARK + 1].sum())


def over_exposure(shares: NDArray[np.float64]) -> float:
    """Share of Y in 247..255 in the face's histogram (256,)."""
    return float(shares[_BRIGHT:].sum())
