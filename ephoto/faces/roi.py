"""Square regions of a photo, turned any way, as the input of a net; and the way back to photo px."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from ephoto.core.geometry import apply, compose, for_opencv, invert, similarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Border", "Roi", "Sampling", "crop"]

# "exact": pixel centres at .5 and areas averaged before reducing. "reference": as MediaPipe's CPU graphs sample,
# which map corner coordinates as if they were centres and skip source pixels when reducing; for comparisons.
Sampling = Literal["exact", "reference"]
Border = Literal["black", "repeat"]

# Reducing by less than this, bilinear interpolation (2 px wide) misses no source pixel and needs no averaging.
_REDUCE_BELOW = 0.6


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


def crop(
    pixels: NDArray[np.uint8],
    to_net: NDArray[np.float64],
    net_px: int,
    *,
    border: Border = "repeat",
    sampling: Sampling = "exact",
) -> NDArray[np.uint8]:
    """Pixels (H, W, 3) seen through `to_net`, as (net_px, net_px, 3) uint8; linear interpolation."""
    if sampling == "reference":
        return _warp(pixels, to_net, net_px, border)
    scale = float(np.hypot(*to_net[:, 0]))
    if scale < _REDUCE_BELOW:
        pixels, to_net = _reduced(pixels, to_net, net_px, scale)
    return _warp(pixels, for_opencv(to_net), net_px, border)


def _warp(pixels: NDArray[np.uint8], affine: NDArray[np.float64], net_px: int, border: Border) -> NDArray[np.uint8]:
    mode = cv2.BORDER_CONSTANT if border == "black" else cv2.BORDER_REPLICATE
    out = cv2.warpAffine(pixels, affine, (net_px, net_px), flags=cv2.INTER_LINEAR, borderMode=mode)
    return np.asarray(out, np.uint8)


def _reduced(
    pixels: NDArray[np.uint8], to_net: NDArray[np.float64], net_px: int, scale: float
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The part of the photo under the net, averaged over areas to about the net's scale."""
    h, w = pixels.shape[:2]
    corners = apply(invert(to_net), np.array([[0, 0], [net_px, 0], [0, net_px], [net_px, net_px]], np.float64))
    low = np.clip(np.floor(corners.min(0)) - 2, 0, [w - 1, h - 1]).astype(int)
    high = np.clip(np.ceil(corners.max(0)) + 2, low + 1, [w, h]).astype(int)
    wh = np.maximum(np.round((high - low) * scale), 1).astype(int)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    small = cv2.resize(part, (int(wh[0]), int(wh[1])), interpolation=cv2.INTER_AREA)
    per = (high - low) / wh
    back = np.array([[per[0], 0.0, low[0]], [0.0, per[1], low[1]]])
    return np.asarray(small, np.uint8), compose(back, to_net)
