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
_WITH_BLUR_PX = _BESIDE_PX + 4  # and what is blurred into them
_DARK = 5.0  # levels: in near black, noise has colour and depth


def frame_over_eye(eyes: Sequence[EyeView], skin: Skin) -> float:
    """Depth of the line over its surroundings, 0..1, times its lack of colour beside skin, 0..1: the shallower of both
    sides of an eye, and the mean of both eyes.

    Creases and lashes are as dark, but have the skin's colour or more of it. Thick rims across the eyes have 0.05 to
    0.4, other eyes up to 0.03 (renders, real portraits). Frames of a skin's own colour are not seen.
    """
    sides = [side for eye in eyes for side in (eye.pixels[:, :_WITH_BLUR_PX], eye.pixels[:, -_WITH_BLUR_PX:])]
    soft = cv2.GaussianBlur(np.concatenate(sides, axis=1), (0, 0), _SIGMA)
    grey = cv2.cvtColor(soft, cv2.COLOR_RGB2GRAY).astype(np.float32)
    tall = np.ones((2 * int(max(eye.radius for eye in eyes)) | 1, 1), np.uint8)
    closed = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, tall, borderType=cv2.BORDER_REPLICATE)
    r, g, b = cv2.split(soft)
    high, low = cv2.max(cv2.max(r, g), b).astype(np.float32), cv2.min(cv2.min(r, g), b)
    depth, colour = _by_side((closed - grey) / (closed + _DARK)), _by_side((high - low) / (high + _DARK))
    lines = depth * np.maximum(1 - colour / max(_colour_of(skin), 0.05), 0)
    return float(np.mean([_shallower(lines[:, 2 * k : 2 * k + 2], eye) for k, eye in enumerate(eyes)]))


def _by_side(plane: NDArray[Any]) -> NDArray[Any]:
    """The mean (H, n) over the outer columns of each side; those next to them were only there to be blurred in."""
    parts = plane.reshape(len(plane), -1, 2, _WITH_BLUR_PX)
    ends = np.stack([parts[:, :, 0, :_BESIDE_PX], parts[:, :, 1, -_BESIDE_PX:]], axis=2)
    return np.asarray(ends.mean(3).reshape(len(plane), -1))


def _shallower(lines: NDArray[Any], eye: EyeView) -> float:
    """Of the deepest lines on both sides (H, 2) at an eye's height."""
    y, radius = float(eye.iris[1]), eye.radius
    rows = lines[max(int(y - radius), 0) : max(int(y + radius) + 1, 1)]
    return float(rows.max(0).min()) if len(rows) else 0.0


def _colour_of(skin: Skin) -> float:
    high, low = (float(v) * 255 for v in (srgb(skin.light).max(), srgb(skin.light).min()))
    return (high - low) / (high + _DARK)
