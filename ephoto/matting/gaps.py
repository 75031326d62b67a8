"""Gaps in the hair through which an even ground is seen.

Between curls and braids a network sees hair, and so the mask is whole there. Where the ground is known, a pixel's place
between hair and ground tells how much of it is ground: by hue before a ground that has one, since hair shines; by
brightness before a white one, and then only in dark hair, which nowhere shines as bright as the wall.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.matting.levels import Places, moved
from ephoto.matting.unmix import luma_chroma, towards

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.matting.even import EvenGround

__all__ = ["open_gaps"]


@dataclass(frozen=True, slots=True)
class _Limits:
    ground_from: float
    hair_to: float
    sieve: float
    least_contrast: float
    hole_below: float
    seen_from: float
    lit_below: float


@cache
def _limits(kind: str) -> _Limits:
    return _Limits(**tomllib.loads(files(__package__).joinpath("gaps.toml").read_text("utf-8"))[kind])


def open_gaps(
    even: EvenGround, frame: NDArray[np.uint8], alpha: NDArray[np.float32], to_frame: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Lower alpha (H, W), in place, where a frame (H, W, 3) shows the ground through the hair.

    Gives the pixels that the ground shows through or lights, as places in the flattened frame. `to_frame` (2, 3) maps
    the small picture's px to the frame's.
    """
    luma, *hue = luma_chroma(even.ground[even.clear.view(bool)].mean(axis=0)[None])[:, 0]
    strength = float(np.hypot(*hue))
    if strength >= _limits("hue").ground_from:
        lean = cv2.transform(frame, towards(np.array(hue))[None])  # below 0 it is 0
        return _opened(
            _limits("hue"), np.s_[1:], even, frame, alpha, to_frame, np.asarray(lean, np.float32) / np.float32(strength)
        )
    if luma >= _limits("white").ground_from:
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        return _opened(_limits("white"), np.s_[:1], even, frame, alpha, to_frame, np.asarray(grey, np.float32) / luma)
    return np.empty(0, np.intp)


def _opened(
    t: _Limits,
    planes: slice,
    even: EvenGround,
    frame: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    to_frame: NDArray[np.float64],
    like: NDArray[np.floating],
) -> NDArray[np.intp]:
    """The gaps by some `planes` of luma and chroma; `like` (H, W) is 1 at the ground, and sieves."""
    h, w = alpha.shape
    rim = moved(even.rim, to_frame, (w, h), nearest=True).view(bool)
    at = np.flatnonzero(rim & (like > t.sieve) & (alpha > 0))
    places = Places(at, w, to_frame)
    ground, hair = (luma_chroma(places.on(p)) for p in (even.ground, even.hair))
    seen = luma_chroma(frame.reshape(-1, 3).take(at, axis=0))[planes]
    line = (hair - ground)[planes]
    length = np.einsum("cn,cn->n", line, line)
    place = np.einsum("cn,cn->n", seen - ground[planes], line) / np.maximum(length, 1)
    differs = (length > t.least_contrast**2) & (hair[0] <= t.hair_to)
    holes = np.zeros((h, w), np.uint8)
    holes.ravel()[at[(place < t.hole_below) & differs]] = 1
    beside = cv2.dilate(holes, np.ones((5, 5), np.uint8)).ravel().take(at) > 0
    found = beside & differs & (place < np.minimum(t.seen_from, alpha.ravel().take(at)))
    alpha.ravel()[at[found]] = np.clip(place[found], 0, 1)
    touched: NDArray[np.intp] = at[found | (differs & (place < t.lit_below))]
    return touched
