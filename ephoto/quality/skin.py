"""The subject's own skin, against which lenses, coverings and ears are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.core.colour import lab_of_light, linear
from ephoto.quality import medians

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Skin", "around", "skin_of"]

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
        seen, skin = lab_of_light(np.stack([light, lit[..., None] * self.light]))
        return np.asarray(np.sqrt(np.square(seen - skin).sum(-1)))


def around(pixels: NDArray[np.uint8], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean colour (n, 3), 0..255, of the 5 x 5 pixels about each of the points (n, 2); clipped into the picture."""
    h, w = pixels.shape[:2]
    step = np.arange(-_HALF_PX, _HALF_PX + 1)
    x, y = points.astype(np.intp).T[..., None, None]
    rows = np.clip(y + step[:, None], 0, h - 1)
    columns = np.clip(x + step[None, :], 0, w - 1)
    return np.asarray(pixels[rows, columns].mean((1, 2)), np.float64)


def skin_of(bare: NDArray[np.floating]) -> Skin:
    """The median of colours (n, 3), 0..255, of bare skin: cheeks, nose and chin below any glasses."""
    rgb = medians.of_colours(bare) / 255
    light = linear(rgb)
    return Skin(light, lab_of_light(light))
