"""Hair over the forehead, down to the brows: its strands run upright where skin has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.quality.points import FOREHEAD_LEFT, FOREHEAD_RIGHT

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ephoto.quality.strokes import Strokes

__all__ = ["hair_over_face"]


def hair_over_face(detail: Strokes, points: NDArray[np.floating]) -> float:
    """Upright detail just above the brows, percent of brightness, weighed by its share of all detail there; the worse
    side's.

    Wrinkles run across and count for little. Bare foreheads have up to 0.5 (renders of twenty skins and hairs, real
    portraits), fringes 0.9 to 2.6.
    """
    found = []
    for numbers in (FOREHEAD_RIGHT, FOREHEAD_LEFT):
        up, across = detail.at(points, numbers)
        found.append(up * up / max(up + across, 1e-6))
    return max(found)
