"""The whites of the eyes: the one surface of a portrait that is about the same in all people, so that light and camera
can be read off it without judging skin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.colour import LUMINANCE, linear
from ephoto.quality.chroma import GREY, chroma
from ephoto.quality.iris_contrast import iris_contrast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ephoto.quality.eye_view import EyeView

__all__ = ["Sclera", "sclera", "whites"]

_LEAST_PX = 3.5  # radius of the iris in the photo; below, lids and lashes are mixed into every pixel of the white
_SHUT = 0.75  # iris contrast from which eyes may be closed or hidden: the bound at which eyes_open warns
_FROM, _TO = 1.15, 2.1  # distances from the iris's centre over its radius: clear of the iris's rim and of the corners
# Share of the irises' area that must be seen of the whites, of both eyes together, since narrow eyes' whites lie in the
# lids' shadow: 0.31 to 0.6 on renders and real photos, 0.26 on the narrowest, whose white measures half as bright.
_NARROW = 0.28
_WHITEST = 0.80, 0.97  # of its pixels by their least channel: no lashes, lids or veins below, no catch lights above
_FEW = 4  # pixels beside an iris that have a whitest part
_BURNT, _BURNT_SHARE = 250, 0.25  # a channel at its end tells no colour
# How far both eyes may differ, log2: well lit pairs by up to 0.55 in light and 0.22 in colour, those whose one eye is
# turned away, in shadow or taken for skin by 0.35 in colour or more (14 real photos).
_APART_LIGHT, _APART_COLOUR = 0.7, 0.25
# What the white of an eye can be in any light that a correction of half a stop and 12 percent is meant for: luminance,
# red over green, blue over green, linear. Beyond it is more likely a lid, make-up or a coloured lamp.
_LIGHT, _RED, _BLUE = (0.12, 0.95), (0.85, 1.7), (0.65, 1.3)


@dataclass(frozen=True, slots=True)
class Sclera:
    """Colour of the whites of both eyes, red, green, blue in linear light 0..1; or None, and the `reason`."""

    rgb: tuple[float, float, float] | None
    reason: str = ""


def sclera(eyes: Sequence[EyeView]) -> Sclera:
    """The whites beside the irises, inside the opening of the lids, as the geometric mean of both eyes.

    Skin is kept out by the mesh's lids and by taking the whitest pixels alone: on renders the same eyes in the same
    light measure within 0.1 EV and 2 percent for skins from L* 25 to 85.
    """
    contrast = iris_contrast(eyes)
    if contrast is None or any(eye.radius / eye.scale < _LEAST_PX for eye in eyes):
        return Sclera(None, reason="the eyes have too few pixels")
    if all((chroma(eye.pixels, np.ones(eye.pixels.shape[:2], np.uint8)) or 0.0) < GREY for eye in eyes):
        return Sclera(None, reason="the photo is black and white")
    beside = [_beside_the_iris(eye) for eye in eyes]
    seen = sum(map(len, beside)) / sum(math.pi * eye.radius**2 for eye in eyes)
    if contrast > _SHUT or seen < _NARROW or not all(map(len, beside)):
        return Sclera(None, reason="the whites of the eyes are not seen")
    whitest = [_whitest(pixels) for pixels in beside]
    if any((white.max(1) >= _BURNT).mean() > _BURNT_SHARE for white in whitest):
        return Sclera(None, reason="the whites of the eyes are burnt out")
    colours = [linear(white[white.max(1) < _BURNT]).mean(0) for white in whitest]
    if not _agree(*colours):
        return Sclera(None, reason="the whites of both eyes differ")
    r, g, b = (float(v) for v in np.sqrt(colours[0] * colours[1]))
    if not _plausible(r, g, b):
        return Sclera(None, reason="the whites of the eyes have no natural colour")
    return Sclera((r, g, b))


def whites(eyes: Sequence[EyeView]) -> list[NDArray[np.float64]]:
    """The whitest of what is seen beside each iris, linear RGB 0..1 (3,), whatever it is; eyes too small for it have
    none.
    """
    beside = (_beside_the_iris(eye) for eye in eyes)
    return [linear(_whitest(pixels)).mean(0) for pixels in beside if len(pixels) >= _FEW]


def _beside_the_iris(eye: EyeView) -> NDArray[np.uint8]:
    """Pixels (n, 3) inside the opening, on both sides of the iris."""
    h, w = eye.pixels.shape[:2]
    opening = np.zeros((h, w), np.uint8)
    cv2.fillPoly(opening, [np.rint((eye.lids - 0.5) * 16).astype(np.int32)], 1, shift=4)
    opening = np.asarray(cv2.erode(opening, np.ones((3, 3), np.uint8)), np.uint8)
    x, y = np.arange(w) + (0.5 - eye.iris[0]), np.arange(h) + (0.5 - eye.iris[1])
    away = (x * x + (y * y)[:, None]) / eye.radius**2
    return np.asarray(eye.pixels[(opening > 0) & (away > _FROM**2) & (away < _TO**2)])


def _whitest(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    order = np.argsort(pixels.min(1), kind="stable")
    low, high = (round(share * (len(order) - 1)) for share in _WHITEST)
    return np.asarray(pixels[order[low : high + 1]])


def _agree(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    if min(one.min(), other.min()) <= 0:
        return False
    light = abs(math.log2((one @ LUMINANCE) / (other @ LUMINANCE)))
    red, _, blue = np.log2(one / one[1]) - np.log2(other / other[1])
    return light <= _APART_LIGHT and math.hypot(red, blue) <= _APART_COLOUR


def _plausible(r: float, g: float, b: float) -> bool:
    light = float(np.dot(LUMINANCE, (r, g, b)))
    return all(low <= v <= high for v, (low, high) in ((light, _LIGHT), (r / g, _RED), (b / g, _BLUE)))
