"""Glare on glasses: white reflections over the eyes, other than the small ones that every eye has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.quality.eye_view import EyeView

__all__ = ["glare"]

_WHITE, _PALE = 250, 0.15  # at least this bright, at most this saturated
_CATCH_LIGHT = 0.35  # radius of a catch light over the iris's, at the most


def glare(eyes: Sequence[EyeView]) -> float:
    """Share of the eye's surroundings (0.6 x 0.45 eye distances) that is white, of the worse eye; catch lights in the
    iris are left out. Burnt-out skin counts as well.
    """
    return max(map(_of_one, eyes))


def _of_one(eye: EyeView) -> float:
    r, g, b = cv2.split(eye.pixels)
    bright = np.asarray(cv2.max(cv2.max(r, g), b), np.uint8)
    if int(bright.max()) < _WHITE:
        return 0.0
    pale = bright - cv2.min(cv2.min(r, g), b) < _PALE * bright
    white = ((bright >= _WHITE) & pale).view(np.uint8)
    if not cv2.countNonZero(white):
        return 0.0
    _, _, stats, centres = cv2.connectedComponentsWithStats(white)
    area = 0.0
    for (*_, size), centre in zip(stats[1:], centres[1:], strict=True):
        small = size < math.pi * (_CATCH_LIGHT * eye.radius) ** 2
        if not (small and math.dist(centre + 0.5, eye.iris) < eye.radius):
            area += float(size)
    return area / white.size
