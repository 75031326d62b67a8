"""The engine `mediapipe:BUNDLE.task`: MediaPipe's FaceLandmarker on a bundle that the user has."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.errors import EnvironmentFault
from ephoto.core.geometry import apply, invert
from ephoto.core.pyramid import Pyramid
from ephoto.faces.bundle import IRIS_LEFT, IRIS_RIGHT, MESH, blendshapes_of, nonsense, points_of
from ephoto.faces.embedded import EmbeddedFaces
from ephoto.faces.landmarks import roi_of_landmarks
from ephoto.faces.pose import calibrated, pose_of
from ephoto.faces.roi import Picture
from ephoto.inference.tasks import FaceLandmarkerTask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ephoto.core.settings import Settings
    from ephoto.core.types import Face, Photo

__all__ = ["BundleFaces"]

_BLENDSHAPES = "face_blendshapes.tflite"  # a bundle is a zip; this is the member's name in MediaPipe's own
# What the bundle is shown: the face's region, this much larger, as its own detector wants to see the whole head.
_ROOM, _SHOWN_PX = 1.5, 512
_MOST_FACES = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """One face as the bundle read it: `points` (478, 3), the picture's px; `problem` where it cannot be that face."""

    points: NDArray[np.float64]
    blendshapes: Mapping[str, float] | None
    problem: str | None


class BundleFaces:
    """Faces that the embedded engine finds, with the bundle's landmarks, irises and blendshapes.

    The embedded engine says where faces are, at any size and turn, and what is compared with: each is shown to the
    bundle upright, in a square of its own, and a bundle whose points cannot be that face is refused. Faces that the
    bundle does not see are left out. Safe to call from several threads, which wait for each other.

    Raises
    ------
    EnvironmentFault
        "extra_missing", "extra_version"; "weights_unfit" where the file is no bundle; "bundle_nonsense" at the first
        face that it reads wrongly.
    """

    def __init__(self, path: str, settings: Settings) -> None:
        self._path = Path(path).expanduser()
        self.name = f"mediapipe:{self._path.name}"
        self._own = EmbeddedFaces(settings)
        self._task = FaceLandmarkerTask(self._path, _MOST_FACES, blendshapes=_has_blendshapes(self._path))

    def find(self, photo: Photo) -> tuple[Face, ...]:
        """Every confirmed face, largest first; an empty tuple if there is none."""
        picture = Picture(photo.pyramid)
        faces = []
        for own in self._own.find(photo):
            reading = self._read(picture, own.landmarks)
            if reading is None:
                continue
            if reading.problem is not None:
                raise EnvironmentFault("bundle_nonsense", file=str(self._path), problem=reading.problem)
            faces.append(_face(own, reading, photo))
        return tuple(faces)

    def follow(self, pixels: NDArray[np.uint8], guess: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Landmarks (468, 2) on pixels (H, W, 3) of a face that is about at `guess` (468, 2); None if it is not."""
        reading = self._read(Picture(Pyramid(pixels)), guess)
        if reading is None or reading.problem is not None:
            return None
        return reading.points[:MESH, :2].astype(np.float32)

    def _read(self, picture: Picture, known: NDArray[np.float32]) -> _Reading | None:
        """The bundle's reading of the face with these landmarks (468, 2); None if it sees no face there."""
        roi = roi_of_landmarks(known)
        roi = replace(roi, size_px=_ROOM * roi.size_px)
        to_shown = roi.to_net(_SHOWN_PX)
        found = self._task.find(picture.crop(to_shown, _SHOWN_PX))
        try:
            seen = [points_of(one, (_SHOWN_PX, _SHOWN_PX)) for one in found.face_landmarks]
        except ValueError as error:
            raise EnvironmentFault("bundle_nonsense", file=str(self._path), problem=str(error)) from error
        if not seen:
            return None
        at = apply(to_shown, known)
        nearest = int(np.argmin([np.hypot(*(one[:MESH, :2] - at).T).mean() for one in seen]))
        points = seen[nearest]
        placed = np.column_stack([apply(invert(to_shown), points[:, :2]), points[:, 2] * (roi.size_px / _SHOWN_PX)])
        shapes = blendshapes_of(found.face_blendshapes[nearest]) if found.face_blendshapes else None
        return _Reading(placed, shapes, nonsense(points, at))


def _face(own: Face, reading: _Reading, photo: Photo) -> Face:
    """The embedded engine's face with the bundle's reading of it."""
    points = reading.points.astype(np.float32)
    mesh = points[:MESH, :2]
    return replace(
        own,
        landmarks=mesh,
        irises=np.stack([points[IRIS_RIGHT, :2], points[IRIS_LEFT, :2]]),
        depth=points[:MESH, 2],
        pose=calibrated(pose_of(mesh, photo.size_wh, photo.source.focal_35mm)),
        blendshapes=reading.blendshapes,
    )


def _has_blendshapes(path: Path) -> bool:
    if not path.is_file():
        raise EnvironmentFault("weights_unfit", file=str(path), problem="there is no such file")
    try:
        with zipfile.ZipFile(path) as bundle:
            return _BLENDSHAPES in bundle.namelist()
    except zipfile.BadZipFile as error:
        raise EnvironmentFault("weights_unfit", file=str(path), problem="it is no bundle of MediaPipe's") from error
