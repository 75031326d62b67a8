"""The engine `mediapipe`: MediaPipe's ImageSegmenter on the whole photo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from ephoto.core.errors import EnvironmentFault
from ephoto.inference import weights
from ephoto.inference.tasks import SegmenterTask

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.settings import Settings

__all__ = ["Segmenter", "person_of"]

# How many classes the segmenters have whose first class is the background: selfie with two, selfie multiclass
# (background, hair, body skin, face skin, clothes, others). General ones, DeepLab with its 21, find more than people.
_CLASSES = (2, 6)


class Segmenter:
    """Person segmentation by a .tflite of MediaPipe's: the embedded `selfie_segmentation`, or a file of one's own.

    A file by path must be one that MediaPipe publishes for people: a selfie segmenter, or selfie multiclass, whose
    person is everything but its background. Safe to call from several threads, which wait for each other.

    Raises
    ------
    EnvironmentFault
        "extra_missing", "extra_version"; "weights_unfit"; "model_missing", "model_corrupt" for the embedded file.
    """

    view: Literal["frame", "photo"] = "photo"

    def __init__(self, settings: Settings, path: str | None = None) -> None:
        self.name = "mediapipe" if path is None else f"mediapipe:{Path(path).name}"
        file = weights.find("selfie_segmentation", settings) if path is None else Path(path).expanduser()
        self._task = SegmenterTask(file)
        try:
            person_of(self._task.masks(np.zeros((64, 64, 3), np.uint8)))
        except ValueError as error:
            problem = "it finds other things than people"
            raise EnvironmentFault("weights_unfit", file=str(file), problem=problem) from error

    def person(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Person probability (H, W) float32 0..1 for pixels (H, W, 3) uint8, at the same size."""
        return person_of(self._task.masks(pixels))


def person_of(masks: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The person (H, W) out of a segmenter's masks (H, W): the only one, or all but the background, the first.

    Raises
    ------
    ValueError
        Another number of classes than a segmenter of people has.
    """
    if len(masks) == 1:
        return np.asarray(np.clip(masks[0], 0.0, 1.0))
    if len(masks) not in _CLASSES:
        raise ValueError(f"{len(masks)} classes")
    return np.asarray(np.clip(1.0 - masks[0], 0.0, 1.0))
