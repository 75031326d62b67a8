"""Face boxes: the two BlazeFace nets, their anchors, box decoding and blended suppression.

Shapes and thresholds are those of MediaPipe's face detection graphs (Apache-2.0), the nets' own training set-up:
anchors at the centres of feature map cells, boxes and six key points as offsets in input px, results blended by
score (BlazeFace, arXiv:1907.05047, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ephoto.core.geometry import apply, invert

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.faces.roi import Picture, Roi
    from ephoto.inference.litert import Net

Found = tuple["NDArray[np.float64]", "NDArray[np.float64]", float]  # box (4,), key points (6, 2), score

__all__ = [
    "FULL_RANGE",
    "MIN_SCORE",
    "SAME_FACE_IOU",
    "SHORT_RANGE",
    "TOUCHING_IOU",
    "Detection",
    "Detector",
    "Finder",
    "Layout",
    "anchors",
    "blend",
    "decode",
    "overlaps",
]

MIN_SCORE = 0.5  # of a detection, as MediaPipe's solutions default
SAME_FACE_IOU = 0.3  # boxes that overlap the best one by more are the same face
TOUCHING_IOU = 0.1  # of two faces side by side, at the most
_SCORE_CLIP = 100.0  # logits beyond it overflow the exponential in single precision


@dataclass(frozen=True, slots=True)
class Layout:
    """How a detector's outputs lie: `cells` are (stride px, anchors a cell) for each feature map."""

    name: str
    model: str
    input_px: int
    cells: tuple[tuple[int, int], ...]


SHORT_RANGE = Layout("short_range", "face_detection_short_range", 128, ((8, 2), (16, 6)))
FULL_RANGE = Layout("full_range", "face_detection_full_range_sparse", 192, ((4, 1),))


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face's box in photo px (may leave the photo), its score 0..1 and its six key points.

    `keypoints` (6, 2): right eye, left eye, nose tip, mouth centre, right and left ear, the subject's own.
    `box` (4,) is x0, y0, x1, y1 along the photo's axes.
    """

    box: NDArray[np.float64]
    keypoints: NDArray[np.float64]
    score: float

    @property
    def centre(self) -> NDArray[np.float64]:
        return np.asarray((self.box[:2] + self.box[2:]) / 2)

    @property
    def size_px(self) -> float:
        """The longer side."""
        return float((self.box[2:] - self.box[:2]).max())


def anchors(layout: Layout) -> NDArray[np.float32]:
    """Anchor centres (N, 2) in input px, row by row, the anchors of a cell one after the other."""
    parts = []
    for stride, per_cell in layout.cells:
        line = (np.arange(layout.input_px // stride, dtype=np.float32) + 0.5) * stride
        grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
        parts.append(np.repeat(grid, per_cell, axis=0))
    return np.concatenate(parts)


def decode(
    raw: NDArray[np.float32], logits: NDArray[np.float32], centres: NDArray[np.float32], min_score: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Boxes (K, 4), key points (K, 6, 2) in input px and scores (K,) of the anchors that reach `min_score`.

    `raw` (N, 16): box centre and size, then six points; all but the size relative to the anchor.
    """
    keep = logits >= np.log(min_score / (1 - min_score))
    points = raw[keep].astype(np.float64).reshape(-1, 8, 2)
    at = centres[keep].astype(np.float64)
    centre, half = points[:, 0] + at, points[:, 1] / 2
    scores = 1 / (1 + np.exp(-np.clip(logits[keep].astype(np.float64), -_SCORE_CLIP, _SCORE_CLIP)))
    return np.concatenate([centre - half, centre + half], axis=1), points[:, 2:] + at[:, None], scores


def overlaps(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union (K,) of one box (4,) with others (K, 4); 0 where both are empty."""
    inner = np.clip(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0, None).prod(1)
    union = np.clip(box[2:] - box[:2], 0, None).prod() + np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(1) - inner
    return np.asarray(inner / np.maximum(union, 1e-12))


def blend(boxes: NDArray[np.float64], points: NDArray[np.float64], scores: NDArray[np.float64]) -> list[Found]:
    """One (box, points, score) a face, best first: what overlaps the best is averaged with it, weighted by score.

    The score stays the best one's. Averaging instead of dropping keeps boxes from jittering.
    """
    faces = []
    left = np.argsort(-scores, kind="stable")
    while len(left):
        same = overlaps(boxes[left[0]], boxes[left]) > SAME_FACE_IOU
        same[0] = True  # an empty box does not even overlap itself
        group = left[same]
        weight = scores[group] / scores[group].sum()
        faces.append((weight @ boxes[group], np.tensordot(weight, points[group], 1), float(scores[left[0]])))
        left = left[~same]
    return faces


class Finder(Protocol):
    """What finds faces in a region of a picture: the detector nets here, or another engine's."""

    def find(
        self, picture: Picture, roi: Roi, *, min_score: float = ..., faint_from: float | None = ...
    ) -> list[Detection]:
        """As `Detector.find`."""
        ...


class Detector:
    """A detector net with its anchors."""

    def __init__(self, layout: Layout, net: Net) -> None:
        self.name = layout.name
        self._net = net
        self._px = layout.input_px
        self._anchors = anchors(layout)

    def find(
        self,
        picture: Picture,
        roi: Roi,
        *,
        min_score: float = MIN_SCORE,
        faint_from: float | None = None,
    ) -> list[Detection]:
        """Faces in a region of a picture, best first, in photo px; black where the region leaves the photo.

        After them come, where `faint_from` is given, what scores between it and `min_score` beside them.
        """
        to_net = roi.to_net(self._px)
        crop = picture.crop(to_net, self._px, border="black")
        raw, logits = self._net.look(crop, scale=1 / 127.5, shift=-1.0)
        seen = blend(*decode(raw[0], logits[0, :, 0], self._anchors, min_score))
        if faint_from is not None and seen:
            seen += _beside(seen, decode(raw[0], logits[0, :, 0], self._anchors, faint_from))
        back = invert(to_net)
        return [
            Detection(_aligned(apply(back, box.reshape(2, 2))), apply(back, points), score)
            for box, points, score in seen
        ]


def _beside(
    known: list[Found], more: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
) -> list[Found]:
    """The faces among more anchors that hardly touch the known ones."""
    boxes, points, scores = more
    apart = np.max([overlaps(box, boxes) for box, _, _ in known], axis=0) <= TOUCHING_IOU
    return blend(boxes[apart], points[apart], scores[apart])


def _aligned(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """The box (4,) along the axes that spans two corners (2, 2)."""
    return np.concatenate([corners.min(0), corners.max(0)])
