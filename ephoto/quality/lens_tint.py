"""Dark or coloured lenses: skin seen through them has lost its colour or its light."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.colour import lab
from ephoto.quality import medians

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.quality.skin import Skin

__all__ = ["lens_tint"]

_LIGHT_COUNTS = 0.5  # rings under the eyes are shade, and keep the skin's colour


def lens_tint(under_right: NDArray[np.floating], under_left: NDArray[np.floating], skin: Skin) -> float:
    """How far the skin just under the eyes is from that of the cheeks, CIELAB with lost L* at half; the less of both
    eyes, since lenses come in pairs and light from the side does not.

    Bare eyes and clear glasses have 0 to 13 (renders of twenty skins, real portraits), dark lenses 17 and more.

    Parameters
    ----------
    under_right, under_left : (n, 3) each
        Colours under the subject's own right and left eye, 0..255.
    """
    away = lab(medians.of_colours(np.stack([under_right, under_left])) / 255) - skin.lab
    return float(min(math.hypot(a, b) + _LIGHT_COUNTS * max(-lightness, 0.0) for lightness, a, b in away.tolist()))
