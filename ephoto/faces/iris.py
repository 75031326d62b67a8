"""Irises: one invoke an eye, on a region around the eye's corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.face import EYE_LEFT, EYE_RIGHT
from ephoto.core.geometry import apply, invert
from ephoto.faces.roi import Picture, Roi

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.inference.litert import Net

__all__ = ["MODEL", "IrisNet", "roi_of_eye"]

MODEL = "iris_landmark"
_MARGIN = 2.3  # side of the region over the distance of the eye's corners, as in MediaPipe's graph


def roi_of_eye(first: NDArray[np.floating], second: NDArray[np.floating]) -> Roi:
    """The region around an eye with its corners (2,) at the image left and the image right, level with them."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    x, y = b - a
    cx, cy = (a + b) / 2
    # As in MediaPipe's graph the side follows the longer side of the corners' box along the photo's axes, but
    # there the eye is nearly level; the distance itself does not change with the head's roll.
    return Roi((float(cx), float(cy)), _MARGIN * max(float(np.hypot(x, y)), 1.0), float(np.degrees(np.arctan2(y, x))))


class IrisNet:
    """The iris net. It was trained on eyes at the image left, so the other eye is shown to it mirrored."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._px = net.input_shape[1]

    def find(self, picture: Picture, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Irises (2, 5, 2) float32 of landmarks (468, 2): right, left (the subject's own), centre first, photo px."""
        right = self._eye(picture, roi_of_eye(*landmarks[list(EYE_RIGHT)]), mirrored=False)
        left = self._eye(picture, roi_of_eye(*landmarks[list(EYE_LEFT)]), mirrored=True)
        return np.stack([right, left])

    def _eye(self, picture: Picture, roi: Roi, *, mirrored: bool) -> NDArray[np.float32]:
        to_net = roi.to_net(self._px)
        seen = picture.crop(to_net, self._px)
        # Mirrored after sampling: edges stay edges, so x becomes net_px - x without any half pixel.
        seen = seen[:, ::-1] if mirrored else seen
        _, iris = self._net.look(seen, scale=1 / 255)
        points = iris.reshape(5, 3)[:, :2].copy()
        if mirrored:
            points[:, 0] = self._px - points[:, 0]
        return apply(invert(to_net), points).astype(np.float32)
