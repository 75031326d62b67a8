"""Square regions of a photo, turned any way, as the input of a net; and the way back to photo px."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from ephoto.core.geometry import compose, for_opencv, similarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Border", "Picture", "Roi", "Sampling"]

# "exact": pixel centres at .5 and averages taken before reducing. "reference": as MediaPipe's CPU graphs sample,
# which map corner coordinates as if they were centres and skip source pixels when reducing; for comparisons.
Sampling = Literal["exact", "reference"]
Border = Literal["black", "repeat"]

_GROW = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])  # times 2**n: from the n-th halving to the photo


@dataclass(frozen=True, slots=True)
class Roi:
    """A square in a photo.

    `turn_deg` > 0 is turned clockwise as seen: a face that is upright in it leans to the image right.
    """

    centre: tuple[float, float]
    size_px: float
    turn_deg: float = 0.0

    def to_net(self, net_px: int) -> NDArray[np.float64]:
        """The affine (2, 3) from photo px to the px of a net's square input, in which the region is upright."""
        middle = np.array([net_px / 2, net_px / 2])
        return similarity(net_px / self.size_px, -self.turn_deg, np.array(self.centre), middle)


class Picture:
    """Pixels (H, W, 3) uint8 to cut regions from, with their halvings, each made once when it is first needed.

    Halving by two-by-two means costs a quarter of averaging to any size at once, and serves all nets. Made for one
    photo and one thread.
    """

    def __init__(self, pixels: NDArray[np.uint8], sampling: Sampling = "exact") -> None:
        self._levels = [pixels]
        self._sampling: Sampling = sampling

    @property
    def size_wh(self) -> tuple[int, int]:
        h, w = self._levels[0].shape[:2]
        return w, h

    def crop(self, to_net: NDArray[np.float64], net_px: int, *, border: Border = "repeat") -> NDArray[np.uint8]:
        """What lies under a net's input, (net_px, net_px, 3) uint8; `to_net` is the affine from photo px."""
        mode = cv2.BORDER_CONSTANT if border == "black" else cv2.BORDER_REPLICATE
        if self._sampling == "reference":
            source, affine = self._levels[0], to_net
        else:
            times = self._halvings(to_net)
            source = self._level(times)
            affine = for_opencv(compose(_GROW * 2.0**times, to_net))
        out = cv2.warpAffine(source, affine, (net_px, net_px), flags=cv2.INTER_LINEAR, borderMode=mode)
        return np.asarray(out, np.uint8)

    def _halvings(self, to_net: NDArray[np.float64]) -> int:
        """How often to halve, so that from there on a net's pixel takes one to two pixels along each axis."""
        reduce = max(1.0 / max(float(np.hypot(*to_net[:, 0])), 1e-9), 1.0)
        most = int(np.log2(max(min(self.size_wh), 1)))
        return min(int(np.log2(reduce)), most)

    def _level(self, times: int) -> NDArray[np.uint8]:
        while len(self._levels) <= times:
            last = self._levels[-1]
            h, w = last.shape[0] // 2, last.shape[1] // 2  # an odd row or column at the end is left out
            half = cv2.resize(last[: 2 * h, : 2 * w], (w, h), interpolation=cv2.INTER_AREA)
            self._levels.append(np.asarray(half, np.uint8))
        return self._levels[times]
