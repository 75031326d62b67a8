"""Each eye at one size, level: what measures on the eyes' pixels look at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.face import EYE_LEFT, EYE_RIGHT
from ephoto.core.geometry import apply, similarity
from ephoto.quality.points import OPENING_LEFT, OPENING_RIGHT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.pyramid import Pyramid

__all__ = ["EyeView", "eye_views"]

SIZE_WH = (64, 48)
_WIDE = 1.3  # the view's width over the distance of the eye's corners


@dataclass(frozen=True, slots=True, eq=False)
class EyeView:
    """One eye, `pixels` (48, 64, 3) uint8; `iris` (2,) is its centre and `radius` its radius, px of the view.

    `lids` (16, 2) is the rim of the eye's opening as the mesh has it, px of the view; `scale` is view px per photo px.
    """

    pixels: NDArray[np.uint8]
    iris: NDArray[np.float64]
    radius: float
    lids: NDArray[np.float64]
    scale: float


def eye_views(
    pyramid: Pyramid, landmarks: NDArray[np.floating], irises: NDArray[np.floating]
) -> tuple[EyeView, EyeView]:
    """The subject's right and left eye, from landmarks (468, 2) and irises (2, 5, 2) in photo px."""
    right = _view(pyramid, landmarks[list(EYE_RIGHT)], landmarks[list(OPENING_RIGHT)], irises[0])
    return right, _view(pyramid, landmarks[list(EYE_LEFT)], landmarks[list(OPENING_LEFT)], irises[1])


def _view(
    pyramid: Pyramid, corners: NDArray[np.floating], rim: NDArray[np.floating], iris: NDArray[np.floating]
) -> EyeView:
    ends, ring = corners.astype(np.float64), iris.astype(np.float64)
    dx, dy = ends[1] - ends[0]
    scale = SIZE_WH[0] / (_WIDE * max(math.hypot(dx, dy), 1e-6))
    middle = np.array(SIZE_WH) / 2
    to_view = similarity(scale, -math.degrees(math.atan2(dy, dx)), ends.mean(0), middle)
    radius = (np.hypot(*(ring[1] - ring[3])) + np.hypot(*(ring[2] - ring[4]))) / 4
    lids = apply(to_view, rim.astype(np.float64))
    return EyeView(pyramid.sample(to_view, SIZE_WH), apply(to_view, ring[0]), float(radius) * scale, lids, scale)
