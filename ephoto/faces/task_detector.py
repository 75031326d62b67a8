"""The engine `mediapipe` without a bundle: MediaPipe's FaceDetector finds the faces, the embedded nets read them."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.geometry import apply, invert
from ephoto.faces.detect import FULL_RANGE, MIN_SCORE, SAME_FACE_IOU, SHORT_RANGE, TOUCHING_IOU, Detection, overlaps
from ephoto.faces.embedded import EmbeddedFaces
from ephoto.inference import weights
from ephoto.inference.tasks import FaceDetectorTask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.settings import Settings
    from ephoto.core.types import Face, Photo
    from ephoto.faces.detect import Layout
    from ephoto.faces.roi import Picture, Roi

__all__ = ["TaskDetector", "TaskFaces"]

# The Task gives boxes in whole px, so it is shown more of them than its net takes.
_SHOWN_PX = 512


class TaskFaces:
    """The embedded engine's search, landmarks and irises on what MediaPipe's own FaceDetector finds.

    `Face.found_by.detector` is the attempt's name after "mediapipe_". Safe to call from several threads.

    Raises
    ------
    EnvironmentFault
        "extra_missing", "extra_version"; "model_missing", "model_corrupt".
    """

    name = "mediapipe"

    def __init__(self, settings: Settings) -> None:
        detectors = {layout.name: TaskDetector(layout, settings) for layout in (SHORT_RANGE, FULL_RANGE)}
        self._own = EmbeddedFaces(settings, detectors=detectors)

    def find(self, photo: Photo) -> tuple[Face, ...]:
        """Every confirmed face, largest first; an empty tuple if there is none."""
        return tuple(
            replace(f, found_by=replace(f.found_by, detector=f"mediapipe_{f.found_by.detector}"))
            for f in self._own.find(photo)
        )

    def follow(self, pixels: NDArray[np.uint8], guess: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """As the embedded engine's."""
        return self._own.follow(pixels, guess)


class TaskDetector:
    """A detect.Finder on MediaPipe's FaceDetector with one of the embedded files."""

    def __init__(self, layout: Layout, settings: Settings) -> None:
        self._path = weights.find(layout.model, settings)
        self._lock = threading.Lock()
        self._tasks = {MIN_SCORE: FaceDetectorTask(self._path, MIN_SCORE, SAME_FACE_IOU)}

    def find(
        self, picture: Picture, roi: Roi, *, min_score: float = MIN_SCORE, faint_from: float | None = None
    ) -> list[Detection]:
        """As `Detector.find`: faces in a region of a picture, best first, and faint ones beside them if asked for."""
        to_shown = roi.to_net(_SHOWN_PX)
        pixels = picture.crop(to_shown, _SHOWN_PX, border="black")
        seen = sorted(self._task(min_score).find(pixels), key=lambda one: -one[2])
        if faint_from is not None and seen:
            known = np.stack([box for box, _, _ in seen])
            more = self._task(faint_from).find(pixels)
            seen += [one for one in more if overlaps(one[0], known).max() <= TOUCHING_IOU]
        back = invert(to_shown)
        faces = []
        for box, points, score in seen:
            corners = apply(back, box.reshape(2, 2))
            faces.append(Detection(np.concatenate([corners.min(0), corners.max(0)]), apply(back, points), score))
        return faces

    def _task(self, min_score: float) -> FaceDetectorTask:
        """A Task has one threshold, so there is one for each that was asked for."""
        with self._lock:
            if min_score not in self._tasks:
                self._tasks[min_score] = FaceDetectorTask(self._path, min_score, SAME_FACE_IOU)
            return self._tasks[min_score]
