"""Ears: skin just outside the line where cheek and ear meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.face import EAR_LEFT, EAR_RIGHT, EYE_LEFT, EYE_RIGHT
from ephoto.quality.points import beside

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.quality.skin import Skin

__all__ = ["ear_places", "ears_visible"]

# Where an ear is looked for: outside the cheek and down from the eye line, face widths; and where no ear reaches to, so
# that what is there as well is hair.
_OUT, _BEYOND = (0.02, 0.035, 0.05), 0.17
_DOWN = (0.04, 0.12, 0.2, 0.28)
_STEPS = np.array([(out, down) for out in (*_OUT, _BEYOND) for down in _DOWN])
_SKIN = 10.0  # CIELAB from the face's skin, in its own light


def ear_places(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """The places (n, 2) to look at for the ears of a face with landmarks (468, 2), the subject's right one first."""
    ends = points[[EAR_RIGHT, EAR_LEFT]].astype(np.float64)
    across = (ends[1] - ends[0]) / max(float(np.hypot(*(ends[1] - ends[0]))), 1e-6)
    down = np.array([-across[1], across[0]])
    eyes = points[[*EYE_RIGHT, *EYE_LEFT]].mean(0)
    at_eye_height = ends - np.outer((ends - eyes) @ down, down)
    return beside(points, at_eye_height, _STEPS)


def ears_visible(colours: NDArray[np.floating], shown: NDArray[np.bool_], skin: Skin) -> float:
    """Share of the places where an ear would be that are skin, and hair of the skin's colour is not, 0..1, the mean of
    both sides.

    `colours` (n, 3), 0..255, and whether the person is `shown` (n,), at `ear_places`. Ears that are much redder than
    the face do not count.
    """
    skinlike = ((skin.away(colours) < _SKIN) & shown).reshape(2, len(_OUT) + 1, len(_DOWN))
    return float(np.mean(skinlike[:, :-1] & ~skinlike[:, -1:]))
