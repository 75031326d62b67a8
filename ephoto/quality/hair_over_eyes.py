"""Hair over the eyes: between brow and lid, detail runs across an eye that is seen and upright in hair before it.

EyesVisible of ISO/IEC 29794-5 is the share of the eyes that anything covers, which takes a network; this measure is the
house's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.quality.points import OVER_LID_LEFT, OVER_LID_RIGHT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ephoto.quality.strokes import Strokes

__all__ = ["hair_over_eyes"]

_LITTLE = 0.3  # percent of brightness: less detail than this has no direction


def hair_over_eyes(detail: Strokes, points: NDArray[np.floating]) -> float:
    """Share of the detail between brow and lid that runs upright, 0..1; the worse eye's.

    Eyes that are seen have 0.1 to 0.6 (renders, real portraits), hair over them 0.75 and more.
    """
    found = []
    for numbers in (OVER_LID_RIGHT, OVER_LID_LEFT):
        up, across = detail.at(points, numbers)
        found.append(up / (up + across + _LITTLE))
    return max(found)
