"""Square regions of a photo, turned any way, as the input of a net; and the way back to photo px."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from ephoto.core.geometry import similarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.pyramid import Border, Pyramid

__all__ = ["Picture", "Roi", "Sampling"]

# "exact": pixel centres at .5 and averages taken before reducing. "reference": as MediaPipe's CPU graphs sample,
# which map corner coordinates as if they were centres and skip source pixels when reducing; for comparisons.
Sampling = Literal["exact", "reference"]


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
    """A picture as the nets are shown it."""

    def __init__(self, pyramid: Pyramid, sampling: Sampling = "exact") -> None:
        self._pyramid = pyramid
        self._sampling: Sampling = sampling

    @property
    def size_wh(self) -> tuple[int, int]:
        return self._pyramid.size_wh

    def crop(self, to_net: NDArray[np.float64], net_px: int, *, border: Border = "repeat") -> NDArray[np.uint8]:
        """What lies under a net's input, (net_px, net_px, 3) uint8; `to_net` is the affine from photo px."""
        size = (net_px, net_px)
        if self._sampling == "exact":
            return self._pyramid.sample(to_net, size, border=border)
        mode = cv2.BORDER_CONSTANT if border == "black" else cv2.BORDER_REPLICATE
        return np.asarray(cv2.warpAffine(self._pyramid.pixels, to_net, size, borderMode=mode), np.uint8)
