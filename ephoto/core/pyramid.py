"""A picture and its halvings: what every net and every frame of a photo is sampled from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from ephoto.core.geometry import compose, for_opencv, invert, scale_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Border", "Pyramid"]

Border = Literal["black", "repeat"]

# From this scale on a bilinear kernel visibly softens a picture that people look at, so the cubic one is used.
CUBIC_FROM = 0.85
_MODES = {"black": cv2.BORDER_CONSTANT, "repeat": cv2.BORDER_REPLICATE}
_REACH = 3  # source px beyond a frame's corners that an interpolation kernel may touch
_GROW = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # times 2**n: from the n-th halving to the picture


class Pyramid:
    """Pixels (H, W, 3) uint8 with their halvings, each made once when it is first needed.

    Halving by two-by-two means costs a quarter of averaging to any size at once, and serves all samplings. From a
    level that has one to two px per sampled px along each axis, bilinear sampling weighs every pixel: nothing is
    skipped and nothing aliases. Halvings carry a fourth channel, empty: OpenCV warps four channels more than twice
    as fast as three. Safe to share between threads.
    """

    def __init__(self, pixels: NDArray[np.uint8]) -> None:
        self.pixels = pixels
        self._levels: dict[int, NDArray[np.uint8]] = {}

    @property
    def size_wh(self) -> tuple[int, int]:
        h, w = self.pixels.shape[:2]
        return w, h

    def sample(
        self, affine: NDArray[np.float64], size_wh: tuple[int, int], *, border: Border = "repeat"
    ) -> NDArray[np.uint8]:
        """Pixels (H, W, 3) on a frame, for nets and statistics; `affine` maps picture px to frame px. Bilinear."""
        source, affine = self._source(affine, size_wh, four=True)
        out = cv2.warpAffine(source, for_opencv(affine), size_wh, flags=cv2.INTER_LINEAR, borderMode=_MODES[border])
        return np.asarray(cv2.cvtColor(out, cv2.COLOR_RGBA2RGB), np.uint8)

    def draw(self, affine: NDArray[np.float64], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
        """Pixels (H, W, 3) on a frame, for people: detail is kept where the picture is hardly reduced or enlarged.

        Outside the picture its edge pixels are repeated.
        """
        if scale_of(affine) < CUBIC_FROM:
            return self.sample(affine, size_wh)
        source, affine = self._source(affine, size_wh, four=False)
        # In whole numbers OpenCV's cubic kernel costs half as much again.
        out = cv2.warpAffine(
            source.astype(np.float32),
            for_opencv(affine),
            size_wh,
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(cv2.convertScaleAbs(np.clip(out, 0, 255, out=out)), np.uint8)

    def _source(
        self, affine: NDArray[np.float64], size_wh: tuple[int, int], *, four: bool
    ) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """The pixels that a frame needs and the affine from them: a halving, or what lies under the frame."""
        times = self._halvings(affine)
        if times:
            return self._level(times), compose(_GROW * 2.0**times, affine)
        w, h = self.size_wh
        x0, y0, x1, y1 = _under(affine, size_wh)
        left, top = min(max(math.floor(x0) - _REACH, 0), w - 1), min(max(math.floor(y0) - _REACH, 0), h - 1)
        right, bottom = min(max(math.ceil(x1) + _REACH, left + 1), w), min(max(math.ceil(y1) + _REACH, top + 1), h)
        part = self.pixels[top:bottom, left:right]
        moved = compose(np.array([[1.0, 0.0, left], [0.0, 1.0, top]]), affine)
        return (np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2RGBA), np.uint8) if four else part), moved

    def _halvings(self, affine: NDArray[np.float64]) -> int:
        reduce = max(1.0 / max(scale_of(affine), 1e-9), 1.0)
        return min(int(math.log2(reduce)), int(math.log2(max(min(self.size_wh), 1))))

    def _level(self, times: int) -> NDArray[np.uint8]:
        known = self._levels.get(times)
        if known is not None:
            return known
        last = self._level(times - 1) if times > 1 else self.pixels
        h, w = last.shape[0] // 2, last.shape[1] // 2  # an odd row or column at the end is left out
        half = cv2.resize(last[: 2 * h, : 2 * w], (w, h), interpolation=cv2.INTER_AREA)
        half = half if times > 1 else cv2.cvtColor(half, cv2.COLOR_RGB2RGBA)
        return self._levels.setdefault(times, np.asarray(half, np.uint8))


def _under(affine: NDArray[np.float64], size_wh: tuple[int, int]) -> tuple[float, float, float, float]:
    """The box x0, y0, x1, y1 in picture px that lies under a frame."""
    (a, b, u), (c, d, v) = invert(affine).tolist()
    w, h = size_wh
    xs, ys = (0.0, a * w, b * h, a * w + b * h), (0.0, c * w, d * h, c * w + d * h)
    return min(xs) + u, min(ys) + v, max(xs) + u, max(ys) + v
