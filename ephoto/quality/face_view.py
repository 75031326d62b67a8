"""The face and its surroundings at one size, upright: what every measure on pixels looks at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.geometry import apply, compose, for_opencv, invert, similarity
from ephoto.quality.luminance import luminance
from ephoto.quality.points import BROWS, CHEEKS, INNER_LIPS, JAW, eye_corners_mid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.pyramid import Pyramid

__all__ = ["IED_PX", "FaceView", "face_view"]

# OFIQ aligns a face to 113 px between the eyes and measures its background at 0.72 of that. One picture serves both
# here: at that smaller scale, as far to the sides and upwards as OFIQ's background goes, and down beyond the chin.
IED_PX = 81.36
SIZE_WH = (354, 330)
EYES_AT = (177.0, 196.0)
_GROUND_ALPHA = 0.1  # less of the person than this is ground


@dataclass(frozen=True, slots=True, eq=False)
class FaceView:
    """A face at IED_PX px between its eyes, level.

    `pixels` (H, W, 3) uint8, `luma` (H, W) uint8 (linear light), `points` (468, 2) the landmarks, px; `person` (H, W)
    float32, 0..1, and 1 where it is not known. Masks (H, W) uint8, not 0 where they hold: `face` (jaw and brows,
    without forehead), `right_cheek` and `left_cheek` (the subject's own, beside the nose), `ground`. `cheeks` (2, 2)
    are the middles of both cheeks, px. `scale` is view px per photo px.
    """

    pixels: NDArray[np.uint8]
    luma: NDArray[np.uint8]
    points: NDArray[np.float64]
    person: NDArray[np.float32]
    face: NDArray[np.uint8]
    right_cheek: NDArray[np.uint8]
    left_cheek: NDArray[np.uint8]
    ground: NDArray[np.uint8]
    cheeks: NDArray[np.float64]
    scale: float


def face_view(
    pyramid: Pyramid,
    landmarks: NDArray[np.floating],
    alpha: NDArray[np.float32],
    photo_to_alpha: NDArray[np.float64],
) -> FaceView:
    """The view of a face with landmarks (468, 2) in a photo.

    `alpha` (h, w), 0..1, is the person on a picture of its own; `photo_to_alpha` (2, 3) leads there. What lies outside
    that picture or the photo is no ground.
    """
    right, left = eye_corners_mid(landmarks)
    dx, dy = left - right
    ied = math.hypot(dx, dy)
    scale = IED_PX / max(ied, 1e-6)
    to_view = similarity(scale, -math.degrees(math.atan2(dy, dx)), (right + left) / 2, np.array(EYES_AT))
    pixels = pyramid.sample(to_view, SIZE_WH)
    points = apply(to_view, landmarks)
    face = np.zeros(SIZE_WH[::-1], np.uint8)
    hull = cv2.convexHull(points[[*JAW, *BROWS]].astype(np.float32))
    cv2.fillConvexPoly(face, np.rint(hull).astype(np.int32), 1)
    right_cheek, left_cheek = _cheeks(points, face)
    person = _person(alpha, compose(invert(photo_to_alpha), to_view))
    return FaceView(
        pixels=pixels,
        luma=luminance(pixels),
        points=points,
        person=person,
        face=face,
        right_cheek=right_cheek,
        left_cheek=left_cheek,
        ground=_ground(person, pyramid.size_wh, to_view),
        cheeks=points[[*CHEEKS]].mean(1),
        scale=scale,
    )


def _cheeks(points: NDArray[np.float64], face: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Squares of 0.3 eye distances beside the nose, half way down from the eyes to the mouth (OFIQ's zones)."""
    side = int(0.3 * IED_PX)
    eyes = eye_corners_mid(points)
    mouth = points[list(INNER_LIPS[1])].mean(0)
    drop = int(np.hypot(*(mouth - eyes.mean(0))) / 2)
    masks = []
    for (x, y), step in zip(np.rint(eyes).astype(int), (0, -side), strict=True):
        mask = np.zeros_like(face)
        mask[max(y + drop, 0) : y + drop + side, max(x + step, 0) : x + step + side] = 1
        masks.append(mask & face)
    return masks[0], masks[1]


def _person(alpha: NDArray[np.float32], alpha_to_view: NDArray[np.float64]) -> NDArray[np.float32]:
    # The person's own picture is three times coarser than the view, so that half the view's px hold all there is.
    half = compose(alpha_to_view, np.array([[0.5, 0.0, 0.0], [0.0, 0.5, 0.0]]))
    size = (SIZE_WH[0] // 2, SIZE_WH[1] // 2)
    out = cv2.warpAffine(
        alpha, for_opencv(half), size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=1
    )
    return np.asarray(cv2.resize(out, SIZE_WH, interpolation=cv2.INTER_LINEAR), np.float32)


def _ground(
    person: NDArray[np.float32], photo_wh: tuple[int, int], photo_to_view: NDArray[np.float64]
) -> NDArray[np.uint8]:
    ground = (person < _GROUND_ALPHA).view(np.uint8)
    w, h = photo_wh
    corners = apply(photo_to_view, np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float64))
    inside = np.zeros_like(ground)
    cv2.fillConvexPoly(inside, np.rint(corners).astype(np.int32), 1)
    chin = round(float(EYES_AT[1] + IED_PX * 1.18))  # OFIQ's background ends above the shoulders
    inside[chin:] = 0
    return ground & inside
