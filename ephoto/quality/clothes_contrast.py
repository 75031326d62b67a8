"""Clothes that melt into the ground: how far the colour inside the shoulders' outline is from what lies behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.colour import delta_e_2000, lab

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["clothes_contrast"]

_BELOW, _BESIDE = -0.1, 0.48  # face widths below the chin and beside the middle: there is neither jaw nor neck
_NEAR, _FAR = 2, 4  # px from the outline, of 40 across the face: between them colours are looked at
_LEAST_PX = 12
_STEP = 3  # every third pixel of the outline says as much
_SHARE = 0.25  # of the outline that may melt; hair may hang over the rest


def clothes_contrast(
    person: NDArray[np.float32],
    pixels: NDArray[np.uint8],
    middle_x: float,
    chin_y: float,
    face_px: float,
    behind_rgb: tuple[int, int, int] | None = None,
) -> float | None:
    """CIEDE2000 between the clothes just inside the shoulders' outline and the ground, along a quarter of it at least;
    where no shoulders reach into the picture, that of the neck. None where neither is seen.

    White clothes on white have 0.8 to 7.5 (renders), others 16 and more.

    Parameters
    ----------
    person : (H, W) float32
        0..1, NaN where nothing is known; level, with a face about 40 px wide.
    pixels : (H, W, 3) uint8
    middle_x, chin_y, face_px : px of that picture
    behind_rgb : the ground that the person will stand before, or None for what lies just outside the outline.
    """
    top = max(int(chin_y + _BELOW * face_px), 0)
    body, shown = person[top:], pixels[top:]
    if not body.size:
        return None
    known = np.asarray(np.isfinite(body), np.bool_)
    inside = (~(body < 0.5)).view(np.uint8)  # what is not known has no outline
    edge = _between(inside) & known
    aside = np.abs(np.arange(body.shape[1]) + 0.5 - middle_x) > _BESIDE * face_px
    shouldered = np.count_nonzero(edge & aside) >= _LEAST_PX
    edge = edge & aside if shouldered else edge
    if np.count_nonzero(edge) < _LEAST_PX:
        return None
    if behind_rgb is not None:
        return _low(delta_e_2000(lab(shown[edge][::_STEP]), lab(np.array(behind_rgb, np.uint8))))
    beyond = _between((~(body >= 0.5)).view(np.uint8)) & known
    beyond = beyond & aside if shouldered else beyond
    if np.count_nonzero(beyond) < _LEAST_PX:
        return None
    columns = np.arange(body.shape[1])
    apart = []
    for side in (columns < middle_x, columns >= middle_x):  # the ground may differ from side to side
        if (edge & side).any() and (beyond & side).any():
            ground = np.median(lab(shown[beyond & side]), axis=0)
            apart.append(delta_e_2000(lab(shown[edge & side]), ground))
    return _low(np.concatenate(apart)) if apart else None


def _low(values: NDArray[np.float64]) -> float:
    """The value that _SHARE of them do not reach."""
    return float(np.partition(values, int(_SHARE * len(values)))[int(_SHARE * len(values))])


def _between(part: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a part is between _NEAR and _FAR px from its outline."""
    near, far = (cv2.erode(part, np.ones((2 * n + 1, 2 * n + 1), np.uint8)) for n in (_NEAR, _FAR))
    return np.asarray((near > far), np.bool_)
