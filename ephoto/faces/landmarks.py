"""468 landmarks of one face: the region that the net wants, the invoke, and the points back in photo px."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.face import CHIN, EYE_LEFT, EYE_RIGHT, FOREHEAD
from ephoto.core.geometry import apply, invert
from ephoto.faces.roi import Roi, Sampling, crop

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.faces.detect import Detection
    from ephoto.inference.litert import Net

__all__ = ["MODEL", "Mesh", "MeshNet", "between", "roi_of_detection", "roi_of_landmarks"]

MODEL = "face_landmark"
COUNT = 468
_MARGIN = 1.5  # side of the region over the longer side of the box, as in MediaPipe's graphs
_RIGHT_EYE, _LEFT_EYE = 0, 1  # key points of a detection
_HANGING_DEG = 120.0  # a face that lies on its side (90) still counts as seen; one that hangs is a misread chin


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """What the net saw in one region.

    `points` (468, 2) float32 and `depth` (468,) float32 in photo px, smaller is nearer; `logit` is the net's own
    confidence that the region shows a face, as log odds; `roi` the region.
    """

    points: NDArray[np.float32]
    depth: NDArray[np.float32]
    logit: float
    roi: Roi

    @property
    def score(self) -> float:
        """The confidence as a probability, 0..1."""
        return float(1 / (1 + np.exp(-np.clip(self.logit, -50.0, 50.0))))

    @property
    def turn_deg(self) -> float:
        """The eye line's angle in the photo, degrees, > 0 clockwise as seen."""
        x, y = (self.points[EYE_LEFT[1]] - self.points[EYE_RIGHT[0]]).astype(np.float64)
        return float(np.degrees(np.arctan2(y, x)))

    def hangs_in(self, turn_deg: float) -> bool:
        """Whether the chin is clearly above the forehead in a picture turned clockwise by `turn_deg`."""
        x, y = self.points[CHIN] - self.points[FOREHEAD]
        down = np.degrees(np.arctan2(-x, y))  # 0 where the chin is straight below
        return abs(between(float(down), turn_deg)) > _HANGING_DEG


def between(a_deg: float, b_deg: float) -> float:
    """The angle a - b, -180..180."""
    return (a_deg - b_deg + 180.0) % 360.0 - 180.0


def roi_of_detection(found: Detection) -> Roi:
    """The region around a detection: level with its eyes, square, half as large again as the box."""
    x, y = found.keypoints[_LEFT_EYE] - found.keypoints[_RIGHT_EYE]
    cx, cy = found.centre
    return Roi((float(cx), float(cy)), _MARGIN * found.size_px, float(np.degrees(np.arctan2(y, x))))


def roi_of_landmarks(points: NDArray[np.floating]) -> Roi:
    """The region around landmarks (468, 2): level with the outer eye corners, half as large again as their box.

    The box is taken along the face's own axes, so that it does not grow with the head's roll.
    """
    x, y = (points[EYE_LEFT[1]] - points[EYE_RIGHT[0]]).astype(np.float64)
    turn = np.arctan2(y, x)
    c, s = np.cos(turn), np.sin(turn)
    axes = np.array([[c, s], [-s, c]])
    own = points.astype(np.float64) @ axes.T
    low, high = own.min(0), own.max(0)
    cx, cy = axes.T @ ((low + high) / 2)
    return Roi((float(cx), float(cy)), _MARGIN * float((high - low).max()), float(np.degrees(turn)))


class MeshNet:
    """The landmark net."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._px = net.input_shape[1]

    def find(self, pixels: NDArray[np.uint8], roi: Roi, *, sampling: Sampling = "exact") -> Mesh:
        """Landmarks of the face in a region of pixels (H, W, 3): one invoke."""
        to_net = roi.to_net(self._px)
        seen = crop(pixels, to_net, self._px, sampling=sampling)
        raw, logit = self._net.run(seen[None].astype(np.float32) / np.float32(255))
        points = raw.reshape(COUNT, 3)
        return Mesh(
            points=apply(invert(to_net), points[:, :2]).astype(np.float32),
            depth=(points[:, 2] * np.float32(roi.size_px / self._px)).astype(np.float32),
            logit=float(logit.ravel()[0]),
            roi=roi,
        )
