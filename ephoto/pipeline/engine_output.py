"""What engines return, looked at once: another package's engine may give anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.errors import EnvironmentFault
from ephoto.core.types import Face

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.types import FaceEngine, MattingEngine, Photo

__all__ = ["faces_of", "person_of"]

_BEYOND = 1e-3  # that a mask may leave 0..1 by, as rounding does


def person_of(engine: MattingEngine, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The engine's mask (H, W) float32 0..1 of pixels (H, W, 3).

    Raises
    ------
    EnvironmentFault
        "engine_nonsense" where it is anything else.
    """
    mask = engine.person(pixels)
    if not isinstance(mask, np.ndarray):
        raise EnvironmentFault("engine_nonsense", name=engine.name, problem=f"its type is {type(mask).__name__}")
    if mask.shape != pixels.shape[:2]:
        raise EnvironmentFault("engine_nonsense", name=engine.name, problem=f"its shape is {mask.shape}")
    if mask.dtype != np.float32:
        raise EnvironmentFault("engine_nonsense", name=engine.name, problem=f"its type is {mask.dtype}")
    low, high = float(mask.min()), float(mask.max())  # NaN where any value is
    if not np.isfinite([low, high]).all():
        raise EnvironmentFault("engine_nonsense", name=engine.name, problem="it holds NaN or infinity")
    if low < -_BEYOND or high > 1 + _BEYOND:
        problem = f"its floats go from {low:.4g} to {high:.4g}"
        raise EnvironmentFault("engine_nonsense", name=engine.name, problem=problem)
    return mask


def faces_of(engine: FaceEngine, photo: Photo) -> tuple[Face, ...]:
    """The engine's faces of a photo.

    Raises
    ------
    EnvironmentFault
        "engine_nonsense" where it gives anything else than a tuple of faces, or numbers that are none. A Face of
        another shape cannot be made at all (core.types).
    """
    faces = engine.find(photo)
    if not isinstance(faces, tuple) or not all(isinstance(face, Face) for face in faces):
        raise EnvironmentFault("engine_nonsense", name=engine.name, problem=f"its type is {type(faces).__name__}")
    for face in faces:
        pose = face.pose
        single = [*face.box_xyxy, face.score, face.mesh_score, pose.yaw_deg, pose.pitch_deg, pose.roll_deg]
        if not all(np.isfinite(part).all() for part in (face.landmarks, face.irises, np.array(single))):
            raise EnvironmentFault("engine_nonsense", name=engine.name, problem="it holds NaN or infinity")
    return faces
