"""Red eye: pupils that a flash lit from behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.quality.eye_view import EyeView

__all__ = ["red_eye"]

_PUPIL = 0.5  # of the iris's radius
_LEAST_PX = 3.0  # radius of the iris in the photo below which the pupil is no more than a spot
_REDNESS, _RED = 90.0, 80.0  # of 255: how far red stands above the other channels, as a share of it, and red itself


def red_eye(eyes: Sequence[EyeView]) -> float | None:
    """Share of the pupil that is red, 0..1, of the worse eye; None where an iris has too few pixels.

    Redness is (R - max(G, B)) / R, the form that red-eye correctors use. Renders with lit pupils have 0.8, without
    none; dark brown irises in warm light reach 0.15 (29 real portraits).
    """
    if any(eye.radius / eye.scale < _LEAST_PX for eye in eyes):
        return None
    return max(map(_of_one, eyes))


def _of_one(eye: EyeView) -> float:
    reach, (cx, cy) = _PUPIL * eye.radius, eye.iris.tolist()
    x0, y0 = max(int(cx - reach), 0), max(int(cy - reach), 0)
    part = eye.pixels[y0 : max(int(cy + reach) + 1, 0), x0 : max(int(cx + reach) + 1, 0)]
    x, y = np.arange(part.shape[1]) + (x0 + 0.5 - cx), np.arange(part.shape[0]) + (y0 + 0.5 - cy)
    pupil = part[x * x + (y * y)[:, None] < reach * reach].astype(np.float32)
    if not pupil.size:
        return 0.0
    red, other = pupil[:, 0], pupil[:, 1:].max(1)
    return float(((255 * (red - other) > _REDNESS * red) & (red > _RED)).mean())
