"""The subject's own skin, against which lenses, coverings and ears are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.core.colour import lab, linear, srgb
from ephoto.quality.points import BARE_SKIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Skin", "about", "around", "skin_of"]

_HALF_PX = 2
_SHADE, _SHINE = 0.3, 1.6  # skin in shade or in full light, against the light on the cheeks


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """The colour of bare skin: `light` (3,) linear RGB 0..1 and `lab` (3,)."""

    light: NDArray[np.float64]
    lab: NDArray[np.float64]

    def away(self, rgb: NDArray[Any]) -> NDArray[np.float64]:
        """CIELAB distance of colours (..., 3), 0..255, from this skin, in whatever light it stands."""
        light = linear(np.asarray(rgb, np.float64) / 255)
        lit = np.clip(light @ self.light / max(float(self.light @ self.light), 1e-9), _SHADE, _SHINE)
        return np.asarray(np.linalg.norm(lab(srgb(light)) - lab(srgb(lit[..., None] * self.light)), axis=-1))


def about(pixels: NDArray[np.uint8], points: NDArray[np.floating], numbers: Sequence[int]) -> NDArray[np.float64]:
    """Mean colour (n, 3), 0..255, of the 5 x 5 pixels about some of the points (N, 2); clipped into the picture."""
    return around(pixels, points[list(numbers)])


def around(pixels: NDArray[np.uint8], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """The same about each of the points (n, 2)."""
    h, w = pixels.shape[:2]
    step = np.arange(-_HALF_PX, _HALF_PX + 1)
    x, y = points.astype(np.intp).T[..., None, None]
    rows = np.clip(y + step[:, None], 0, h - 1)
    columns = np.clip(x + step[None, :], 0, w - 1)
    return np.asarray(pixels[rows, columns].mean((1, 2)), np.float64)


def skin_of(pixels: NDArray[np.uint8], points: NDArray[np.floating]) -> Skin:
    """The median colour of cheeks, nose and chin below any glasses, of a face with landmarks (468, 2) in a picture."""
    rgb = np.median(about(pixels, points, BARE_SKIN), axis=0) / 255
    return Skin(linear(rgb), lab(rgb))
