"""Colours: from text, to linear light, to CIE Lab, and how far two are apart.

All arrays are float64 or float32 with the channels last. sRGB is IEC 61966-2-1; Lab is CIE 1976 under D65, which is
sRGB's own white, so that no chromatic adaptation is needed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "LUMINANCE",
    "delta_e_1976",
    "delta_e_2000",
    "hex_of",
    "lab",
    "lab_of_light",
    "lightness",
    "linear",
    "luminance",
    "rgb_of",
    "srgb",
]

_HEX = re.compile(r"#[0-9A-Fa-f]{6}", re.ASCII)
# IEC 61966-2-1: linear sRGB to CIE XYZ. The white is what the matrix makes of (1, 1, 1), so that grey is exactly
# neutral in Lab.
LUMINANCE = (0.2126, 0.7152, 0.0722)  # of linear red, green and blue in the luminance
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], LUMINANCE, [0.0193, 0.1192, 0.9505]])
_WHITE = _TO_XYZ.sum(axis=1)
_TO_WHITE = _TO_XYZ.T / _WHITE  # to X, Y and Z over the white's own


def rgb_of(text: str) -> tuple[int, int, int]:
    """The three values, 0..255, of a colour written #RRGGBB.

    Raises ValueError for anything else.

    >>> rgb_of("#438EDB")
    (67, 142, 219)
    """
    if not _HEX.fullmatch(text):
        raise ValueError(f"not a colour: {text!r}")
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def hex_of(rgb: tuple[int, int, int]) -> str:
    """A colour as #RRGGBB.

    >>> hex_of((67, 142, 219))
    '#438EDB'
    """
    return "#{:02X}{:02X}{:02X}".format(*rgb)


def linear(encoded: NDArray[Any]) -> NDArray[np.float64]:
    """sRGB values to linear light 0..1: uint8 0..255 or float 0..1, any shape (IEC 61966-2-1)."""
    if encoded.dtype == np.uint8:
        return np.asarray(_LINEAR_OF_8_BIT[encoded])
    return _linear(np.asarray(encoded, np.float64))


def _linear(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(x <= 0.04045, x / 12.92, ((np.maximum(x, 0) + 0.055) / 1.055) ** 2.4)


_LINEAR_OF_8_BIT = _linear(np.arange(256) / 255)


def srgb(light: NDArray[Any]) -> NDArray[np.float64]:
    """Linear light 0..1 to sRGB values 0..1, any shape; clipped (IEC 61966-2-1)."""
    x = np.clip(np.asarray(light, np.float64), 0, 1)
    return np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055)


def luminance(encoded: NDArray[Any]) -> NDArray[np.float64]:
    """Relative luminance Y, 0..1, of sRGB colours (..., 3), uint8 or float 0..1 (ITU-R BT.709 primaries)."""
    return np.asarray(linear(encoded) @ _TO_XYZ[1])


def lab(encoded: NDArray[Any]) -> NDArray[np.float64]:
    """CIE L*a*b* (..., 3) of sRGB colours (..., 3), uint8 or float 0..1. L* is 0..100."""
    return lab_of_light(linear(encoded))


def lab_of_light(light: NDArray[Any]) -> NDArray[np.float64]:
    """CIE L*a*b* (..., 3) of linear sRGB light (..., 3), 0..1."""
    f = _f(np.asarray(light, np.float64) @ _TO_WHITE)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def lightness(luminance: NDArray[Any]) -> NDArray[np.float64]:
    """CIE L*, 0..100, of a relative luminance Y, 0..1, any shape."""
    return 116 * _f(np.asarray(luminance, np.float64)) - 16


def _f(t: NDArray[np.float64]) -> NDArray[np.float64]:
    delta = 6 / 29
    return np.where(t > delta**3, np.cbrt(t), t / (3 * delta**2) + 4 / 29)


def delta_e_1976(lab1: NDArray[Any], lab2: NDArray[Any]) -> NDArray[np.float64]:
    """CIE 1976 colour difference of Lab colours (..., 3), broadcast against each other: plain distance."""
    return np.asarray(np.sqrt(np.square(np.asarray(lab1, np.float64) - lab2).sum(axis=-1)))


def delta_e_2000(lab1: NDArray[Any], lab2: NDArray[Any]) -> NDArray[np.float64]:
    """CIEDE2000 colour difference of Lab colours (..., 3), broadcast against each other; kL = kC = kH = 1.

    After Sharma, Wu and Dalal, The CIEDE2000 Color-Difference Formula: Implementation Notes (2005), whose equation
    numbers are given beside the lines.
    """
    one, two = np.asarray(lab1, np.float64), np.asarray(lab2, np.float64)
    l1, l2 = one[..., 0], two[..., 0]
    c_mean = (np.hypot(one[..., 1], one[..., 2]) + np.hypot(two[..., 1], two[..., 2])) / 2  # (3)
    g = 0.5 * (1 - np.sqrt(c_mean**7 / (c_mean**7 + 25.0**7)))  # (4)
    a1, a2 = (1 + g) * one[..., 1], (1 + g) * two[..., 1]  # (5)
    c1, c2 = np.hypot(a1, one[..., 2]), np.hypot(a2, two[..., 2])  # (6)
    h1, h2 = (np.degrees(np.arctan2(x[..., 2], a)) % 360 for x, a in ((one, a1), (two, a2)))  # (7)
    grey = c1 * c2 == 0
    turn = (h2 - h1 + 180) % 360 - 180  # (10): the hue difference, the short way round
    turn = np.where(grey, 0, np.where(turn == -180, np.where(h2 > h1, 180, -180), turn))
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))  # (11)
    l_m, c_m = (l1 + l2) / 2, (c1 + c2) / 2  # (12), (13)
    apart = np.abs(h1 - h2) > 180
    h_m = (h1 + h2) / 2 + np.where(apart, np.where(h1 + h2 < 360, 180, -180), 0)  # (14)
    h_m = np.where(grey, h1 + h2, h_m)
    t = (
        1
        - 0.17 * np.cos(np.radians(h_m - 30))
        + 0.24 * np.cos(np.radians(2 * h_m))
        + 0.32 * np.cos(np.radians(3 * h_m + 6))
        - 0.20 * np.cos(np.radians(4 * h_m - 63))
    )  # (15)
    theta = 30 * np.exp(-(((h_m - 275) / 25) ** 2))  # (16)
    r_c = 2 * np.sqrt(c_m**7 / (c_m**7 + 25.0**7))  # (17)
    s_l = 1 + 0.015 * (l_m - 50) ** 2 / np.sqrt(20 + (l_m - 50) ** 2)  # (18)
    s_c, s_h = 1 + 0.045 * c_m, 1 + 0.015 * c_m * t  # (19), (20)
    r_t = -np.sin(np.radians(2 * theta)) * r_c  # (21)
    x, y, z = (l2 - l1) / s_l, (c2 - c1) / s_c, d_h / s_h
    return np.asarray(np.sqrt(np.maximum(x * x + y * y + z * z + r_t * y * z, 0)))  # (22)
