"""How far the eyes are open, measured against the person's own open eyes.

The mesh's lids close by a third of what real lids do, and by less behind glasses. So the eyes' own pixels are compared:
an open eye, less the skin's brightness, is learnt as a pattern; how much of that pattern is left is the openness. Lids
take it away evenly, so that it follows the gap between them: within 0.1 on rendered lids.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.face import EYE_LEFT, EYE_RIGHT
from ephoto.core.geometry import similarity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ephoto.core.pyramid import Pyramid

__all__ = ["EyePattern", "Openness", "eye_pictures", "learnt", "openness"]

_WIDE, _HIGH = 36, 20  # the pattern
_SLACK = (2, 3)  # px to each side and up and down that an eye may have moved against its landmarks
_EYE_SHARE = 0.72  # of the pattern's width, between the corners
_LEAST_LEVEL = 8.0  # grey levels; below there is nothing but noise
_LEAST_CONTRAST = 0.06  # of the skin's brightness: eyes behind dark lenses have none to measure


@dataclass(frozen=True, slots=True, eq=False)
class EyePattern:
    """Both open eyes of one person, (2, 20, 36) float32: brightness over the mean, less one; right, left."""

    patterns: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Openness:
    """Of the right and the left eye: how much of the open eye is there (1: all), and its likeness (correlation)."""

    right: float
    left: float
    right_like: float
    left_like: float


def eye_pictures(pyramid: Pyramid, landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Both eyes, level, at one size, with room around, (2, 26, 40) float32 grey levels: right, left."""
    size = (_WIDE + 2 * _SLACK[0], _HIGH + 2 * _SLACK[1])
    middle = np.array(size) / 2
    out = []
    for corners in (EYE_RIGHT, EYE_LEFT):
        first, second = landmarks[list(corners)].astype(np.float64)
        dx, dy = second - first
        scale = _EYE_SHARE * _WIDE / max(math.hypot(dx, dy), 1.0)
        affine = similarity(scale, -math.degrees(math.atan2(dy, dx)), (first + second) / 2, middle)
        out.append(cv2.cvtColor(pyramid.sample(affine, size), cv2.COLOR_RGB2GRAY))
    return np.stack(out).astype(np.float32)


def learnt(pictures: Sequence[NDArray[np.float32]]) -> EyePattern | None:
    """The pattern of some pictures of open eyes; None where there is too little contrast to tell lids by."""
    middle = np.mean(pictures, axis=0)[:, _SLACK[1] : -_SLACK[1], _SLACK[0] : -_SLACK[0]]
    level = (middle * _WINDOW).sum((1, 2), keepdims=True) / _WINDOW.sum()
    patterns = ((middle - level) / np.maximum(level, _LEAST_LEVEL)).astype(np.float32)
    contrast = np.sqrt((_WINDOW * patterns**2).sum((1, 2)) / _WINDOW.sum())
    return EyePattern(patterns) if float(contrast.min()) >= _LEAST_CONTRAST else None


def openness(pictures: NDArray[np.float32], pattern: EyePattern) -> Openness:
    """How far the eyes in `eye_pictures` are open, at the best place within the slack."""
    found = [_of_eye(picture, own) for picture, own in zip(pictures, pattern.patterns, strict=True)]
    return Openness(found[0][0], found[1][0], found[0][1], found[1][1])


def _of_eye(picture: NDArray[np.float32], pattern: NDArray[np.float32]) -> tuple[float, float]:
    weighted = _WINDOW * pattern
    power = float((weighted * pattern).sum())
    # The pattern's weighted mean is 0, so the picture's own brightness falls out of the sum.
    level = float((picture[_SLACK[1] : -_SLACK[1], _SLACK[0] : -_SLACK[0]] * _WINDOW).sum() / _WINDOW.sum())
    level = max(level, _LEAST_LEVEL)
    match = cv2.matchTemplate(picture, weighted, cv2.TM_CCORR)
    _, best, _, (x, y) = cv2.minMaxLoc(match)
    there = picture[y : y + _HIGH, x : x + _WIDE] / level
    mean = float((there * _WINDOW).sum() / _WINDOW.sum())
    own = float((_WINDOW * (there - mean) ** 2).sum())
    part = best / level
    return part / power, part / math.sqrt(max(power * own, 1e-12))


def _window() -> NDArray[np.float32]:
    y, x = np.mgrid[:_HIGH, :_WIDE] + 0.5
    window = np.exp(-(((x - _WIDE / 2) / (0.3 * _WIDE)) ** 2) - ((y - _HIGH / 2) / (0.3 * _HIGH)) ** 2)
    return np.asarray(window, np.float32)


_WINDOW = _window()
