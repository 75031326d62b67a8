"""How unlike the mouth is to the person's own at rest: an opening that the mesh's lips follow by a third."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.quality.points import INNER_LIPS, MOUTH_CORNERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.liveness.view import View

__all__ = ["mouth_likeness", "mouth_picture"]

_HALF_HIGH = 13  # view px
_SHARE = 0.62  # of the mouth's width, to each side of its middle
_REACH = (4, 7)  # view px that a mouth may have moved in the view, which follows the chin
_SOFT_PX = 1.2


def mouth_picture(view: View) -> NDArray[np.uint8]:
    """The mouth at rest, grey uint8."""
    x, y, half = _place(view)
    return np.ascontiguousarray(_soft(view)[y - _HALF_HIGH : y + _HALF_HIGH, x - half : x + half])


def mouth_likeness(view: View, rest: NDArray[np.uint8]) -> float:
    """The correlation, -1 to 1, with the picture at rest, at the best place within reach."""
    x, y, _ = _place(view)
    h, w = rest.shape
    dx, dy = _REACH
    top, left = max(y - h // 2 - dy, 0), max(x - w // 2 - dx, 0)
    room = _soft(view)[top : y + h // 2 + dy, left : x + w // 2 + dx]
    if room.shape[0] < h or room.shape[1] < w:
        return 0.0
    return float(cv2.matchTemplate(room, rest, cv2.TM_CCOEFF_NORMED).max())


def _place(view: View) -> tuple[int, int, int]:
    """The mouth's middle and half of the picture's width, view px."""
    middle = view.points[list(INNER_LIPS[1])].mean(0)
    right, left = view.points[list(MOUTH_CORNERS)]
    h, w = view.grey.shape
    half = int(np.clip(round(_SHARE * float(np.hypot(*(left - right)))), 8, w // 3))
    x = int(np.clip(round(float(middle[0])), half, w - half))
    return x, int(np.clip(round(float(middle[1])), _HALF_HIGH, h - _HALF_HIGH)), half


def _soft(view: View) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(view.grey, (0, 0), _SOFT_PX), np.uint8)
