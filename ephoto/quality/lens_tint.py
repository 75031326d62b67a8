"""Dark or coloured lenses: skin seen through them has lost its colour or its light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.colour import lab
from ephoto.quality.points import UNDER_EYE_LEFT, UNDER_EYE_RIGHT
from ephoto.quality.skin import about

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.quality.skin import Skin

__all__ = ["lens_tint"]

_LIGHT_COUNTS = 0.5  # rings under the eyes are shade, and keep the skin's colour


def lens_tint(pixels: NDArray[np.uint8], points: NDArray[np.floating], skin: Skin) -> float:
    """How far the skin just under the eyes is from that of the cheeks, CIELAB with lost L* at half; the less of both
    eyes, since lenses come in pairs and light from the side does not.

    Bare eyes and clear glasses have 0 to 13 (renders of twenty skins, real portraits), dark lenses 18 and more.
    """
    found = []
    for numbers in (UNDER_EYE_RIGHT, UNDER_EYE_LEFT):
        d_l, d_a, d_b = np.median(lab(about(pixels, points, numbers) / 255), axis=0) - skin.lab
        found.append(float(np.hypot(d_a, d_b)) + _LIGHT_COUNTS * max(-float(d_l), 0.0))
    return min(found)
