"""The colour of the light, read off the whites of the eyes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["colour_cast"]

# The typical white of an eye, red and blue over green in linear light: ephoto/compose/tone.toml has the same.
_RED, _BLUE = 1.18, 0.94
# Blood, and lids that are taken for the white of narrow eyes, make it redder in any light.
_RED_COUNTS = 0.5


def colour_cast(whites: Sequence[NDArray[np.floating]]) -> float | None:
    """How far the whites of the eyes are from their typical colour, in doublings of red and blue over green; more red
    counts half. None where no white is seen.

    Portraits in daylight have 0.02 to 0.12 on renders and up to 0.66 on real ones; a blue or a green lamp 0.8 and more,
    an orange one 1.1.

    Parameters
    ----------
    whites : (3,) each, linear RGB 0..1, as `sclera.whites` gives them
    """
    if not whites:
        return None
    red, green, blue = np.log2(np.maximum(np.stack(whites), 1e-4)).mean(0).tolist()
    redder = red - green - math.log2(_RED)
    bluer = blue - green - math.log2(_BLUE)
    return math.hypot(redder * (_RED_COUNTS if redder > 0 else 1.0), bluer)
