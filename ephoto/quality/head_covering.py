"""A hat or a scarf: what stands above the forehead is neither skin nor of a colour and texture that hair has."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.colour import lab
from ephoto.quality.points import beside, eye_corners_mid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.quality.skin import Skin
    from ephoto.quality.strokes import Strokes

__all__ = ["head_covering", "temple_places"]

_TOP_OF_FOREHEAD, _TEMPLES = 10, (127, 356)
_FROM, _TO, _HALF = 0.75, 0.25, 0.5  # eye distances above that point, and to each side of it
_LEAST_PX = 100
_STEP = 3  # every third pixel of every third row says as much
_BALD = 12.0  # CIELAB: nearer to skin than this, what is seen is skin,
_TANNED = 15.0, 0.6, 1.7  # and so is what has its hue, within degrees, and between these shares of its chroma
# Colours that hair has: hardly any, or from auburn to blond. Degrees of CIELAB hue, and chroma.
_HUES = (25.0, 100.0)
_GREY, _VIVID = 6.0, 34.0
# Detail of hair, percent of brightness, at this L* and below and at that and above; with none of it cloth counts as so
# far from hair, CIELAB.
_DETAIL_DARK, _DETAIL_LIGHT = (25.0, 3.4), (60.0, 1.6)
_FLAT = 12.0
# White over dark: hair that shows at the temples is not that dark under a crown that is white by its L* and chroma. A
# difference of L* counts by this share.
_WHITE, _PALE, _HAIR_PLACES, _LIGHTER, _COUNTS = 74.0, 14.0, 3, 35.0, 0.125
_STEPS = np.array([(out, down) for out in (-0.02, 0.02, 0.05) for down in (-0.12, -0.04, 0.04)])  # from the temples


def temple_places(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Where hair under a covering's edge is looked for (n, 2), of a face with landmarks (468, 2)."""
    return beside(points, points[[*_TEMPLES]], _STEPS)


def head_covering(
    pixels: NDArray[np.uint8],
    person: NDArray[np.float32],
    detail: Strokes,
    points: NDArray[np.floating],
    skin: Skin,
    temples: NDArray[np.floating],
) -> float | None:
    """How far the crown is from any hair, CIELAB: its colour's distance from those of hair, and its flatness; 0 for a
    bald one. None where the crown is not seen.

    Cloth with the colour and the grain of hair is not told from it.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
        The face at 81 px between the eyes.
    person : (H, W) float32
        0..1.
    detail : Strokes
        Of a part of the pixels that holds the crown.
    points : (468, 2)
    temples : (n, 3)
        Colours of the person at `temple_places`, 0..255.
    """
    x, y = (float(v) for v in points[_TOP_OF_FOREHEAD])
    ied = float(np.hypot(*np.subtract(*eye_corners_mid(points))))
    (left, top), (h, w) = detail.corner_xy, detail.upright.shape
    first = max(int(x - _HALF * ied), left), max(int(y - _FROM * ied), top)
    last = min(int(x + _HALF * ied), left + w), min(int(y - _TO * ied), top + h)
    part = np.s_[first[1] : max(last[1], 0) : _STEP, first[0] : max(last[0], 0) : _STEP]
    of_detail = np.s_[first[1] - top : max(last[1] - top, 0) : _STEP, first[0] - left : max(last[0] - left, 0) : _STEP]
    inside = person[part] > 0.95
    if np.count_nonzero(inside) * _STEP**2 < _LEAST_PX:
        return None
    rgb = np.median(pixels[part][inside], axis=0)
    lightness, a, b = (float(v) for v in lab(rgb / 255))
    if skin.away(rgb) < _BALD or _tanned(a, b, skin):
        return 0.0
    grain = float(np.median((detail.upright[of_detail] + detail.level[of_detail])[inside]))
    usual = np.interp(lightness, (_DETAIL_DARK[0], _DETAIL_LIGHT[0]), (_DETAIL_DARK[1], _DETAIL_LIGHT[1]))
    flatness = _FLAT * max(1 - grain / float(usual), 0.0)
    return _from_hair(a, b) + flatness + _over_dark(lightness, math.hypot(a, b), temples, skin)


def _over_dark(lightness: float, chroma: float, temples: NDArray[np.floating], skin: Skin) -> float:
    """What a white crown over dark hair counts."""
    if lightness < _WHITE or chroma > _PALE or not len(temples):
        return 0.0
    hair = temples[skin.away(temples) > _BALD]
    if len(hair) < _HAIR_PLACES:
        return 0.0
    lighter = lightness - float(np.median(lab(hair / 255)[:, 0]))
    return _COUNTS * lighter if lighter > _LIGHTER else 0.0


def _tanned(a: float, b: float, skin: Skin) -> bool:
    """Whether a colour is that of the skin with more or less of it: a bald crown in another light than the cheeks."""
    degrees, low, high = _TANNED
    skin_a, skin_b = (float(v) for v in skin.lab[1:])
    turn = math.degrees(math.atan2(b, a) - math.atan2(skin_b, skin_a))
    return abs(turn) < degrees and low < math.hypot(a, b) / max(math.hypot(skin_a, skin_b), 1e-6) < high


def _from_hair(a: float, b: float) -> float:
    """Distance of a colour's a* and b* from those that hair has."""
    chroma, hue = math.hypot(a, b), math.degrees(math.atan2(b, a))
    aside = max(_HUES[0] - hue, hue - _HUES[1], 0.0)
    if not aside:
        return max(chroma - _VIVID, 0.0)
    to_hues = chroma * math.sin(math.radians(min(aside, 90.0)))
    return min(to_hues, max(chroma - _GREY, 0.0))
