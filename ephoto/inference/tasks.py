"""MediaPipe's own Tasks (the extra `mediapipe`), as far as engines need them: arrays in, plain values out.

Each Task sends every call to one thread of its own (`serial_dispatcher` in the package), so that callers may share it.
"""

from __future__ import annotations

import weakref
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.core.errors import EnvironmentFault
from ephoto.inference.quiet import quiet_stderr

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["VERSION", "FaceDetectorTask", "FaceLandmarkerTask", "SegmenterTask"]

# The last release that opens no connection: from 0.10.35 on the Tasks look up a host of their maker within seconds of
# use, and there is no switch for it. tests/extras/test_network.py watches this one.
VERSION = "0.10.33"


def _vision() -> Any:
    """The package's vision Tasks.

    Raises
    ------
    EnvironmentFault
        "extra_missing"; "extra_version" where another release is installed.
    """
    try:
        found = version("mediapipe")
        if found != VERSION:
            raise EnvironmentFault("extra_version", package="mediapipe", found=found, wanted=f"mediapipe=={VERSION}")
        with quiet_stderr():
            from mediapipe.tasks.python import vision
    except (ImportError, PackageNotFoundError) as error:
        raise EnvironmentFault("extra_missing", name="mediapipe", package="mediapipe", extra="mediapipe") from error
    return vision


class _Task:
    """One Task: built from a file, warmed up, closed when it is no longer used."""

    def __init__(self, kind: str, path: Path, **options: Any) -> None:
        vision = _vision()
        from mediapipe.tasks.python.core.base_options import BaseOptions

        if not path.is_file():
            raise EnvironmentFault("weights_unfit", file=str(path), problem="there is no such file")
        task = getattr(vision, kind)
        try:
            with quiet_stderr():
                asked = getattr(vision, f"{kind}Options")(base_options=BaseOptions(str(path)), **options)
                self._task = task.create_from_options(asked)
        except (ValueError, RuntimeError, OSError) as error:
            problem = str(error).partition("\n")[0].rstrip(".")
            raise EnvironmentFault("weights_unfit", file=str(path), problem=problem) from error
        # The package closes Tasks in __del__, which fails noisily while the interpreter goes down; a finalizer
        # that stays away from the end of the process does not.
        self._task.__class__ = type(kind, (task,), {"__del__": lambda self: None})
        weakref.finalize(self, self._task.close).atexit = False
        with quiet_stderr():  # the runtime speaks once more at its first use
            self._run(np.zeros((64, 64, 3), np.uint8))

    def _run(self, pixels: NDArray[np.uint8]) -> Any:
        raise NotImplementedError


def _image(pixels: NDArray[np.uint8]) -> Any:
    from mediapipe.tasks.python.vision.core.image import Image, ImageFormat

    return Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(pixels))


class SegmenterTask(_Task):
    """ImageSegmenter with confidence masks."""

    def __init__(self, path: Path) -> None:
        super().__init__("ImageSegmenter", path, output_confidence_masks=True)

    def masks(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """One mask (H, W) float32 a class for pixels (H, W, 3), as copies."""
        h, w = pixels.shape[:2]
        found = self._run(pixels).confidence_masks or []
        return [np.array(mask.numpy_view(), np.float32).reshape(h, w) for mask in found]

    def _run(self, pixels: NDArray[np.uint8]) -> Any:
        return self._task.segment(_image(pixels))


class FaceDetectorTask(_Task):
    """FaceDetector; `min_score` and `same_face_iou` as in MediaPipe's graphs."""

    def __init__(self, path: Path, min_score: float, same_face_iou: float) -> None:
        super().__init__(
            "FaceDetector", path, min_detection_confidence=min_score, min_suppression_threshold=same_face_iou
        )

    def find(self, pixels: NDArray[np.uint8]) -> list[tuple[NDArray[np.float64], NDArray[np.float64], float]]:
        """A box (4,) x0, y0, x1, y1 in whole px, six points (6, 2) px and a score 0..1 for each face."""
        h, w = pixels.shape[:2]
        faces = []
        for one in self._run(pixels).detections:
            box = one.bounding_box
            corners = [box.origin_x, box.origin_y, box.origin_x + box.width, box.origin_y + box.height]
            points = np.array([[p.x * w, p.y * h] for p in one.keypoints], np.float64)
            faces.append((np.array(corners, np.float64), points, float(one.categories[0].score)))
        return faces

    def _run(self, pixels: NDArray[np.uint8]) -> Any:
        return self._task.detect(_image(pixels))


class FaceLandmarkerTask(_Task):
    """FaceLandmarker on a bundle, with blendshapes where the bundle has them."""

    def __init__(self, path: Path, most_faces: int, *, blendshapes: bool) -> None:
        super().__init__("FaceLandmarker", path, num_faces=most_faces, output_face_blendshapes=blendshapes)

    def find(self, pixels: NDArray[np.uint8]) -> Any:
        """The package's own FaceLandmarkerResult: `face_landmarks` and `face_blendshapes`, one list a face."""
        return self._run(pixels)

    def _run(self, pixels: NDArray[np.uint8]) -> Any:
        return self._task.detect(_image(pixels))
