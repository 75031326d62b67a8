"""468 landmarks of one face: the region that the net wants, the invoke, and the points back in photo px."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.face import EYE_LEFT, EYE_RIGHT
from ephoto.core.geometry import apply, invert
from ephoto.faces.roi import Roi

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.faces.detect import Detection
    from ephoto.faces.roi import Picture
    from ephoto.inference.litert import Net

__all__ = ["MODEL", "Mesh", "MeshNet", "roi_of_detection", "roi_of_landmarks"]

MODEL = "face_landmark"
COUNT = 468
_MARGIN = 1.5  # side of the region over the longer side of the box, as in MediaPipe's graphs
_RIGHT_EYE, _LEFT_EYE = 0, 1  # key points of a detection

# On 31 portraits shown in four orientations the net's log odds were 15 to 35 for faces that were read the right way
# round and at most 12.1 for those read upside down; profiles and bowed heads gave 9 to 14. Below READ_LOGIT the other
# readings are tried; the right one won by more than 6 each time, and what is no face, or a blurred one of few px that
# is read upside down, stays below TURNED_LOGIT.
READ_LOGIT, TURNED_LOGIT = 16.0, 9.0
# Further from level than this the net has not seen the upright face that it was trained on, and points are off by
# 5 to 30 % of the eye distance; further looks, each along the last one's eye line, settle.
LEAN_DEG = 12.0
SIDEWAYS_DEG = 45.0  # further from upright in the detector's picture its box and eyes are rough
_SETTLED, _LOOKS = 0.02, 6  # median move of the points from look to look, as a share of the eye corners' distance


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

    def lean_deg(self, turn_deg: float) -> float:
        """How far the eye line is from level in a picture turned clockwise by `turn_deg`, degrees 0..180."""
        return abs((self.turn_deg - turn_deg + 180.0) % 360.0 - 180.0)


def roi_of_detection(found: Detection) -> Roi:
    """The region around a detection: level with its eyes, square, half as large again as the box."""
    x, y = found.keypoints[_LEFT_EYE] - found.keypoints[_RIGHT_EYE]
    cx, cy = found.centre
    return Roi((float(cx), float(cy)), _MARGIN * max(found.size_px, 1.0), float(np.degrees(np.arctan2(y, x))))


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
    return Roi((float(cx), float(cy)), _MARGIN * max(float((high - low).max()), 1.0), float(np.degrees(turn)))


class MeshNet:
    """The landmark net.

    `looks` is how often an upright face is looked at, each look along the last one's landmarks. The second costs
    one more invoke and halves the spread: the same 26 portraits shifted, scaled and encoded again, standard
    deviation as a share of the eye distance, median point 0.42 % instead of 0.73 %, chin 0.56 % instead of 1.09 %.
    """

    def __init__(self, net: Net, looks: int = 2) -> None:
        self._net = net
        self._looks = looks
        self._px = net.input_shape[1]

    def find(self, picture: Picture, roi: Roi) -> Mesh:
        """Landmarks of the face in a region of a picture: one invoke."""
        to_net = roi.to_net(self._px)
        raw, logit = self._net.look(picture.crop(to_net, self._px), scale=1 / 255)
        points = raw.reshape(COUNT, 3)
        return Mesh(
            points=apply(invert(to_net), points[:, :2]).astype(np.float32),
            depth=(points[:, 2] * np.float32(roi.size_px / self._px)).astype(np.float32),
            logit=float(logit.ravel()[0]),
            roi=roi,
        )

    def read(self, picture: Picture, roi: Roi, detected_deg: float) -> Mesh:
        """Landmarks of a face that may lie or hang in its region: one invoke if it is clearly upright.

        `detected_deg` is the clockwise turn of the picture in which it was detected. Where the net is not sure,
        the region's other three quarter turns are read as well and the most certain reading counts: in pictures
        that hang upside down, detector and landmark net both take chins for foreheads.
        """
        mesh = self.find(picture, roi)
        askew = mesh.lean_deg(roi.turn_deg) > LEAN_DEG or mesh.lean_deg(detected_deg) > SIDEWAYS_DEG
        if mesh.logit >= READ_LOGIT and not askew:
            return self._again(picture, mesh, self._looks - 1)
        others = [replace(roi, turn_deg=roi.turn_deg + quarter) for quarter in (90.0, 180.0, 270.0)]
        best = max((self.find(picture, other) for other in others), key=lambda m: m.logit)
        turned = best.logit >= max(mesh.logit, TURNED_LOGIT)
        if turned or (askew and mesh.logit >= 0):
            return self._again(picture, best if turned else mesh, _LOOKS)
        return self._again(picture, mesh, self._looks - 1) if mesh.logit >= 0 else mesh

    def _again(self, picture: Picture, mesh: Mesh, most: int) -> Mesh:
        """Up to `most` further looks, until the points stay where they are."""
        for left in reversed(range(most)):
            again = self.find(picture, roi_of_landmarks(mesh.points))
            if again.logit < 0:
                return mesh
            before, mesh = mesh, again
            if left and _moved(before.points, mesh.points) <= _SETTLED:
                break
        return mesh


def _moved(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """How far points (468, 2) moved, the median one, as a share of the distance of the eyes' outer corners."""
    unit = float(np.hypot(*(after[EYE_LEFT[1]] - after[EYE_RIGHT[0]])))
    return float(np.median(np.hypot(*(after - before).T))) / max(unit, 1e-6)
