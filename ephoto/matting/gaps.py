"""Gaps in the hair through which a saturated even ground is seen.

Between curls and braids a network sees hair, and so the mask is whole there. Where the ground is known and has a hue of
its own, a pixel's place between the two hues tells how much of it is ground; its brightness would not, since hair
shines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.numbers import numbers
from ephoto.matting.levels import Places, moved
from ephoto.matting.unmix import chroma, towards

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.matting.even import EvenGround

__all__ = ["open_gaps"]


@dataclass(frozen=True, slots=True)
class _Limits:
    saturated: float
    sieve: float
    least_contrast: float
    hole_below: float
    seen_from: float
    lit_below: float


def open_gaps(
    even: EvenGround, frame: NDArray[np.uint8], alpha: NDArray[np.float32], to_frame: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Lower alpha (H, W), in place, where a frame (H, W, 3) shows the ground through the hair.

    Gives the pixels that the ground shows through or lights, as places in the flattened frame. `to_frame` (2, 3) maps
    the small picture's px to the frame's.
    """
    t = numbers(_Limits, __package__, "gaps.toml")
    h, w = alpha.shape
    behind = chroma(even.ground[even.clear.view(bool)].mean(axis=0)[None])[:, 0]
    strength = float(np.hypot(*behind))
    if strength < t.saturated:
        return np.empty(0, np.intp)
    # A quick sieve: what leans to the ground's hue at all. Hair that does so itself is judged by its own.
    lean = np.asarray(cv2.transform(frame, towards(behind)[None]), np.uint8)  # below 0 it is 0
    rim = moved(even.rim, to_frame, (w, h), nearest=True)
    sieve = cv2.bitwise_and(rim, (lean > t.sieve * strength).view(np.uint8))
    at = np.flatnonzero(cv2.bitwise_and(sieve, (alpha > 0).view(np.uint8)))
    places = Places(at, w, to_frame)
    ground, hair, seen = (chroma(c) for c in (places.on(even.ground), places.on(even.hair), _taken(frame, at)))
    line = hair - ground
    length = np.einsum("cn,cn->n", line, line)
    place = np.einsum("cn,cn->n", seen - ground, line) / np.maximum(length, 1)
    differs = length > t.least_contrast**2
    holes = np.zeros((h, w), np.uint8)
    holes.ravel()[at[(place < t.hole_below) & differs]] = 1
    beside = cv2.dilate(holes, np.ones((3, 3), np.uint8)).ravel().take(at) > 0
    found = beside & differs & (place < np.minimum(t.seen_from, alpha.ravel().take(at)))
    alpha.ravel()[at[found]] = np.clip(place[found], 0, 1)
    touched: NDArray[np.intp] = at[found | (differs & (place < t.lit_below))]
    return touched


def _taken(frame: NDArray[np.uint8], at: NDArray[np.intp]) -> NDArray[np.uint8]:
    return frame.reshape(-1, 3).take(at, axis=0)
