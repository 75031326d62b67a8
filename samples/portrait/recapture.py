"""A picture taken of a picture: of a display, and of a halftone print on paper.

Everything happens in linear light, and in the order of nature: the picture becomes a structure of sub-pixels or of ink
dots, much finer than the camera's pixels; the lens blurs it; the sensor integrates it over its pixels, of which each
sees one colour; noise comes on top; the missing colours are interpolated; a tone curve and some sharpening end it.
Nothing draws moire: it comes about where the sensor samples what it cannot resolve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np

from samples.portrait.light import to_linear, to_srgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Layout", "Shot", "on_screen", "plane_of", "printed"]

Layout = Literal["stripes", "diamond"]
_Plane = Callable[[Any, Any], Any]  # points x, y in camera px to light (h, w, 3)

_STRIP_PX = 64  # rows that are held finely sampled at a time
_TEXELS = 48  # a cell of two display pixels, drawn this finely
_SCREEN_ANGLES = {"c": 15.0, "m": 75.0, "y": 0.0, "k": 45.0}  # the usual angles of offset print
# Light that comes through each ink on paper, R G B; rounded from common coated-paper process inks in linear sRGB.
_INKS = {"c": (0.02, 0.33, 0.72), "m": (0.65, 0.02, 0.20), "y": (0.92, 0.84, 0.03), "k": (0.015, 0.015, 0.015)}
_BLACK_SHARE = 0.9  # of black ink where the picture is black; less of it the lighter the picture
_PAPER = 0.88  # of the light that would burn out


@dataclass(frozen=True, slots=True)
class Shot:
    """How the camera stands and what it adds.

    `rotation_deg` turns the picture clockwise in the frame; `tilt_deg` is how far its right and its lower side are
    turned away, seen with a lens of about 50 mm; `zoom` > 1 comes nearer. `shift_px` moves the picture in the frame, to
    the right and down. `blur_px` is sigma of lens and focus, `noise` sigma in 8-bit levels at full light, `sharpening`
    the weight of an unsharp mask as phones apply it. `mosaic` is whether each sensor pixel sees one colour only (RGGB,
    filled in bilinearly).
    """

    rotation_deg: float = 2.0
    tilt_deg: tuple[float, float] = (4.0, 2.0)
    zoom: float = 1.0
    blur_px: float = 0.5
    noise: float = 1.5
    sharpening: float = 0.4
    mosaic: bool = True
    seed: int = 0
    shift_px: tuple[float, float] = (0.0, 0.0)


def on_screen(
    pixels: NDArray[np.uint8],
    pitch_px: float,
    shot: Shot = Shot(),
    *,
    layout: Layout = "stripes",
    reflection: float = 0.01,
) -> NDArray[np.uint8]:
    """A photo of a display that shows a picture.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
        The picture; the photo has its size.
    pitch_px : float
        Camera pixels per display pixel, about 0.4 (a phone held far away) to 6 (close up).
    layout : {"stripes", "diamond"}
        Sub-pixels: three upright bars (most monitors), or green dots with red and blue ones in turn (most phones).
    reflection : float
        Light of the room that the screen throws back, of its white.
    """
    h, w = pixels.shape[:2]
    size_wh = max(round(w / pitch_px), 1), max(round(h / pitch_px), 1)
    shown = _light(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA))
    fine = _samples_per_px(pitch_px)
    cell = cv2.blur(np.tile(_cell(layout), (3, 3, 1)), (max(round(_TEXELS / 2 / (pitch_px * fine)), 1),) * 2)
    cell = np.ascontiguousarray(cell[_TEXELS : 2 * _TEXELS, _TEXELS : 2 * _TEXELS])

    def light(x: Any, y: Any) -> Any:
        u, v = x * (size_wh[0] / w), y * (size_wh[1] / h)
        colour = cv2.remap(  # every display pixel is of one colour
            shown, np.floor(u), np.floor(v), cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=(0, 0, 0)
        )
        row, column = (np.floor(t * (_TEXELS / 2)).astype(np.int32) % _TEXELS for t in (v, u))
        lit = cell[row, column]
        return colour * lit + reflection

    return _photo(light, (w, h), shot, fine)


def printed(
    pixels: NDArray[np.uint8],
    pitch_px: float,
    shot: Shot = Shot(),
    *,
    border: float = 0.0,
    table: tuple[int, int, int] = (112, 84, 62),
) -> NDArray[np.uint8]:
    """A photo of a picture printed in four inks, each on a screen of dots at its own angle.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
        The picture; the photo has its size.
    pitch_px : float
        Camera pixels per halftone cell, about 1.5 (a fine print from far) to 8 (a newspaper close up).
    border : float
        White paper around the picture, of its width; beyond lies a table of the colour `table` (sRGB).
    """
    h, w = pixels.shape[:2]
    inks = _separated(_light(pixels))
    wood = _light(np.array(table, np.uint8))
    margin = border * w
    fine = _samples_per_px(pitch_px / 2)
    softness = max(1.0 / (pitch_px * fine), 0.05)  # ink bleeds, and a sample covers some of the cell

    def light(x: Any, y: Any) -> Any:
        paper = np.full((*x.shape, 3), _PAPER, np.float32)
        for name, coverage in inks.items():
            share = cv2.remap(coverage, x - 0.5, y - 0.5, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            a = np.radians(_SCREEN_ANGLES[name])
            c, s = np.float32(np.cos(a) / pitch_px), np.float32(np.sin(a) / pitch_px)
            dot = _dots(x * c + y * s, y * c - x * s, share, softness)[..., None]
            paper *= 1 - dot * (1 - np.array(_INKS[name], np.float32))
        off = (x < -margin) | (x > w + margin) | (y < -margin) | (y > h + margin)
        grain = 1 + 0.15 * np.sin(y * 0.05 + np.sin(x * 0.004) * 3)[..., None]
        return np.where(off[..., None], wood * grain, paper)

    zoom = shot.zoom / (1 + 2.6 * border)  # the paper's edge stays in the frame
    return _photo(light, (w, h), shot, fine, zoom)


def _light(pixels: NDArray[np.uint8]) -> Any:
    return to_linear(pixels.astype(np.float32) / np.float32(255))


def _samples_per_px(pitch_px: float) -> int:
    """Samples along a camera pixel, so that a third of a display pixel has at least one and a half."""
    return int(np.clip(np.ceil(4.5 / pitch_px), 3, 8))


def _cell(layout: Layout) -> Any:
    """Two by two display pixels (_TEXELS, _TEXELS, 3); each colour has mean 1, as a camera exposes for."""
    v, u = (np.mgrid[:_TEXELS, :_TEXELS] + 0.5) / (_TEXELS / 2)
    cell = np.zeros((_TEXELS, _TEXELS, 3), np.float32)
    if layout == "stripes":  # black gaps of a tenth beside the bars and of a sixth between the rows
        for k in range(3):
            cell[..., k] = (np.abs(u % 1 - (k + 0.5) / 3) < 0.45 / 3) & (np.abs(v % 1 - 0.5) < 0.42)
    else:
        for k, centres, radius in (
            (1, ((0.5, 0.25), (1.5, 0.25), (0.5, 1.25), (1.5, 1.25)), 0.22),
            (0, ((0.0, 0.75), (1.0, 1.75), (2.0, 0.75)), 0.34),
            (2, ((1.0, 0.75), (0.0, 1.75), (2.0, 1.75)), 0.38),
        ):
            for x, y in centres:
                cell[..., k] += np.abs(u - x) + np.abs((v - y + 1) % 2 - 1) < radius
        cell = np.minimum(cell, 1)
    return cell / cell.mean((0, 1))


def _separated(light: Any) -> dict[str, Any]:
    """Ink coverages 0..1, each (h, w), whose mean is the linear light (h, w, 3) as far as inks can print it.

    Inks lie on each other as if at random (Demichel), so that each lets through the share 1 - a (1 - T) of what the
    others do. Cyan answers for red, magenta for green and yellow for blue, in a few rounds of one after the other.
    """
    black = (1 - light.max(2)) ** 2 * _BLACK_SHARE
    inks = {name: np.zeros_like(black) for name in "cmy"} | {"k": black}
    for _ in range(3):
        for channel, name in enumerate("cmy"):
            others = np.ones_like(black)
            for other, a in inks.items():
                if other != name:
                    others *= 1 - a * (1 - _INKS[other][channel])
            wanted = 1 - light[..., channel] / np.maximum(others, 1e-3)
            inks[name] = np.clip(wanted / (1 - _INKS[name][channel]), 0, 1)
    return inks


def _spot(u: Any, v: Any) -> Any:
    """The Euclidean spot function of common dot screens, 0..1, of points in cells: highest in the dots' middles."""
    return (np.cos(2 * np.pi * u) + np.cos(2 * np.pi * v)) / 4 + 0.5


_SPOT_QUANTILES = np.quantile(_spot(*((np.mgrid[:256, :256] + 0.5) / 256)), np.linspace(0, 1, 257)).astype(np.float32)


def _dots(u: Any, v: Any, coverage: Any, softness: float) -> Any:
    """Ink 0..1 at points of a dot screen, in cells: round dots that grow and join, of the area `coverage`.

    `softness` is over how many cells an edge goes.
    """
    threshold = np.interp(1 - coverage, np.linspace(0, 1, 257), _SPOT_QUANTILES).astype(np.float32)
    slope = 2.2 * softness  # the spot function falls by about 2.2 a cell where it is steep
    return np.clip((_spot(u, v) - threshold) / slope + 0.5, 0, 1) * (coverage > 0.01)


def _photo(light: _Plane, size_wh: tuple[int, int], shot: Shot, fine: int, zoom: float | None = None) -> Any:
    """The photo (h, w, 3) uint8 that a camera takes of a plane of light."""
    w, h = size_wh
    to_plane = plane_of(size_wh, shot, zoom)
    margin = int(np.ceil(3 * shot.blur_px)) + 1
    out = np.empty((h, w, 3), np.float32)
    for top in range(0, h, _STRIP_PX):
        rows = min(_STRIP_PX, h - top)
        y, x = np.mgrid[: (rows + 2 * margin) * fine, : (w + 2 * margin) * fine].astype(np.float32)
        x, y = (x + 0.5) / fine - margin, (y + 0.5) / fine - margin + top
        depth = to_plane[2, 0] * x + to_plane[2, 1] * y + to_plane[2, 2]
        px = (to_plane[0, 0] * x + to_plane[0, 1] * y + to_plane[0, 2]) / depth
        py = (to_plane[1, 0] * x + to_plane[1, 1] * y + to_plane[1, 2]) / depth
        seen = light(px.astype(np.float32), py.astype(np.float32)).astype(np.float32)
        if shot.blur_px > 0:
            seen = cv2.GaussianBlur(seen, (0, 0), shot.blur_px * fine)
        whole = cv2.resize(seen, (w + 2 * margin, rows + 2 * margin), interpolation=cv2.INTER_AREA)
        out[top : top + rows] = whole[margin : margin + rows, margin : margin + w]
    return _developed(out, shot)


def plane_of(size_wh: tuple[int, int], shot: Shot, zoom: float | None = None) -> Any:
    """Camera px to px of the picture's plane, (3, 3); `zoom` instead of the shot's."""
    w, h = size_wh
    focal = 1.4 * max(w, h)  # a 50 mm lens in 35 mm terms
    a = np.radians(shot.rotation_deg)
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    tx, ty = np.tan(np.radians(shot.tilt_deg))
    # A point X, Y of the plane lies focal / zoom + tx X + ty Y away.
    view = np.array([[1, 0, 0], [0, 1, 0], [tx / focal, ty / focal, 1 / (zoom or shot.zoom)]])
    from_middle = np.array([[1, 0, -w / 2], [0, 1, -h / 2], [0, 0, 1]])
    to_middle = np.array([[1, 0, w / 2 + shot.shift_px[0]], [0, 1, h / 2 + shot.shift_px[1]], [0, 0, 1]])
    to_camera = to_middle @ turn @ view @ from_middle
    return np.linalg.inv(to_camera)


def _developed(light: Any, shot: Shot) -> NDArray[np.uint8]:
    """Noise, the colour mosaic and its interpolation, tone curve and sharpening."""
    rng = np.random.default_rng(shot.seed)
    h, w = light.shape[:2]
    if shot.noise:  # half of it grows with the light, as photons do
        sigma = shot.noise / 255 * np.sqrt(0.15 + np.maximum(light, 0))
        light = light + sigma * rng.standard_normal(light.shape, np.float32)
    if shot.mosaic:
        raw = np.empty((h, w), np.float32)
        for y, x, k in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
            raw[y::2, x::2] = light[y::2, x::2, k]
        raw = np.clip(raw * 40000 + 2000, 0, 65535).astype(np.uint16)
        light = (cv2.cvtColor(raw, cv2.COLOR_BayerRGGB2RGB).astype(np.float32) - 2000) / 40000
    encoded = to_srgb(light) * 255
    if shot.sharpening:
        encoded += shot.sharpening * (encoded - cv2.GaussianBlur(encoded, (0, 0), 1.0))
    return np.clip(np.rint(encoded), 0, 255).astype(np.uint8)
