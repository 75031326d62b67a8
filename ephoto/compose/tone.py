"""Exposure and white balance of a whole picture, bounded; nothing local, so that no feature is touched.

What a reference white ought to look like, and how far one may go, stands in tone.toml with its reasons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.colour import LUMINANCE, linear, srgb
from ephoto.core.numbers import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["IDENTITY", "Tone", "ToneLimits", "apply", "limits", "tables", "tone_from"]

_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class ToneLimits:
    white_luminance: float
    white_red: float
    white_blue: float
    exposure_dead_ev: float
    balance_dead: float
    exposure_most_ev: float
    balance_most: float
    least_ev: float
    least_gain: float
    shoulder: float


def limits() -> ToneLimits:
    """The values of tone.toml; its comments give the reasons."""
    return numbers(ToneLimits, __package__, "tone.toml")


@dataclass(frozen=True, slots=True)
class Tone:
    """One correction, in linear light.

    `gains` are the white balance's factors on red, green and blue, which leave the luminance of grey as it is; `ev` is
    the exposure on top, in doublings. `limited` names what would have gone further without its bound: "exposure",
    "white_balance".
    """

    ev: float = 0.0
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    limited: tuple[str, ...] = ()

    @property
    def identity(self) -> bool:
        """True where every pixel stays as it is."""
        return self.ev == 0.0 and self.gains == (1.0, 1.0, 1.0)


IDENTITY = Tone()


def tone_from(white_rgb: Sequence[float]) -> Tone:
    """What brings the white of an eye to its typical brightness and colour, as far as the bounds let it.

    The white of the eye is a poor grey card: well-exposed portraits scatter about the typical value. Within that
    scatter (the dead zone) nothing is done, so that a good photo keeps its bytes; beyond, only what exceeds it is taken
    back, and no more than the bounds.

    Parameters
    ----------
    white_rgb : 3 floats
        Red, green, blue in linear light, 0..1.

    Raises
    ------
    ValueError
        Where a channel is not a finite number above 0.
    """
    red, green, blue = (float(v) for v in white_rgb)
    if not all(math.isfinite(v) and v > 0 for v in (red, green, blue)):
        raise ValueError(f"a reference white needs three channels above 0, got {tuple(white_rgb)}")
    lim = limits()
    gains, held = _balance(math.log2(red / green / lim.white_red), math.log2(blue / green / lim.white_blue))
    limited = ["white_balance"] if held else []
    light = sum(share * gain * v for share, gain, v in zip(LUMINANCE, gains, (red, green, blue), strict=True))
    short = math.log2(lim.white_luminance / light)
    wanted = max(abs(short) - lim.exposure_dead_ev, 0.0)
    if wanted > lim.exposure_most_ev:
        limited.insert(0, "exposure")
    if wanted < lim.least_ev:
        return Tone(0.0, gains, tuple(limited))
    return Tone(math.copysign(round(min(wanted, lim.exposure_most_ev), 3), short), gains, tuple(limited))


def _balance(red: float, blue: float) -> tuple[tuple[float, float, float], bool]:
    """Gains against log2 deviations of red and blue from green, and whether the bound held them back.

    The bound shortens the correction without turning it, so that it never makes another cast.
    """
    lim = limits()
    away = math.hypot(red, blue)
    share = max(1 - lim.balance_dead / away, 0.0) if away else 0.0

    def gains(part: float) -> tuple[float, float, float]:
        raw = 2 ** (-part * share * red), 1.0, 2 ** (-part * share * blue)
        grey = sum(s * g for s, g in zip(LUMINANCE, raw, strict=True))
        r, g, b = (v / grey for v in raw)
        return r, g, b

    def most(part: float) -> float:
        return max(abs(g - 1) for g in gains(part))

    if most(1.0) < lim.least_gain:
        return (1.0, 1.0, 1.0), False
    low, high = 0.0, 1.0
    if most(high) <= lim.balance_most:
        low = high
    else:
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if most(middle) <= lim.balance_most else (low, middle)
    r, g, b = (round(v, 4) for v in gains(low))
    return (r, g, b), low < 1.0


def tables(tone: Tone) -> NDArray[np.uint8]:
    """What each sRGB value of each channel becomes, (256, 3): rising, with 0 and 255 fixed.

    In linear light y = G x / (1 + (G^p - 1) x^p)^(1/p): G x in shadows and mid tones, bent to reach white exactly at
    white, so that brightening burns no highlight and darkening leaves a white ground white. The curve of 1/G undoes
    that of G.
    """
    x = linear(np.arange(256, dtype=np.uint8))[:, None]
    gain = 2.0**tone.ev * np.array(tone.gains)
    p = limits().shoulder
    y = gain * x / (1 + (gain**p - 1) * x**p) ** (1 / p)
    return np.asarray(np.rint(255 * srgb(y)), np.uint8)


def apply(pixels: NDArray[np.uint8], tone: Tone) -> NDArray[np.uint8]:
    """Pixels (H, W, 3), or (H, W, 4) whose alpha stays, uint8 sRGB, in another tone.

    The array given is not changed; it is given back itself where nothing changes.
    """
    if tone.identity:
        return pixels
    table = tables(tone)
    if pixels.shape[2] == 4:
        table = np.hstack([table, np.arange(256, dtype=np.uint8)[:, None]])
    return np.asarray(cv2.LUT(pixels, np.ascontiguousarray(table)[None]), np.uint8)
