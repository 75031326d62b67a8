"""NaturalColour: whether skin has a colour that skin can have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.colour import linear

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["natural_colour"]

# sRGB to XYZ adapted to D50, rows X, Y, Z (ICC.1:2022), and the D50 white.
_TO_XYZ = np.array([[0.43605, 0.38508, 0.14309], [0.22249, 0.71689, 0.06062], [0.01393, 0.09710, 0.71419]])
_WHITE = np.array([0.964221, 1.0, 0.825211])
_A, _B = (5.0, 25.0), (5.0, 35.0)  # where skin lies (OFIQ)
_NOT_SKIN = 100.0


def natural_colour(rgb: NDArray[np.floating]) -> float:
    """Distance in a* and b* of the cheeks' mean colour (3,), 0..255, from where skin lies; 100 for what is no skin.

    OFIQ-like: the mean is over the face's own pixels of both cheek zones.
    """
    t = _TO_XYZ @ linear(np.asarray(rgb, np.float64) / 255) / _WHITE
    fx, fy, fz = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    a, b = 500 * (fx - fy), 200 * (fy - fz)
    if a < 0 or b < 0:
        return _NOT_SKIN
    return float(np.hypot(max(0.0, _A[0] - a, a - _A[1]), max(0.0, _B[0] - b, b - _B[1])))
