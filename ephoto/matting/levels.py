"""A picture at half its size, and half of that; and what was found on a small picture, brought onto a frame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import cv2
import numpy as np

from ephoto.core.geometry import for_opencv

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["four", "halved", "halvings", "moved", "pyramid"]

_T = TypeVar("_T", np.uint8, np.float32)


def halvings(px_per_face: float, face_px: float) -> int:
    """How often a picture is halved until its face, `px_per_face` wide, is nearest to `face_px`; never negative."""
    return max(0, round(math.log2(max(px_per_face, 1.0) / face_px)))


def halved(plane: NDArray[_T]) -> NDArray[_T]:
    """A plane (H, W) or (H, W, C) at half the size, odd sizes rounded up: means of 2 x 2 px."""
    h, w = plane.shape[:2]
    return np.asarray(cv2.resize(plane, ((w + 1) // 2, (h + 1) // 2), interpolation=cv2.INTER_LINEAR), plane.dtype)


def pyramid(plane: NDArray[_T], count: int) -> list[NDArray[_T]]:
    """The plane itself, then each half of the one before: count + 1 planes."""
    levels = [plane]
    for _ in range(count):
        levels.append(halved(levels[-1]))
    return levels


def four(colour: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colours (h, w, 3) with an empty fourth channel: OpenCV warps four channels several times as fast as three."""
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2RGBA), np.float32)


def moved(
    planes: NDArray[Any], affine: NDArray[np.float64], size_wh: tuple[int, int], *, nearest: bool = False
) -> NDArray[Any]:
    """Planes (h, w) or (h, w, C) of a small picture on a frame (H, W); `affine` maps small px to frame px."""
    way = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    return cv2.warpAffine(planes, for_opencv(affine), size_wh, flags=way, borderMode=cv2.BORDER_REPLICATE)
