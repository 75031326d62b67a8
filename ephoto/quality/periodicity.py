"""Periodicity, the house's own: a pattern of one period all over a face, as a display or a halftone print leaves it.

Photos of displays and of prints carry the other device's raster, or its moire with the sensor's own: a peak in the
spectrum (Garcia and de Queiroz, Face-Spoofing 2D-Detection Based on Moire-Pattern Analysis, 2015). Skin has no period,
and its colours have hardly any fine detail, so that sub-pixels and inks, which part the colours, show in them best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEAST_PX", "MOST_PX", "periodicity"]

_WINDOW_PX = 128  # over more, a raster that is seen at a slant changes its period
LEAST_PX, MOST_PX = _WINDOW_PX, 2 * _WINDOW_PX
_APART_PX = 32  # two windows that are nearer together than this tell hardly more than one

# R - G and B - G, of pixels halved: fine detail of colour is lost in JPEGs anyway, and costs four times as much.
_COLOURS = np.array([[1, 0], [-1, -1], [0, 1]], np.float32)
# Bands, cycles a px. Below lie features of the face, at the highest the sensor's own mosaic of two px.
_LOWEST, _HIGHEST = (0.10, 0.16), (0.50, 0.72)  # of brightness, and of colour (of its halved px)
_HIGHEST_ALONG = 0.485
_BLOCK = 1 / 8  # a JPEG's blocks peak on the axes at multiples of this; those of halved colours do so in halved px
_AROUND = 17  # side of the neighbourhood that a peak stands above, bins
_FLOOR_SIGMA = (
    0.5  # noise that is added in thought, levels: without it, flat pictures show how their values are rounded
)
# By the number of windows: half the pictures of nothing but noise have a peak higher than this (brightness and colour
# together, 400 each), as logarithms of amplitudes.
_OF_NOISE = {1: 1.23, 2: 1.00}


def periodicity(pixels: NDArray[np.uint8]) -> float | None:
    """How many times higher the strongest period's peak is than one of mere noise; None below LEAST_PX along a side.

    The log spectrum is the mean over one window, or two on a diagonal, so that what repeats in one of them alone (hair,
    a collar) counts little. On renders and real photos plain portraits have 0.8 to 1.3, simulated photos of displays
    and of halftone prints 0.8 to 20: a display pixel of less than 2 px may leave no trace, nor do prints without dots
    (photographic paper, ink jets). A picture enlarged by repeating its pixels is taken for a raster, as it is one.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
        A face, and little else, at the finest resolution there is. Its middle MOST_PX px along each side are looked at.
    """
    h, w = pixels.shape[:2]
    if min(h, w) < LEAST_PX:
        return None
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    even = pixels[: h // 2 * 2, : w // 2 * 2]  # so that halving is the mean of four, and has no raster of its own
    halved = cv2.resize(even, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    rows, columns = _starts(h), _starts(w)
    corners = [(rows[0], columns[0]), (rows[-1], columns[-1])][: max(len(rows), len(columns))]
    of_luma, of_colour = _of_luma(luma, *corners[0]), _of_colour(halved, *corners[0])
    for corner in corners[1:]:
        of_luma += _of_luma(luma, *corner)
        of_colour += _of_colour(halved, *corner)
    highest = max(_peak(of_luma, _LUMA_BINS), _peak(of_colour, _COLOUR_BINS)) / len(corners)
    return float(np.exp(highest - _OF_NOISE[len(corners)]))


def _starts(size: int) -> list[int]:
    """Where windows begin along a side."""
    first, spare = max(size - MOST_PX, 0) // 2, min(size, MOST_PX) - _WINDOW_PX
    return [first, first + spare] if spare >= _APART_PX else [first + spare // 2]


def _of_luma(luma: Any, y: int, x: int) -> Any:
    """Log power (N, N / 2) of a window by fy from -1/2 and fx from 0; brightness is real, and has no other half."""
    n = _WINDOW_PX
    packed = cv2.dft(luma[y : y + n, x : x + n] * _LUMA_TAPER)
    power = np.empty((n, n // 2), np.float32)
    # OpenCV's CCS: re of 0, then re and im of each fx in turn; fx = 0 itself is packed the same way along fy.
    np.add(packed[:, 1:-1:2] ** 2, packed[:, 2::2] ** 2, out=power[:, 1:])
    along = packed[1:-1:2, 0] ** 2 + packed[2::2, 0] ** 2
    power[1 : n // 2, 0], power[n // 2 + 1 :, 0] = along, along[::-1]
    power[0, 0], power[n // 2, 0] = packed[0, 0] ** 2, packed[-1, 0] ** 2
    return cv2.log(power + _LUMA_FLOOR)


def _of_colour(halved: Any, y: int, x: int) -> Any:
    """Log power (N / 2, N / 2) by fy and fx from -1/2, of the two differences as one complex number.

    `y` and `x` are in px that are not halved.
    """
    n = _WINDOW_PX // 2
    part = halved[y // 2 : y // 2 + n, x // 2 : x // 2 + n].astype(np.float32) @ _COLOURS
    spectrum = cv2.dft(part * _COLOUR_TAPER)
    return cv2.log(spectrum[..., 0] ** 2 + spectrum[..., 1] ** 2 + _COLOUR_FLOOR)


def _peak(log_power: Any, bins: Any) -> float:
    """The highest peak above its surroundings, its row and its column (edges of things are ridges there), as the
    logarithm of an amplitude.
    """
    around = cv2.blur(log_power, (_AROUND, _AROUND))
    for line in ((_AROUND, 1), (1, _AROUND)):
        around = cv2.max(around, cv2.blur(log_power, line))
    return float(cv2.minMaxLoc(cv2.subtract(log_power, around), bins)[1]) / 2


def _tapers() -> tuple[Any, Any]:
    """Hann windows of brightness and colour; alternating signs move frequency 0 to the middle, along y or both ways."""
    n = _WINDOW_PX
    hann, half = (np.hanning(size + 2)[1:-1] for size in (n, n // 2))
    signs = 1 - 2 * (np.arange(n) % 2)
    colour = np.outer(half * signs[: n // 2], half * signs[: n // 2])
    return np.outer(hann * signs, hann).astype(np.float32), np.repeat(colour[..., None], 2, 2).astype(np.float32)


def _bins(fx: Any, fy: Any, near: float, lowest: float, highest: float) -> Any:
    """Not 0 where peaks count, uint8; a JPEG's own peaks are within `near` of an axis and of a multiple of _BLOCK."""
    x, y = np.meshgrid(fx, fy)
    radius = np.hypot(x, y)
    band = (radius >= lowest) & (radius <= highest) & (np.maximum(np.abs(x), np.abs(y)) <= _HIGHEST_ALONG)
    off_x, off_y = (np.abs(f - np.round(f / _BLOCK) * _BLOCK) for f in (x, y))
    blocks = (np.abs(x) <= near) & (off_y <= near) | (np.abs(y) <= near) & (off_x <= near)
    return (band & ~blocks).astype(np.uint8)


_N = _WINDOW_PX
_F, _F_HALVED = np.arange(-_N // 2, _N // 2) / _N, np.arange(-_N // 4, _N // 4) / (_N // 2)
_LUMA_TAPER, _COLOUR_TAPER = _tapers()
_LUMA_FLOOR = float(_FLOOR_SIGMA**2 * (_LUMA_TAPER**2).sum())
_COLOUR_FLOOR = float(_FLOOR_SIGMA**2 * (_COLOUR_TAPER**2).sum()) / 4  # noise of halved px has half the sigma
_LUMA_BINS = _bins(_F[_N // 2 :], _F, 1.5 / _N, _LOWEST[0], _HIGHEST[0])
_COLOUR_BINS = _bins(_F_HALVED, _F_HALVED, 3 / _N, _LOWEST[1], _HIGHEST[1])
