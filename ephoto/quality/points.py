"""Points of the face by their numbers in MediaPipe's 468-point mesh, and the lengths that measures are taken in.

OFIQ measures on 98 other points (WFLW); the pairs are those that lie nearest.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.face import CHIN, EAR_LEFT, EAR_RIGHT, EYE_LEFT, EYE_RIGHT

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BARE_SKIN",
    "BROWS",
    "CHEEKS",
    "FOREHEAD_LEFT",
    "FOREHEAD_RIGHT",
    "INNER_LIPS",
    "JAW",
    "LIDS_LEFT",
    "LIDS_RIGHT",
    "MOUTH_CORNERS",
    "OPENING_LEFT",
    "OPENING_RIGHT",
    "OVER_LID_LEFT",
    "OVER_LID_RIGHT",
    "UNDER_EYE_LEFT",
    "UNDER_EYE_RIGHT",
    "beside",
    "eye_corners_mid",
    "eye_to_chin",
    "length",
]

# Upper and lower lid in three places of each eye, the subject's own right and left.
LIDS_RIGHT = ((160, 144), (159, 145), (158, 153))
LIDS_LEFT = ((385, 380), (386, 374), (387, 373))
# The rim of each eye's opening, all round, from the outer corner over the upper lid.
OPENING_RIGHT = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
OPENING_LEFT = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
INNER_LIPS = ((81, 178), (13, 14), (311, 402))
CHEEKS = ((50, 205), (280, 425))  # the middle of each cheek, the subject's right and left
MOUTH_CORNERS = (61, 291)  # the subject's right and left
JAW = (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)  # upper edges

BARE_SKIN = (205, 425, 36, 266, 50, 280, 4, 5, 199, 200)  # cheeks, nose and chin: no glasses or hair reach there
FOREHEAD_RIGHT, FOREHEAD_LEFT = (151, 108, 69, 104, 9), (151, 337, 299, 333, 9)  # just above the brows
OVER_LID_RIGHT = (113, 225, 224, 223, 222, 221, 189)  # between brow and lid
OVER_LID_LEFT = (342, 445, 444, 443, 442, 441, 413)
UNDER_EYE_RIGHT, UNDER_EYE_LEFT = (119, 118, 101, 120, 230, 229), (348, 347, 330, 349, 450, 449)  # inside any lens


def eye_corners_mid(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """The middle between both corners of each eye (2, 2): the subject's right, then left. OFIQ's eye centre."""
    a, b, c, d = landmarks[[*EYE_RIGHT, *EYE_LEFT]].astype(np.float64)
    return np.array([(a + b) / 2, (c + d) / 2])


def eye_to_chin(landmarks: NDArray[np.floating]) -> float:
    """T of ISO/IEC 29794-5, px: from the middle between both eyes to the chin."""
    return math.dist(landmarks[CHIN].tolist(), eye_corners_mid(landmarks).mean(0).tolist())


def beside(
    landmarks: NDArray[np.floating], ends: NDArray[np.floating], steps: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Places (2 n, 2) beside a face: from a point at its right and one at its left side, `ends` (2, 2), by each of the
    `steps` (n, 2), outwards and down in face widths; those at the right first.
    """
    right, left = landmarks[[EAR_RIGHT, EAR_LEFT]].astype(np.float64)
    width = float(np.hypot(*(left - right)))
    across = (left - right) / max(width, 1e-6)
    out = np.array([-1.0, 1.0])[:, None, None] * across
    down = np.array([-across[1], across[0]])
    places = ends[:, None] + width * (steps[:, :1] * out + steps[:, 1:] * down)
    return np.asarray(places.reshape(-1, 2))


def length(landmarks: NDArray[np.floating], one: int, other: int) -> float:
    """px from one point to another."""
    return math.dist(landmarks[one].tolist(), landmarks[other].tolist())
