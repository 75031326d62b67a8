"""The ground's colour against the one that a document asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.colour import delta_e_2000, lab
from ephoto.quality import medians

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["background_colour"]

_STEP = 6  # every sixth pixel of every sixth row says as much
_LEAST_PX = 6


def background_colour(
    pixels: NDArray[np.uint8], ground: NDArray[np.uint8], wanted_rgb: tuple[int, int, int]
) -> float | None:
    """CIEDE2000 between the ground's median colour and the wanted one; None where too little of it is seen.

    `pixels` (H, W, 3) uint8; `ground` (H, W) is not 0 on the background.
    """
    seen = pixels[::_STEP, ::_STEP][ground[::_STEP, ::_STEP] > 0]
    if len(seen) < _LEAST_PX:
        return None
    found, wanted = lab(np.stack([medians.of_colours(seen.astype(np.float32)), np.array(wanted_rgb, np.float64)]) / 255)
    return float(delta_e_2000(found, wanted))
