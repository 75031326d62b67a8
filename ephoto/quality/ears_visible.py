"""Ears: skin just outside the line where cheek and ear meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.face import EAR_LEFT, EAR_RIGHT
from ephoto.quality.skin import around

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.quality.skin import Skin

__all__ = ["ears_visible"]

# Where an ear is looked for: outside the cheek and down from the eye line, face widths.
_OUT = (0.02, 0.035, 0.05)
_DOWN = (0.04, 0.12, 0.2, 0.28)
_SKIN = 8.0  # CIELAB from the face's skin, in its own light


def ears_visible(
    pixels: NDArray[np.uint8], person: NDArray[np.float32], points: NDArray[np.floating], skin: Skin
) -> float:
    """Share of the places where an ear would be that are skin, 0..1, the mean of both sides.

    `pixels` (H, W, 3) uint8 and `person` (H, W), 0..1, show a level face with landmarks (468, 2). Hair of the skin's
    own colour passes for it, and ears that are much redder than the face do not.
    """
    right, left = points[[EAR_RIGHT, EAR_LEFT]].astype(np.float64)
    width = float(np.hypot(*(left - right)))
    across = (left - right) / max(width, 1e-6)
    down = np.array([-across[1], across[0]])
    shares = []
    for ear, out in ((right, -across), (left, across)):
        level = ear - ((ear - points[[33, 133, 362, 263]].mean(0)) @ down) * down  # at the height of the eyes
        places = np.array([level + width * (o * out + d * down) for o in _OUT for d in _DOWN])
        h, w = person.shape
        x, y = np.clip(places.astype(np.intp), 0, (w - 1, h - 1)).T
        skinlike = skin.away(around(pixels, places)) < _SKIN
        shares.append(float(np.mean(skinlike & (person[y, x] > 0.5))))
    return float(np.mean(shares))
