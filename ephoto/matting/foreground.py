"""The person's own colour where a pixel is a mixture, so that no old ground is carried into the new picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ephoto.matting.levels import four
from ephoto.matting.tuning import tuning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["local_colours"]

_LEAST_SHARE = np.float32(0.2)  # alpha below which a pixel tells too little of F to be divided by


def local_colours(
    frame: NDArray[np.uint8], alpha: NDArray[np.float32], face_width_px: float, known: NDArray[np.float32] | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The person's and the ground's mean colour about each pixel of a small picture, both (h, w, 4), 0..255.

    A pixel is I = alpha F + (1 - alpha) B. B is a mean over the neighbourhood, weighted to pixels that are nearly all
    ground; F a mean of (I - (1 - alpha) B) / alpha, weighted to those that are nearly all person.

    Parameters
    ----------
    frame : (h, w, 3) uint8
    alpha : (h, w) float32, 0..1
    face_width_px : float
        Width of the face, px; about 50, which is what makes wide neighbourhoods cheap.
    known : (h, w, 4) float32, optional
        The ground's colour, where it is known already.
    """
    radius = max(1, round(tuning().colour_radius * face_width_px))
    pixels, clear = [plane.astype(np.float32) for plane in cv2.split(frame)], 1 - alpha
    ground = _local_mean(pixels, clear**2 * clear, radius) if known is None else cv2.split(known)[:3]
    share = np.maximum(alpha, _LEAST_SHARE)
    person = [np.clip((i - clear * b) / share, 0, 255) for i, b in zip(pixels, ground, strict=True)]
    return four(cv2.merge(_local_mean(person, alpha**2 * alpha, radius))), (
        four(cv2.merge(ground)) if known is None else known
    )


def _local_mean(planes: Sequence[NDArray[Any]], weight: NDArray[np.float32], radius: int) -> list[NDArray[np.float32]]:
    """Each plane (h, w) averaged over (2 radius + 1)^2 px, each pixel with its weight (h, w)."""
    ksize = (2 * radius + 1, 2 * radius + 1)
    weights = np.asarray(np.maximum(cv2.boxFilter(weight, -1, ksize), 1e-8), np.float32)
    return [np.asarray(cv2.boxFilter(plane * weight, -1, ksize), np.float32) / weights for plane in planes]
