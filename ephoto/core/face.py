"""Lengths measured on a face: MediaPipe's point numbers by their names in the field, and a head's geometry.

Point numbers follow the canonical face mesh of MediaPipe (Apache-2.0); sides are the subject's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.types import Face

__all__ = [
    "CHIN",
    "EAR_LEFT",
    "EAR_RIGHT",
    "EYE_LEFT",
    "EYE_RIGHT",
    "Head",
    "eye_centres",
    "head_from",
    "head_of",
]

EYE_RIGHT, EYE_LEFT = (33, 133), (362, 263)  # eye corners
EAR_RIGHT, EAR_LEFT = 234, 454  # where the cheek meets the ear
CHIN = 152

# The mesh's ear points lie inside the line where cheek and ear meet: by 0.7 % of the face width on bald rendered heads
# and by 3 % under short hair, while on real photos the mesh is taken for the instrument itself. The first factor is
# nearer to the latter; the second is for ears that hair or a scarf hides on both sides, where renders ask 2.5 % more.
FACE_WIDTH_PER_MESH = 1.006
HIDDEN_EARS = 1.025
# An iris further than this from the middle between its eye's corners, in eye widths, was not seen: dark or glaring
# lenses. A gaze of 20 degrees to the side moves it by 0.15.
IRIS_REACH = 0.22
IRIS_SQUINT = 0.12  # both irises move together: offsets that differ by more were not both seen
HEAD_PER_FACE_WIDTH = 1.08  # ear to ear over cheek to cheek: the house's own estimate for ISO head breadth
CROWN_PER_CHIN = 1.0  # eye line to skull top over eye line to chin: the eye line halves the skull height


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A head measured along its own axes, photo px.

    `eye_mid` (2,) is the point between both eye centres; `across` and `down` (2,) are unit vectors along the
    eye line (to the image right) and to the chin; `roll_deg` is the angle of the eye line (> 0: the crown
    leans to the image left). `left_px` and `right_px` are distances from the eye midpoint to the cheek-ear
    line on the image left and right, so that face_width_px is their sum. The other lengths run along `down`
    from the eye line: `chin_px` downwards, `crown_px` (the skull's top, estimated) upwards.
    """

    eye_mid: NDArray[np.float64]
    across: NDArray[np.float64]
    down: NDArray[np.float64]
    roll_deg: float
    ied_px: float
    left_px: float
    right_px: float
    chin_px: float
    crown_px: float

    @property
    def face_width_px(self) -> float:
        return self.left_px + self.right_px

    def wider(self, factor: float) -> Head:
        """The same head with its face wider by a factor, evenly to both sides."""
        more = (factor - 1) * self.face_width_px / 2
        return replace(self, left_px=self.left_px + more, right_px=self.right_px + more)

    @property
    def head_width_px(self) -> float:
        return self.face_width_px * HEAD_PER_FACE_WIDTH


def head_of(face: Face) -> Head:
    """Measure the head that a face belongs to, from its landmarks and irises alone."""
    return head_from(face.landmarks, *eye_centres(face))


def eye_centres(face: Face) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The subject's own right and left eye centre (2,): the irises, or the middle between the corners of both eyes
    where an iris cannot have been seen.
    """
    corners = face.landmarks[[EYE_RIGHT, EYE_LEFT]]  # (2 eyes, 2 corners, 2)
    middles = corners.mean(1)
    widths = np.hypot(*(corners[:, 1] - corners[:, 0]).T)
    irises = face.irises[:, 0]
    offsets = (irises - middles) / max(float(widths.mean()), 1e-6)
    away = np.hypot(*offsets.T).max()
    squint = np.hypot(*(offsets[1] - offsets[0]))
    right, left = irises if away <= IRIS_REACH and squint <= IRIS_SQUINT else middles
    return right, left


def head_from(landmarks: NDArray[np.float32], right_eye: NDArray[np.float32], left_eye: NDArray[np.float32]) -> Head:
    """Measure a head from landmarks (468, 2) and the subject's own right and left eye centres (2,)."""
    right, left = right_eye.astype(np.float64), left_eye.astype(np.float64)
    axis = left - right
    ied = float(np.hypot(*axis))
    across = axis / max(ied, 1e-6)
    down = np.array([-across[1], across[0]])
    mid = (left + right) / 2
    points = landmarks[[CHIN, EAR_RIGHT, EAR_LEFT]].astype(np.float64) - mid
    chin = float(points[0] @ down)
    bare = Head(
        eye_mid=mid,
        across=across,
        down=down,
        roll_deg=float(np.degrees(np.arctan2(-across[1], across[0]))),
        ied_px=ied,
        left_px=-float(points[1] @ across),
        right_px=float(points[2] @ across),
        chin_px=chin,
        crown_px=chin * CROWN_PER_CHIN,
    )
    return bare.wider(FACE_WIDTH_PER_MESH)
