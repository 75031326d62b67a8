"""Shadows and light on the ground: how far its brightness spreads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.colour import lightness

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["background_shade"]

_SHARES = (0.05, 0.95)  # single bright or dark spots are no shade


def background_shade(shares: NDArray[np.floating]) -> float:
    """L* between the darkest and the brightest twentieth of the ground.

    `shares` (256,) of the levels of linear Y in it, which add up to 1. Plain and gradient grounds have 0 to
    16 (11 real portraits), a wall with a hard shadow 51, rooms and flags 20 to 90.
    """
    levels = np.searchsorted(np.cumsum(shares), _SHARES) / 255
    dark, bright = (float(v) for v in lightness(levels))
    return bright - dark
