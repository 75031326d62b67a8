"""Square regions of a photo, turned any way, as the input of a net; and the way back to photo px."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from ephoto.core.geometry import compose, for_opencv, similarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Border", "Roi", "crop"]

Border = Literal["black", "repeat"]


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

    def to_photo(self, net_px: int) -> NDArray[np.float64]:
        """The affine (2, 3) from the px of the net's input back to photo px."""
        middle = np.array([net_px / 2, net_px / 2])
        return similarity(self.size_px / net_px, self.turn_deg, middle, np.array(self.centre))


def crop(pixels: NDArray[np.uint8], roi: Roi, net_px: int, *, border: Border = "repeat") -> NDArray[np.uint8]:
    """What a net sees of a region: (net_px, net_px, 3) uint8 out of pixels (H, W, 3).

    Large regions are reduced by whole factors first, so that no detail turns into patterns, and bilinearly from
    there. `border` says what lies outside the photo.
    """
    reduce = roi.size_px / net_px
    source, x, y = _window(pixels, roi, margin=2 * reduce + 2)
    factor = 1
    # By four, bilinear sampling takes the middle four of sixteen px: as good for a net, and it reads a photo of any
    # size in a fraction of the time that full averages take.
    for step in (4, 4, 4, 2):
        if reduce >= step * factor and min(source.shape[:2]) >= step:
            source, factor = _reduced(source, step), factor * step
    photo_of_source = np.array([[factor, 0.0, x], [0.0, factor, y]])
    affine = for_opencv(compose(photo_of_source, roi.to_net(net_px)))
    mode = cv2.BORDER_CONSTANT if border == "black" else cv2.BORDER_REPLICATE
    out = cv2.warpAffine(source, affine, (net_px, net_px), flags=cv2.INTER_LINEAR, borderMode=mode)
    return np.asarray(out, np.uint8)


def _window(pixels: NDArray[np.uint8], roi: Roi, margin: float) -> tuple[NDArray[np.uint8], int, int]:
    """The part of the photo that a region can reach, at least one px, with the place of its corner."""
    h, w = pixels.shape[:2]
    turn = np.radians(roi.turn_deg)
    reach = roi.size_px / 2 * (abs(np.cos(turn)) + abs(np.sin(turn))) + margin
    x, y = roi.centre
    x0, x1 = (int(np.clip(v, 0, w)) for v in (x - reach, x + reach + 1))
    y0, y1 = (int(np.clip(v, 0, h)) for v in (y - reach, y + reach + 1))
    x0, y0 = min(x0, w - 1), min(y0, h - 1)
    return pixels[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)], x0, y0


def _reduced(source: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Smaller by a whole factor; what does not fill a last row or column is left out."""
    h, w = source.shape[0] // factor, source.shape[1] // factor
    whole = source[: h * factor, : w * factor]
    return np.asarray(cv2.resize(whole, (w, h), interpolation=cv2.INTER_LINEAR), np.uint8)
