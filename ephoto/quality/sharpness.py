"""Sharpness, the house's own: how much fine detail a face has beside its coarser detail.

OFIQ votes with a random forest on features of the face at its full resolution, which the processing of phones confuses.
Ours is one ratio at one scale: it does not depend on exposure, and hardly on skin, noise or resolution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["sharpness"]

# Differences of Gaussians, px at 81 px between the eyes. Below the fine one lies the grain of the sensor.
_FINE, _COARSE = (1.0, 1.6), (2.5, 4.0)
_BORDER_PX = 3  # the face's outline is no detail of it


def sharpness(pixels: NDArray[np.uint8], face: NDArray[np.uint8]) -> float | None:
    """Standard deviation of fine detail over that of coarse detail in the face; None without a face.

    Sharp faces have 0.48 to 0.69 (22 real portraits, and renders of eight skins, dark, bright and lit from the side),
    the same blurred by 1.5 px 0.34 to 0.42, by 2.5 px 0.26 to 0.31.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
        The face at 81 px between the eyes, from at least 60 px in the photo.
    face : (H, W) uint8
        Not 0 on the face.
    """
    side = 2 * _BORDER_PX + 1
    inner = cv2.erode(face, np.ones((side, side), np.uint8))
    x, y, w, h = cv2.boundingRect(inner)
    if not w:
        return None
    reach = round(3 * _COARSE[1])
    part = np.s_[max(y - reach, 0) : y + h + reach, max(x - reach, 0) : x + w + reach]
    grey = cv2.cvtColor(pixels[part], cv2.COLOR_RGB2GRAY).astype(np.float32)
    where = np.ascontiguousarray(inner[part])
    half_wh = (grey.shape[1] // 2, grey.shape[0] // 2)  # coarse detail needs no more, for a fifth of the cost
    half = cv2.resize(grey, half_wh, interpolation=cv2.INTER_AREA)
    half_where = cv2.resize(where, half_wh, interpolation=cv2.INTER_NEAREST)
    coarse = _spread(half, half_where, _COARSE[0] / 2, _COARSE[1] / 2)
    return _spread(grey, where, *_FINE) / max(coarse, 1e-3)


def _spread(grey: NDArray[Any], where: NDArray[Any], narrow: float, wide: float) -> float:
    band = cv2.subtract(cv2.GaussianBlur(grey, (0, 0), narrow), cv2.GaussianBlur(grey, (0, 0), wide))
    return float(cv2.meanStdDev(band, mask=where)[1].item())
