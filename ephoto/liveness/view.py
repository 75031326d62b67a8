"""The face at one size, upright: near and far look alike to whatever is measured on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.face import CHIN, EAR_LEFT, EAR_RIGHT, EYE_LEFT, EYE_RIGHT
from ephoto.core.geometry import apply, similarity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.pyramid import Pyramid

__all__ = ["FACE_PX", "SIZE_WH", "View", "face_affine", "look_at"]

SIZE_WH = (128, 152)
FACE_PX = 100.0  # the face's width from ear to ear
_MIDDLE = (64.0, 84.0)  # of eyes and chin
# From the eyes to the chin over the face's width, so that a turned head, which is narrower, keeps its size.
_WIDTHS_PER_LENGTH = 1.25


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A face seen at FACE_PX px: `grey` (H, W) uint8; `points` (468, 2) its landmarks there; `affine` photo to view."""

    grey: NDArray[np.uint8]
    points: NDArray[np.float64]
    affine: NDArray[np.float64]


def face_affine(landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """The similarity (2, 3) from photo px to the view's, level with the eyes."""
    points = landmarks.astype(np.float64)
    right, left = points[list(EYE_RIGHT)].mean(0), points[list(EYE_LEFT)].mean(0)
    eyes, chin = (right + left) / 2, points[CHIN]
    dx, dy = left - right
    width = float(np.hypot(*(points[EAR_LEFT] - points[EAR_RIGHT])))
    size = max(width, _WIDTHS_PER_LENGTH * float(np.hypot(*(chin - eyes))), 1.0)
    turn_deg = -float(np.degrees(np.arctan2(dy, dx)))
    return similarity(FACE_PX / size, turn_deg, (eyes + chin) / 2, np.array(_MIDDLE))


def look_at(pyramid: Pyramid, landmarks: NDArray[np.float32]) -> View:
    """The view of a face with landmarks (468, 2)."""
    affine = face_affine(landmarks)
    grey = cv2.cvtColor(pyramid.sample(affine, SIZE_WH), cv2.COLOR_RGB2GRAY)
    return View(np.asarray(grey, np.uint8), apply(affine, landmarks), affine)
