"""The pinhole camera and where things stand before it.

Camera axes: x to the image right, y down, z away from the camera; mm. A body's own frame (head frame, body
frame): x to the image right when it faces the camera, y up, z towards the camera; the head frame's origin is
the point between the eyes, on the surface of the eyes. Picture points: px, corners at whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from samples.portrait.distance import Array
    from samples.portrait.parameters import Portrait

__all__ = ["CROWN_CHIN_MM", "Camera", "Frame", "rotation", "stage"]

CROWN_CHIN_MM = 218.0  # of the default head: what `Portrait.head` is a measure of
DIAGONAL_35MM = 43.27  # mm, of the 24 x 36 frame
PIVOT = np.array([0.0, -85.0, -90.0])  # head frame: the head turns about this point of the neck
FACING = np.diag([1.0, -1.0, -1.0])  # a body's own axes to camera axes when it faces the camera
LENS_35MM = 50.0


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> NDArray[np.float64]:
    """Rotation in camera axes (3, 3): roll about the face's own axis first, then yaw, then pitch.

    The inverse is yaw = asin(-R[0, 2]), pitch = atan2(-R[1, 2], R[2, 2]), roll = atan2(R[0, 1], R[0, 0]), the
    order in which ISO/IEC 29794-5's reference software reads its angles.
    """
    (cy, cp, cr), (sy, sp, sr) = (f(np.radians([yaw_deg, pitch_deg, roll_deg])) for f in (np.cos, np.sin))
    about_z = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    return about_x @ about_y @ about_z


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Where a body stands: camera point = turn @ own point + shift."""

    turn: NDArray[np.float64]
    shift: NDArray[np.float64]

    def to_camera(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Own points (3, ...) to camera axes."""
        return np.tensordot(self.turn, points, 1) + self.shift.reshape(3, *[1] * (np.ndim(points) - 1))

    def to_own(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Camera points (3, n) to the body's own axes."""
        return self.turn.T @ (np.asarray(points) - self.shift[:, None])

    def direction(self, vector: NDArray[np.floating]) -> Array:
        """A direction (3,) in camera axes, seen from the body."""
        return (self.turn.T @ vector).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole with square pixels and its principal point at the picture's centre."""

    size_wh: tuple[int, int]
    focal_px: float

    def project(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Camera points (3, ...) to picture points (2, ...), px."""
        w, h = self.size_wh
        return np.stack([w / 2 + self.focal_px * points[0] / points[2], h / 2 + self.focal_px * points[1] / points[2]])

    def rays(self, x_px: NDArray[np.floating], y_px: NDArray[np.floating]) -> NDArray[np.float64]:
        """Directions (3, n) through picture points, scaled to z = 1."""
        w, h = self.size_wh
        return np.stack([(x_px - w / 2) / self.focal_px, (y_px - h / 2) / self.focal_px, np.ones_like(x_px)])


def stage(p: Portrait) -> tuple[Camera, Frame, Frame]:
    """The camera, the head's frame and the body's frame."""
    w, h = p.size_wh
    head_px = p.head * h
    focal = p.focal_35mm / DIAGONAL_35MM * float(np.hypot(w, h)) if p.focal_35mm else None
    depth = p.distance_mm
    if focal is None:
        focal = LENS_35MM / DIAGONAL_35MM * float(np.hypot(w, h)) if depth is None else head_px * depth / CROWN_CHIN_MM
    if depth is None:
        depth = focal * CROWN_CHIN_MM / head_px
    camera = Camera(p.size_wh, focal)
    eyes = camera.rays(np.array([p.position[0] * w]), np.array([p.position[1] * h]))[:, 0] * depth
    head = Frame(rotation(p.yaw_deg, p.pitch_deg, p.roll_deg) @ FACING, eyes)
    share = p.body_follows
    body_turn = rotation(share * p.yaw_deg, share * p.pitch_deg, share * p.roll_deg) @ FACING
    joint = head.to_camera(PIVOT)
    return camera, head, Frame(body_turn, joint - body_turn @ PIVOT)
