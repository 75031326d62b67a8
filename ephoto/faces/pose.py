"""Head pose: a canonical face fitted to landmarks by perspective, in degrees with the signs of core.types.Pose."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.face import CHIN, EYE_LEFT, EYE_RIGHT
from ephoto.core.types import Pose

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["angles", "calibrated", "camera_matrix", "canonical", "pose_of"]

_DIAGONAL_35MM = 43.27  # mm, of the 24 x 36 frame that EXIF's equivalent focal length speaks of
_LIPS = (13, 14)  # middle of the inner lips, upper and lower


@dataclass(frozen=True, slots=True, eq=False)
class Canonical:
    """`numbers` (N,) of mesh points and their `places` (N, 3) in cm along camera axes: x right, y down, z away."""

    numbers: NDArray[np.intp]
    places: NDArray[np.float64]
    is_jaw: NDArray[np.bool_]
    mouth_open: float
    focal_share: float
    zero_pitch_deg: float
    pitch_gain: float


@cache
def canonical() -> Canonical:
    """The values of pose.toml, turned from the mesh's own axes (y up, z to the camera) into the camera's."""
    table = tomllib.loads(files(__package__).joinpath("pose.toml").read_text("utf-8"))
    at: dict[int, list[float]] = {int(n): xyz for n, xyz in table["middle"].items()}
    for pair, (x, y, z) in table["pairs"].items():
        right, left = (int(n) for n in pair.split("-"))
        at[right], at[left] = [x, y, z], [-x, y, z]
    places = np.array(list(at.values())) * [1.0, -1.0, -1.0]
    numbers = np.array(list(at), np.intp)
    return Canonical(
        numbers,
        places,
        np.isin(numbers, table["jaw"]),
        table["mouth_open"],
        table["focal_share"],
        table["zero_pitch_deg"],
        table["pitch_gain"],
    )


def camera_matrix(size_wh: tuple[int, int], focal_35mm: float | None = None) -> NDArray[np.float64]:
    """The camera (3, 3), px: its axis goes through the middle of the whole picture, which must not be a crop."""
    w, h = size_wh
    f = canonical().focal_share * max(w, h) if not focal_35mm else focal_35mm / _DIAGONAL_35MM * float(np.hypot(w, h))
    return np.array([[f, 0.0, w / 2], [0.0, f, h / 2], [0.0, 0.0, 1.0]])


def angles(rotation: NDArray[np.float64]) -> Pose:
    """The pose of a rotation (3, 3) in camera axes: roll about the face's own axis, then yaw, then pitch.

    The order in which the reference software of ISO/IEC 29794-5 (OFIQ) reads its angles.
    """
    r = rotation
    return Pose(
        yaw_deg=float(np.degrees(np.arcsin(np.clip(-r[0, 2], -1.0, 1.0)))),
        pitch_deg=float(np.degrees(np.arctan2(-r[1, 2], r[2, 2]))),
        roll_deg=float(np.degrees(np.arctan2(r[0, 1], r[0, 0]))),
    )


def pose_of(landmarks: NDArray[np.floating], size_wh: tuple[int, int], focal_35mm: float | None = None) -> Pose:
    """The pose of landmarks (468, 2), px, in a whole picture of `size_wh`.

    SQPNP (ECCV 2020) finds the global optimum for any pose; Levenberg-Marquardt then refines it on the
    reprojection error itself.
    """
    model = canonical()
    used = ~model.is_jaw if _mouth_is_open(landmarks, model.mouth_open) else np.ones_like(model.is_jaw)
    places = np.ascontiguousarray(model.places[used])
    seen = np.ascontiguousarray(landmarks[model.numbers[used]], np.float64)
    camera = camera_matrix(size_wh, focal_35mm)
    _, turn, shift = cv2.solvePnP(places, seen, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    turn, _ = cv2.solvePnPRefineLM(places, seen, camera, None, turn, shift)
    return angles(np.asarray(cv2.Rodrigues(turn)[0], np.float64))


def calibrated(pose: Pose) -> Pose:
    """The pose with its zero where heads look straight ahead, and nods as large as they are; see pose.toml."""
    model = canonical()
    return Pose(pose.yaw_deg, (pose.pitch_deg - model.zero_pitch_deg) / model.pitch_gain, pose.roll_deg)


def _mouth_is_open(landmarks: NDArray[np.floating], share: float) -> bool:
    eyes = landmarks[[*EYE_RIGHT, *EYE_LEFT]].mean(0)
    gap = np.hypot(*(landmarks[_LIPS[1]] - landmarks[_LIPS[0]]))
    return bool(gap > share * np.hypot(*(landmarks[CHIN] - eyes)))
