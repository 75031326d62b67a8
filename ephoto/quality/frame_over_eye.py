"""A frame over the eye: a dark line without colour that goes past both corners at the eye's own height."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ephoto.core.colour import srgb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ephoto.quality.eye_view import EyeView
    from ephoto.quality.skin import Skin

__all__ = ["frame_over_eye"]

_BESIDE_PX = 5  # columns at either side of the view, beyond the eye's corners
_SIGMA = 1.0
_DARK = 5.0  # levels: in near black, noise has colour and depth


def frame_over_eye(eyes: Sequence[EyeView], skin: Skin) -> float:
    """Depth of the line over its surroundings, 0..1, times its lack of colour beside skin, 0..1: the shallower of both
    sides of an eye, and the mean of both eyes.

    Creases and lashes are as dark, but have the skin's colour or more of it. Thick rims across the eyes have 0.05 to
    0.4, other eyes up to 0.03 (renders, real portraits). Frames of a skin's own colour are not seen.
    """
    return float(np.mean([_of_one(eye, max(_colour_of(skin), 0.05)) for eye in eyes]))


def _colour_of(skin: Skin) -> float:
    high, low = (float(v) * 255 for v in (srgb(skin.light).max(), srgb(skin.light).min()))
    return (high - low) / (high + _DARK)


def _of_one(eye: EyeView, skin_colour: float) -> float:
    soft = cv2.GaussianBlur(eye.pixels, (0, 0), _SIGMA).astype(np.float32)
    high, low = soft.max(2), soft.min(2)
    colour = (high - low) / (high + _DARK)
    grey = cv2.cvtColor(soft, cv2.COLOR_RGB2GRAY)
    tall = np.ones((2 * int(eye.radius) | 1, 1), np.uint8)
    closed = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, tall, borderType=cv2.BORDER_REPLICATE)
    depth = (closed - grey) / (closed + _DARK)
    y, r = float(eye.iris[1]), eye.radius
    rows = np.s_[max(int(y - r), 0) : max(int(y + r) + 1, 1)]
    return min(
        _deepest(depth[rows, columns], colour[rows, columns] / skin_colour)
        for columns in (np.s_[:_BESIDE_PX], np.s_[-_BESIDE_PX:])
    )


def _deepest(depth: NDArray[Any], colour: NDArray[Any]) -> float:
    line = depth.mean(1) * np.clip(1 - colour.mean(1), 0, 1)
    return float(line.max(initial=0))
