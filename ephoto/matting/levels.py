"""A picture at half its size, and half of that; and what was found on a small picture, brought onto a frame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import cv2
import numpy as np

from ephoto.core.geometry import for_opencv, invert

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Places", "four", "halved", "halvings", "moved", "put_colours", "pyramid", "scaling"]

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


def four(colour: NDArray[Any]) -> NDArray[np.float32]:
    """Colours (h, w, 3) with an empty fourth channel: OpenCV warps four channels several times as fast as three."""
    return np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2RGBA), np.float32)


def put_colours(frame: NDArray[np.uint8], flat: NDArray[np.intp], colours: NDArray[np.uint8]) -> None:
    """Write colours (n, 3) into a frame (H, W, 3) at pixels given as places in the flattened frame, in place."""
    # Three bytes taken for one value: numpy's assignment to rows of three costs four times as much.
    np.put(frame.reshape(-1).view("V3"), flat, np.ascontiguousarray(colours).reshape(-1).view("V3"))


def moved(
    planes: NDArray[Any], affine: NDArray[np.float64], size_wh: tuple[int, int], *, nearest: bool = False
) -> NDArray[Any]:
    """Planes (h, w) or (h, w, C) of a small picture on a frame (H, W); `affine` maps small px to frame px."""
    way = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    return cv2.warpAffine(planes, for_opencv(affine), size_wh, flags=way, borderMode=cv2.BORDER_REPLICATE)


def scaling(from_hw: tuple[int, ...], to_hw: tuple[int, ...]) -> NDArray[np.float64]:
    """The affine (2, 3) from the px of a picture (h, w) to those of the same picture at another size."""
    return np.array([[to_hw[1] / from_hw[1], 0.0, 0.0], [0.0, to_hw[0] / from_hw[0], 0.0]])


class Places:
    """Some pixels of a frame, by where their centres lie on a small picture.

    Parameters
    ----------
    flat : (n,) int
        The pixels, as places in the flattened frame.
    width : int
        Of the frame, px.
    to_frame : (2, 3) float64
        From the small picture's px to the frame's.
    """

    _ROW = 256  # OpenCV's maps may not be longer than 32767 along a side, so points are laid out in rows

    def __init__(self, flat: NDArray[np.intp], width: int, to_frame: NDArray[np.float64]) -> None:
        self._count = len(flat)
        back = for_opencv(invert(to_frame)).astype(np.float32)
        index = flat.astype(np.int32)
        row = index // np.int32(width)
        y = row.astype(np.float32)
        row *= np.int32(width)
        index -= row
        x = index.astype(np.float32)
        self._x, self._y = (self._rows(x, y, line) for line in back)

    def _rows(self, x: NDArray[np.float32], y: NDArray[np.float32], line: NDArray[np.float32]) -> NDArray[np.float32]:
        out = np.zeros((-(-self._count // self._ROW), self._ROW), np.float32)
        values = out.ravel()[: self._count]
        np.multiply(x, line[0], out=values)
        values += line[1] * y
        values += line[2]
        return out

    def on(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Planes (h, w) or (h, w, C) of the small picture at the pixels, (n,) or (n, C), interpolated linearly."""
        if not self._count:
            return np.empty((0, *planes.shape[2:]), np.float32)
        seen = cv2.remap(planes, self._x, self._y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(seen, np.float32).reshape(-1, *planes.shape[2:])[: self._count]
