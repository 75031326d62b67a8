"""The embedded engine: MediaPipe's selfie segmentation, shown the card's frame widened by about a third."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from ephoto.inference.litert import load

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.settings import Settings

__all__ = ["INPUT_PX", "Selfie"]

INPUT_PX = 256  # side of the network's square input (the model card's general variant)


class Selfie:
    """Person segmentation by `selfie_segmentation.tflite`: 256 x 256 RGB in 0..1 to a probability map of that size.

    The network is fully convolutional in effect but trained on one distance: it finds the person best where the
    card's frame covers about 75 % of its input. Safe to call from several threads.
    """

    name = "selfie"
    view: Literal["frame", "photo"] = "frame"

    def __init__(self, settings: Settings) -> None:
        self._net = load("selfie_segmentation", settings)

    def coarse(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The network's own map (256, 256) float32 0..1 for pixels (H, W, 3), squeezed to its input if need be."""
        size = (INPUT_PX, INPUT_PX)
        if pixels.shape[:2] != size:
            shrinks = max(pixels.shape[:2]) > INPUT_PX
            way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
            pixels = np.asarray(cv2.resize(pixels, size, interpolation=way), np.uint8)
        (out,) = self._net.look(pixels, scale=1 / 255)
        return out[0, :, :, 0]

    def person(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Person probability (H, W) float32 0..1 for pixels (H, W, 3) uint8, at the same size."""
        mask = self.coarse(pixels)
        h, w = pixels.shape[:2]
        if mask.shape == (h, w):
            return mask
        return np.asarray(cv2.resize(mask, (w, h), interpolation=cv2.INTER_LINEAR), np.float32)
