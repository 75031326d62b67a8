"""Hair as a mass that grows out of the scalp: its surface, its hairline and the way its strands run.

Head frame, mm. A style has a thickness over the bare head; it falls to nothing at the hairline, so hair
grows out of the skin. Strands run along the lines of a potential `across`: where that potential is constant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.covering import above_brim
from samples.portrait.distance import Array, Point, capsule, ellipsoid, mirrored, smooth_max, smooth_min
from samples.portrait.texture import noise, ramp

if TYPE_CHECKING:
    from samples.portrait.head import Head
    from samples.portrait.parameters import Portrait

__all__ = ["HAIR_SCALE", "Hair"]

F = np.float32
HAIR_SCALE = 0.7  # the surface is steeper than a distance: what sphere tracing multiplies it with
UNDER_SKIN_MM = 1.5  # how deep the surface runs where no hair grows
# lower rim of short hair over depth z: nape, behind the ear, over it, sideburn
RIM_Z = (-185.0, -140.0, -108.0, -100.0, -78.0, -73.0, -62.0, -50.0)
RIM_Y = (-62.0, -62.0, -40.0, 14.0, 22.0, -4.0, -2.0, 22.0)
# a tress beside the face: points of its axis and radii there
TRESS: tuple[Point, ...] = (
    (52, 82, -54),
    (74, 36, -60),
    (81.5, -30, -64),
    (79, -110, -64),
    (76, -180, -56),
    (80, -238, -50),
)
TRESS_RADIUS = (13.0, 14.0, 19.0, 24.0, 24.0, 13.0)
STYLES = {  # thickness on top and at the sides, from the hairline to full thickness (mm)
    "short": (19.0, 5.5, 40.0),
    "long": (16.0, 9.0, 34.0),
    "tall": (22.0, 7.0, 34.0),
    "strands": (20.0, 17.0, 30.0),
}


def _wave(q: Array) -> Array:
    """How far the tresses swing outwards, mm, not alike on both sides."""
    return F(4.5) * np.sin(F(0.042) * q[1] + F(0.9) * np.sign(q[0])) * ramp(-q[1], -30, 60)


class Hair:
    """Signed distance of a head of hair; call it with points (3, n)."""

    def __init__(self, p: Portrait, head: Head) -> None:
        self.kind = "short" if p.hair == "covering" else p.hair
        self.hat = p.hair == "covering"
        self._head, self._volume = head, p.hair_volume
        self._up = p.proportions.skull_height_mm
        self._fringe = p.fringe_mm
        self._wide = p.proportions.face_width
        self.parting = -24.0 if self.kind == "short" else 6.0

    def __call__(self, q: Array) -> Array:
        s = self.across(q)
        d = self._head.face(q) - self._thickness(q, s)
        if self.kind == "long":
            m = mirrored(q)
            m[0] -= _wave(q)
            d = smooth_min(d, self._tresses(m, s), 16)
        elif self.kind == "tall":
            v = self._volume
            crown = ellipsoid(q, (0, 84 + 0.5 * self._up, -80), (72 * self._wide, 82 * v, 75))
            d = smooth_min(d, crown, 24)
        if self.hat:
            d = smooth_max(d, above_brim(q) - F(6), 4)
        waves = np.sin(s * F(0.50) + F(1.6) * np.sin(q[1] * F(0.035) + s * F(0.13)))
        return F(HAIR_SCALE) * (d - F(0.9 if self.kind == "long" else 0.5) * waves)

    def hairline(self, q: Array) -> Array:
        """How far inside the hair's area a point of the scalp lies, mm; negative where none grows."""
        m = mirrored(q)
        low = 62.0 + 0.6 * self._up - self._fringe
        corner = F(4) * np.exp(-(((m[0] - F(42)) / F(13)) ** 2))  # the temples recede a little
        if self.kind == "long":  # two curtains from the parting
            arch = np.stack([np.abs(q[0] - F(0.15 * self.parting)) + F(20), m[1], m[2]])
            oval = ellipsoid(arch, (0, low - 92, 6), (87 * self._wide, 96, 66))
        else:
            oval = ellipsoid(m, (0, low - 76, 6), (69 * self._wide, 76, 64)) - corner
        if self.hat:
            oval = np.minimum(oval, F(4) - above_brim(q))
        rim = q[1] - np.interp(q[2], RIM_Z, RIM_Y).astype(F)
        rim = rim + F(max(self._fringe - 25, 0)) * ramp(q[2], -60, -35)
        return smooth_min(oval, F(0.8) * rim, 8)

    def across(self, q: Array) -> Array:
        """A potential, mm, that is constant along each strand."""
        y, z = q[1], q[2] + F(95)
        if self.kind != "long":  # from the crown's whorl down to the rim, swept aside over the forehead
            turn = np.arctan2(q[0], z) * F(78)
            return turn + F(14) * ramp(y, 30, 110) * (1 - ramp(np.abs(q[0]), 20, 90))
        x = np.abs(q[0])
        over = np.arctan2(z, y - F(10)) * F(85)  # from the parting sideways
        fall = np.arctan2(z, x) * F(78)  # down at the back
        fall = fall + (z + F(0.2) * y - fall) * ramp(z, -40, 5)  # down at the sides
        tress = np.arctan2(z - F(35), x - F(80) - _wave(q)) * F(24)  # round the tress beside the face
        low = ramp(-y, -50, 20) * ramp(z, 0, 25)
        fall = fall + (tress - fall) * low
        return over + (fall - over) * ramp(x, 30, 68)

    def along(self, q: Array) -> Array:
        """A coordinate that grows along the strands, mm."""
        return np.hypot(q[0] - F(self.parting), F(0.4) * q[2] + F(36)) - q[1]

    def _thickness(self, q: Array, across: Array) -> Array:
        h = self.hairline(q) + F(1.5) * np.sin(F(0.9) * across + F(2) * np.sin(F(0.31) * across))
        crown, side, fade = STYLES[self.kind]
        above = q[1] - F(15)
        top = ramp(above / np.sqrt(above * above + q[0] * q[0] + F(1)), 0.3, 0.97) * (above > 0)
        full = F(side) + F(crown - side) * top
        if self.kind == "short":
            full = (full + F(5) * top * ramp(q[2], -100, -20)) * (1 - F(0.5) * ramp(-q[1], -10, 60))
        if self._fringe > 0:  # it falls over the brows
            full = np.maximum(full, F(min(0.6 * self._fringe, 15)) * ramp(q[2], -50, -15))
        t = np.clip(h * F(1 / fade), 0, 1)
        rise = t * (F(1.6) - F(0.6) * t)
        return full * F(self._volume) * rise - F(UNDER_SKIN_MM) * (1 - t) - np.maximum(-h, 0) * F(0.2)

    def _tresses(self, m: Array, across: Array) -> Array:
        d = ellipsoid(m, (0, -66, -128), (96, 150, 46))
        for i in range(len(TRESS) - 1):
            d = smooth_min(d, capsule(m, TRESS[i], TRESS[i + 1], TRESS_RADIUS[i], TRESS_RADIUS[i + 1]), 8)
        ends = F(-232) - m[1] + F(13) * noise(across / F(11), m[1] / F(90), 5)
        return smooth_max(d, ends, 10)
