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

__all__ = ["MODEL", "Mesh", "MeshNet", "roi_of_detection", "roi_of_landmarks"]

MODEL = "face_landmark"
COUNT = 468
_MARGIN = 1.5  # side of the region over the longer side of the box, as in MediaPipe's graphs
_RIGHT_EYE, _LEFT_EYE = 0, 1  # key points of a detection
_MOUTH_UPPER, _MOUTH_LOWER = 13, 14  # middle of the inner lips


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """What the net saw in one region.

    `points` (468, 2) float32 and `depth` (468,) float32 in photo px, smaller is nearer; `score` 0..1, the net's
    own confidence that the region shows a face; `roi` the region.
    """

    points: NDArray[np.float32]
    depth: NDArray[np.float32]
    score: float
    roi: Roi

    @property
    def upright_in(self) -> float:
        """How far the face leans against its region, degrees 0..180: the angle from forehead-chin to the vertical."""
        return _angle_between(self.points[CHIN] - self.points[FOREHEAD], self.roi.turn_deg)


def _angle_between(down: NDArray[np.floating], turn_deg: float) -> float:
    """Degrees 0..180 between a direction (2,) and "down" in a picture that is turned clockwise by `turn_deg`."""
    turn = np.radians(turn_deg)
    axis = np.array([-np.sin(turn), np.cos(turn)])
    cross = float(axis[0] * down[1] - axis[1] * down[0])
    return float(np.degrees(np.abs(np.arctan2(cross, float(axis @ down)))))


def roi_of_detection(found: Detection) -> Roi:
    """The region around a detection: level with its eyes, square, half as large again as the box."""
    x, y = found.keypoints[_LEFT_EYE] - found.keypoints[_RIGHT_EYE]
    cx, cy = found.centre
    return Roi((float(cx), float(cy)), _MARGIN * found.size_px, float(np.degrees(np.arctan2(y, x))))


def roi_of_landmarks(points: NDArray[np.floating]) -> Roi:
    """The region around landmarks (468, 2): level with the eye corners, square, half as large again as their box.

    The box is taken along the photo's axes, as MediaPipe's tracker takes it.
    """
    x, y = (points[EYE_LEFT[1]] - points[EYE_RIGHT[0]]).astype(np.float64)
    low, high = points.min(0).astype(np.float64), points.max(0).astype(np.float64)
    cx, cy = (low + high) / 2
    return Roi((float(cx), float(cy)), _MARGIN * float((high - low).max()), float(np.degrees(np.arctan2(y, x))))


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
            score=float(1 / (1 + np.exp(-np.clip(float(logit.ravel()[0]), -50.0, 50.0)))),
            roi=roi,
        )
