"""One frame looked at: where the face is, how it is turned, what its eyes and mouth do, and how well it can be seen."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.face import EAR_LEFT, EAR_RIGHT, EYE_LEFT, EYE_RIGHT
from ephoto.core.types import Photo, SourceFacts
from ephoto.faces.pose import calibrated, pose_of
from ephoto.liveness.eyes import eye_pictures
from ephoto.liveness.rules import rules
from ephoto.liveness.view import look_at
from ephoto.quality.points import INNER_LIPS, LIDS_LEFT, LIDS_RIGHT, eye_to_chin, length

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.pyramid import Pyramid
    from ephoto.core.types import Face, FaceEngine, Pose
    from ephoto.liveness.view import View

__all__ = ["FacePart", "Look", "Observer", "small"]

SMALL_PX = 160  # longer side of the whole frame as cues of its surroundings see it
_PRINT_ROWS = 4  # every so many rows make a frame's fingerprint
# Ends of lengths that a turn (the first) or a nod (the second) leaves as they are, of rigid parts of the face.
_BROW_MID, _NOSE_BASE = 9, 2


@dataclass(frozen=True, slots=True, eq=False)
class FacePart:
    """What is known of the face in one frame.

    `landmarks` (468, 2) photo px; `box` x0, y0, x1, y1 of them. `width_px` ear to ear, `length_px` from between the
    brows to the nose's base. `lids` are the right and left eye's gap over its width (the eye aspect ratio of Soukupova
    and Cech, 2016, on three pairs of points); `mouth` is the gap between the lips over the face's length from eyes to
    chin. `light` is the view's mean level, `burnt` the share of it at 250 and more.
    """

    landmarks: NDArray[np.float32]
    pose: Pose
    view: View
    eyes: NDArray[np.float32]
    box: tuple[float, float, float, float]
    width_px: float
    length_px: float
    lids: tuple[float, float]
    mouth: float
    light: float
    burnt: float


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One frame: `face` is None where none is seen; `others` are the shares of the face's area that other faces have.

    `searched` is whether the whole frame was searched for faces; only then are `others` known. `fingerprint` is equal
    for equal frames.
    """

    seconds: float
    size_wh: tuple[int, int]
    pyramid: Pyramid
    fingerprint: int
    face: FacePart | None
    searched: bool
    others: tuple[float, ...] = ()


class Observer:
    """Looks at frames with a face engine; holds nothing of them, and is safe to share between sessions and threads."""

    def __init__(self, engine: FaceEngine) -> None:
        self.engine = engine

    def look(
        self, pixels: NDArray[np.uint8], seconds: float, last: NDArray[np.float32] | None, *, search: bool
    ) -> Look:
        """Look at a frame (H, W, 3) uint8 whose face was at landmarks `last` (468, 2) in the frame before."""
        h, w = pixels.shape[:2]
        photo = Photo(pixels, SourceFacts("array", "RGB", (w, h)))
        followed = None if last is None else self.engine.follow(pixels, last)
        if followed is not None and not _sane(followed, (w, h)):
            followed = None
        faces: tuple[Face, ...] = ()
        searched = search or (followed is None and last is not None)
        if searched:
            faces = self.engine.find(photo)
            followed = _chosen(faces, followed)
        fingerprint = zlib.crc32(pixels[::_PRINT_ROWS].tobytes())
        if followed is None:
            return Look(seconds, (w, h), photo.pyramid, fingerprint, None, searched)
        part = _part(photo, followed)
        others = _others(faces, part) if searched else ()
        return Look(seconds, (w, h), photo.pyramid, fingerprint, part, searched, others)


def small(pyramid: Pyramid, longer_px: int = SMALL_PX) -> NDArray[np.uint8]:
    """The whole frame, grey, `longer_px` along its longer side, or as it is if that is less."""
    w, h = pyramid.size_wh
    scale = min(longer_px / max(w, h), 1.0)
    affine = np.array([[scale, 0.0, 0.0], [0.0, scale, 0.0]])
    size = (max(round(w * scale), 1), max(round(h * scale), 1))
    return np.asarray(cv2.cvtColor(pyramid.sample(affine, size), cv2.COLOR_RGB2GRAY), np.uint8)


def _sane(landmarks: NDArray[np.float32], size_wh: tuple[int, int]) -> bool:
    """Whether followed landmarks can be a face in the picture: large enough, and mostly inside."""
    low, high = landmarks.min(0), landmarks.max(0)
    inside = np.minimum(high, size_wh) - np.maximum(low, 0)
    return bool((inside > 0).all() and inside.prod() > 0.4 * (high - low).prod() and (high - low).min() > 8)


def _chosen(faces: tuple[Face, ...], followed: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
    """The followed face, whatever else the search found: tracks are never mixed; without one the largest found."""
    if followed is not None:
        return followed
    return faces[0].landmarks if faces else None


def _others(faces: tuple[Face, ...], part: FacePart) -> tuple[float, ...]:
    """Areas of the faces that are not this one, over its own."""
    x0, y0, x1, y1 = part.box
    own = max((x1 - x0) * (y1 - y0), 1.0)
    out = []
    for face in faces:
        a, b = face.landmarks.min(0), face.landmarks.max(0)
        inner = np.clip(np.minimum(b, (x1, y1)) - np.maximum(a, (x0, y0)), 0, None).prod()
        area = float((b - a).prod())
        if inner < rules().same_face_overlap * min(area, own):
            out.append(area / own)
    return tuple(out)


def _part(photo: Photo, landmarks: NDArray[np.float32]) -> FacePart:
    view = look_at(photo.pyramid, landmarks)
    low, high = landmarks.min(0), landmarks.max(0)
    middle = view.grey[24:136, 20:108]  # the face without most of what is beside it
    return FacePart(
        landmarks=landmarks,
        pose=calibrated(pose_of(landmarks, photo.size_wh)),
        view=view,
        eyes=eye_pictures(photo.pyramid, landmarks),
        box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        width_px=length(landmarks, EAR_RIGHT, EAR_LEFT),
        length_px=length(landmarks, _BROW_MID, _NOSE_BASE),
        lids=(_lid_ratio(landmarks, LIDS_RIGHT, EYE_RIGHT), _lid_ratio(landmarks, LIDS_LEFT, EYE_LEFT)),
        mouth=length(landmarks, *INNER_LIPS[1]) / max(eye_to_chin(landmarks), 1.0),
        light=float(middle.mean()),
        burnt=float((middle >= 250).mean()),
    )


def _lid_ratio(landmarks: NDArray[np.float32], lids: tuple[tuple[int, int], ...], corners: tuple[int, int]) -> float:
    gaps = [length(landmarks, upper, lower) for upper, lower in lids]
    return sum(gaps) / len(gaps) / max(length(landmarks, *corners), 1.0)
