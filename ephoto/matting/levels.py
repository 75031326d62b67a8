"""A picture at half its size, and half of that: where a matte is solved on few pixels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["enlarged", "halved", "halvings", "pyramid"]

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


def enlarged(plane: NDArray[Any], shape_hw: tuple[int, ...]) -> NDArray[np.float32]:
    """A plane (h, w) or (h, w, C) brought to a larger size by linear interpolation; itself if it has that size."""
    if plane.shape[:2] == shape_hw:
        return plane
    return np.asarray(cv2.resize(plane, shape_hw[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
