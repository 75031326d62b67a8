"""The colours of a face: skin, lips, brows and eyes, painted on the head's surface (sRGB 0..1, head frame, mm)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.head import EYEBALL_MM, Head, mouth_line
from samples.portrait.light import to_srgb
from samples.portrait.texture import noise, ramp, streaks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from samples.portrait.distance import Array
    from samples.portrait.hair import Hair
    from samples.portrait.parameters import Portrait

__all__ = ["EYE_HALF_MM", "IRIS_MM", "eyelids", "paint_face", "skin_colour"]

F = np.float32
IRIS_MM, PUPIL_MM = 5.9, 2.2
EYE_HALF_MM = 15.2  # half the length of the eye's opening
# CIE a*, b* of skin by L*: rounded from the spread of published skin colour measurements (darker skin is less
# chromatic at both ends, mid tones are the most yellow)
SKIN_L = (15.0, 25.0, 35.0, 50.0, 65.0, 75.0, 85.0, 95.0)
SKIN_A = (7.0, 9.5, 12.0, 14.0, 13.5, 11.0, 8.0, 4.0)
SKIN_B = (8.0, 11.0, 15.0, 19.0, 19.0, 17.0, 14.0, 8.0)


def skin_colour(lightness: float) -> NDArray[np.float32]:
    """sRGB (3,) of skin with CIE L* `lightness` under D65."""
    a, b = np.interp(lightness, SKIN_L, SKIN_A), np.interp(lightness, SKIN_L, SKIN_B)
    fy = (lightness + 16) / 116
    f = np.array([fy + a / 500, fy, fy - b / 200])
    xyz = np.where(f > 6 / 29, f**3, (f - 16 / 116) * 3 * (6 / 29) ** 2) * (0.95047, 1.0, 1.08883)
    linear = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]]) @ xyz
    return to_srgb(linear)


def eyelids(
    u: NDArray[np.floating], closed: NDArray[np.floating], smile: float
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Heights (mm) of the upper and the lower lid's rim at u = -1 (inner corner) .. 1 (outer corner)."""
    t = np.clip(1 - np.square(u), 0, 1)
    low = (-4.7 + 1.5 * smile) * t**0.9 + 0.7 * np.asarray(u)
    top = (5.1 - 0.5 * smile) * t**0.75 + 0.7 * np.asarray(u)
    shut = -2.6 * t + 0.7 * np.asarray(u)  # where the lids meet: below the middle
    return top + (shut - top) * closed, low + (shut - low) * closed


class _Canvas:
    """Points with a colour each; `mix` blends a colour in by a mask."""

    def __init__(self, p: Array, colour: Array, tint: Array, px_mm: float) -> None:
        self.x, self.y, self.z = p
        self.ax = np.abs(self.x)
        self.colour, self.skin, self.px_mm = colour, tint, px_mm

    def mix(self, mask: Array, rgb: NDArray[np.floating] | float) -> None:
        self.colour += (rgb - self.colour) * mask

    def tint(self, r: float, g: float, b: float) -> Array:
        """Skin with its channels scaled."""
        return self.skin * np.array([[r], [g], [b]], F)

    def inside(self, v: Array, ramp_mm: float) -> Array:
        """1 where v < 0, soft over the ramp or over a pixel, whichever is wider."""
        return np.clip(F(0.5) - v / F(max(ramp_mm, self.px_mm)), 0, 1)

    def spot(self, x: float, y: float, rx: float, ry: float) -> Array:
        """A soft pair of spots at +-x."""
        return np.exp(-(((self.ax - x) / F(rx)) ** 2) - ((self.y - y) / F(ry)) ** 2)


def paint_face(p: Array, head: Head, hair: Hair | None, portrait: Portrait, px_mm: float) -> Array:
    """Colour (3, n) of points of the skin; px_mm is a pixel's size on the face, so that lines stay smooth."""
    skin = skin_colour(portrait.skin_lightness)[:, None]
    colour = np.repeat(skin, p.shape[1], 1)
    front = np.flatnonzero(p[2] > -125)
    _part(p, colour, front, skin, px_mm, lambda c: _flush(c, head, portrait))
    x, y = np.abs(p[0]), p[1]
    ex = head.eye[0]
    eyes = np.flatnonzero((np.abs(x - ex) < 24) & (np.abs(y) < 22) & (p[2] > -40))
    _part(p, colour, eyes, skin, px_mm, lambda c: _eye(c, head, portrait))
    brows = np.flatnonzero((np.abs(x - ex) < 30) & (y > 8) & (y < 44) & (p[2] > -40))
    _part(p, colour, brows, skin, px_mm, lambda c: _brow(c, head, portrait))
    mouth = np.flatnonzero((x < 36) & (y < -44) & (y > -110) & (p[2] > -25))
    _part(p, colour, mouth, skin, px_mm, lambda c: _mouth(c, head, portrait))
    if hair:
        scalp = np.flatnonzero((p[1] > -70) & ((p[2] < -25) | (p[1] > 40)))
        _part(p, colour, scalp, skin, px_mm, lambda c: _roots(c, p[:, scalp], hair, portrait))
    return np.clip(colour, 0, 1)


def _part(
    p: Array, colour: Array, index: NDArray[np.intp], skin: Array, px_mm: float, paint: Callable[[_Canvas], None]
) -> None:
    if len(index):
        canvas = _Canvas(p[:, index], colour[:, index], skin, px_mm)
        paint(canvas)
        colour[:, index] = canvas.colour


def _roots(c: _Canvas, q: Array, hair: Hair, p: Portrait) -> None:
    """Hair that grows too short or too thin to stand up: the skin takes its colour towards the hairline."""
    across = hair.across(q)
    h = hair.hairline(q) + 3 * streaks(across, hair.along(q), c.px_mm, p.seed)
    colour = np.array(p.hair_colour, F)[:, None] / 255
    c.mix(F(0.9) * ramp(h, -4, 6), colour * (F(0.62) + F(0.25) * streaks(across, hair.along(q), c.px_mm, p.seed)))


def _flush(c: _Canvas, head: Head, p: Portrait) -> None:
    s = p.proportions
    c.mix(0.24 * c.spot(42, -28, 18, 15), c.tint(1.0, 0.74, 0.70))
    c.mix(0.26 * c.spot(0, -33 - s.nose_length_mm, 11, 9), c.tint(1.0, 0.76, 0.72))
    c.mix(0.30 * c.spot(head.eye[0], -1, 20, 11), c.tint(0.82, 0.68, 0.66))
    w = s.face_width
    ears = ramp(-c.z, 57, 66) * ramp(c.ax / F(w), 66, 70) * ramp(c.y, -54, -46) * (1 - ramp(c.y, 26, 34))
    c.mix(F(0.55) * ears, c.tint(0.90, 0.70, 0.66))
    round_ = np.arctan2(c.x, c.z + F(90)) * F(75)
    mottle = noise(round_ / 9, c.y / 9, 3) + F(0.6) * noise(round_ / 3.1, c.y / 3.1, 4)
    c.colour *= 1 + F(0.022) * mottle
    if c.px_mm < 1:
        c.colour *= 1 + F(0.03 * (1 - c.px_mm)) * noise(round_ / 0.9, c.y / 0.9, 5)
    nostril = c.spot(6.2 * s.nose_width, -40.8 - s.nose_length_mm, 3.6, 2.2) * (c.z > 6)
    c.mix(0.75 * nostril, c.tint(0.30, 0.18, 0.16))


def _brow(c: _Canvas, head: Head, p: Portrait) -> None:
    hair = np.array(p.hair_colour, F)[:, None] / 255
    u = (c.ax - head.eye[0]) / F(22)
    v = c.y - F(20.0 + 4 * p.brows_raised) - F(4.6) * (1 - u * u) + F(1.2) * u
    thick = F(3.4) * np.clip(0.68 - 0.32 * u, 0.22, 1)
    slope = F(0.9) - F(0.5) * u  # hairs lean outwards, more so towards the tail
    hairs = streaks(3 * (c.ax - slope * c.y), 6 * (c.y + slope * c.ax), c.px_mm * 2, p.seed + 7)
    hairs = np.clip(F(0.86) + F(0.5) * hairs, 0, 1)
    mask = c.inside(np.abs(v) - thick, 3.0) * c.inside((np.abs(u) - F(0.97)) * 22, 3.5) * hairs
    c.mix(F(0.82) * mask, np.minimum(hair, 0.75 * c.skin))


def _eye(c: _Canvas, head: Head, p: Portrait) -> None:
    right, left = p.closed
    closed = np.where(c.x < 0, F(right), F(left))
    u = (c.ax - F(head.eye[0])) / F(EYE_HALF_MM)
    near, t = np.abs(u) < 1.06, np.clip(1 - u * u, 0, 1)
    top, low = eyelids(u, closed, p.smile)
    v = c.y
    opening = c.inside(np.maximum(v - top, low - v), 1.0) * (t > 0)
    shade = np.exp(-np.maximum(top - v, 0) / F(2.2))
    yaw, pitch = np.radians(p.gaze_deg)
    side = np.sign(c.x)
    dx = c.x - side * F(head.eye[0]) - F(EYEBALL_MM * np.sin(yaw))
    dy = v + F(EYEBALL_MM * np.sin(pitch))
    r = np.hypot(dx, dy)
    white = np.array([[0.90], [0.87], [0.85]], F) * (1 - F(0.34) * shade - F(0.18) * np.abs(u) ** 3)
    c.mix(opening, white)
    c.mix(opening * c.inside((u + F(0.86)) * 10, 2.5), c.tint(0.95, 0.70, 0.68))  # the inner corner
    iris = np.array(p.iris_colour, F)[:, None] / 255
    fibres = F(1) + F(0.16) * np.sin(np.arctan2(dy, dx) * 23 + 3 * np.sin(np.arctan2(dy, dx) * 5))
    ring = np.clip(F(1.35) - F(0.14) * np.abs(r - F(3.4)) * 1.0, 0.45, 1.3) * np.clip(
        (IRIS_MM + 0.5 - r) / 1.6, 0.35, 1
    )
    c.mix(opening * c.inside(r - F(IRIS_MM), 1.1), iris * ring * fibres * (1 - F(0.40) * shade))
    pupil = np.array([[0.03 + 0.80 * p.red_eyes], [0.03 + 0.07 * p.red_eyes], [0.03 + 0.05 * p.red_eyes]], F)
    c.mix(opening * c.inside(r - F(PUPIL_MM + 0.8 * p.red_eyes), 0.9), pupil)
    a, e = np.radians([p.light_azimuth_deg, p.light_elevation_deg])
    glint = np.hypot(dx - F(3.2 * np.sin(a)), dy - F(3.2 * np.sin(e) + 0.8)) - F(1.15)
    c.mix(F(0.9) * opening * c.inside(glint, 1.0), 1.0)
    dark = np.minimum(np.array(p.hair_colour, F)[:, None] / 255 * F(0.35), 0.2)
    c.mix(F(0.92) * near * c.inside(np.abs(v - top - F(0.35)) - F(0.95) * (F(0.35) + t), 1.0), dark)
    c.mix(F(0.35) * near * c.inside(np.abs(v - low + F(0.5)) - F(0.55), 1.2), c.tint(0.55, 0.36, 0.34))
    crease = v - F(4.9) - F(4.3) * t
    c.mix(F(0.5) * near * c.inside(np.abs(crease) - F(0.4), 1.9), c.tint(0.52, 0.36, 0.32))


def _mouth(c: _Canvas, head: Head, p: Portrait) -> None:
    line, half, t = mouth_line(c.ax, p)
    full = p.proportions.lip_fullness
    v, gap = c.y - line, F(head.gap) * t ** F(0.6)
    bow = F(5.6 * full) * t**0.6 * (1 - F(0.25) * np.exp(-((c.ax / 5.2) ** 2)))
    lips = c.inside(np.maximum(v - bow, -gap - F(7.2 * full) * t**0.55 - v), 2.3) * (t > 0)
    c.mix(F(0.75) * lips, c.tint(0.86, 0.58, 0.57))
    fold = F(0.12) * noise(c.x / 1.6, v / 7, 9) + F(0.30) * np.exp(-(((v + 3.2) / 1.8) ** 2)) * (c.ax < 15)
    c.mix(np.clip(lips * fold, 0, 1), c.tint(1.0, 0.80, 0.78))
    if p.smile > 0:  # the fold from the nose's wing round the mouth's corner
        at = F(19) + F(0.32) * (F(-46) - c.y) + F(3 * p.smile)
        crease = np.exp(-(((c.ax - at) / F(1.8)) ** 2)) * ramp(-c.y, 44, 50) * (1 - ramp(-c.y, 64, 74))
        c.mix(F(0.30 * p.smile) * crease, c.tint(0.72, 0.58, 0.55))
    corner = np.exp(-(((c.ax - F(half)) / 3) ** 2) - (v / 2.6) ** 2)
    c.mix(F(0.35) * corner, c.tint(0.55, 0.40, 0.38))
    if head.gap > 0.3:
        _teeth(c, v, gap, half, t)
    seam = np.minimum(np.abs(v), np.abs(v + gap)) - F(0.45)
    c.mix(F(0.8) * c.inside(seam, 1.4) * ramp(t, 0.0, 0.25), c.tint(0.35, 0.23, 0.23))


def _teeth(c: _Canvas, v: Array, gap: Array, half: float, t: Array) -> None:
    """Between open lips: the dark of the mouth, the tongue, the upper teeth."""
    hole = c.inside(np.maximum(v, -gap - v), 1.0) * ramp(t, 0.0, 0.2)
    c.mix(hole, np.array([[0.20], [0.06], [0.06]], F))
    tongue = np.exp(-((c.ax / F(0.6 * half)) ** 2) - ((v + gap) / np.maximum(F(0.35) * gap, 1)) ** 2)
    c.mix(F(0.8) * hole * tongue, np.array([[0.55], [0.22], [0.22]], F))
    length = np.minimum(F(0.6) * gap, F(6.5) - F(0.006) * c.ax * c.ax)
    between = F(1) - F(0.16) * np.exp(-((np.abs((c.ax + F(0.2)) % F(7.6) - F(0.2)) / F(0.5)) ** 2))
    round_ = np.clip(F(1.05) - (c.ax / F(half)) ** 2, 0, 1) * (F(0.82) + F(0.18) * np.clip(-v / 4, 0, 1))
    rows = hole * c.inside(np.maximum(v, -length - v), 0.9) * (length > 0.8)
    c.mix(rows, np.array([[0.88], [0.85], [0.78]], F) * between * round_)
