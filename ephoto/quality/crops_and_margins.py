"""The four crop and margin components: how much picture there is around the face, in lengths of the face."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.quality.points import eye_corners_mid, eye_to_chin

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["leftward_crop", "margin_above", "margin_below", "rightward_crop"]


def leftward_crop(landmarks: NDArray[np.floating]) -> float:
    """LeftwardCropOfTheFaceImage: from the image's left side to the eye at the image right, in eye distances."""
    right, left = eye_corners_mid(landmarks)
    return float(max(right[0], left[0]) / np.hypot(*(left - right)))


def rightward_crop(landmarks: NDArray[np.floating], width_px: float) -> float:
    """RightwardCropOfTheFaceImage: from the image's right side to the eye at the image left, in eye distances."""
    right, left = eye_corners_mid(landmarks)
    return float((width_px - min(right[0], left[0])) / np.hypot(*(left - right)))


def margin_above(landmarks: NDArray[np.floating]) -> float:
    """MarginAboveOfTheFaceImage: from the upper side to the eye line, in T (eyes to chin)."""
    return float(eye_corners_mid(landmarks).mean(0)[1]) / eye_to_chin(landmarks)


def margin_below(landmarks: NDArray[np.floating], height_px: float) -> float:
    """MarginBelowOfTheFaceImage: from the eye line to the lower side, in T."""
    return (height_px - float(eye_corners_mid(landmarks).mean(0)[1])) / eye_to_chin(landmarks)
