"""What may cover the hair: a wound headscarf, a knitted hat (head frame, mm)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.distance import Array, capsule, carve, ellipsoid, mirrored, smooth_max, smooth_min
from samples.portrait.texture import noise, ramp

if TYPE_CHECKING:
    from samples.portrait.distance import Sdf
    from samples.portrait.head import Head
    from samples.portrait.parameters import Portrait

__all__ = ["above_brim", "covering", "folds"]

F = np.float32


def above_brim(q: Array) -> Array:
    """Height over the plane of the hat's lower rim, which falls to the back of the head."""
    return F(0.96) * (q[1] - F(46) - F(0.27) * q[2])


def covering(p: Portrait, head: Head) -> Sdf:
    """The surface of what is worn."""
    return _Scarf(p, head) if p.covering == "headscarf" else _Hat(head)


def folds(q: Array) -> Array:
    """Height of the cloth's folds, -1..1: they run round the face and down the shoulders."""
    around = np.arctan2(q[0], -q[1] - F(22)) * F(60)
    out = np.hypot(q[0], F(0.75) * (q[1] + F(22)))
    calm = 1 - ramp(q[1], 20, 70)  # drawn tight over the crown
    return calm * noise(out / F(13) + F(0.5) * np.sin(around / F(40)), around / F(70), 21)


class _Scarf:
    def __init__(self, p: Portrait, head: Head) -> None:
        self._head, self._wide = head, p.proportions.face_width
        self._chin = head.chin_centre[1] - 12

    def __call__(self, q: Array) -> Array:
        m = mirrored(q)
        d = smooth_min(self._head.face(q) - F(11), capsule(m, (0, -85, -92), (0, -232, -104), 66, 104), 44)
        d = smooth_min(d, ellipsoid(m, (70 * self._wide, -10, -84), (21, 42, 32)), 14)  # over the ears
        d = smooth_min(d, ellipsoid(m, (0, -190, -88), (128, 74, 88)), 40)
        low = self._chin - 19
        top = 58.0
        oval = ellipsoid(m, (0, (top + low) / 2, 22), (78 * self._wide, (top - low) / 2, 84))
        d = carve(d - F(2.2) * folds(q), oval, 7)
        hem = smooth_max(np.abs(oval - F(2.5)) - F(2.5), d - F(2), 2)
        return F(0.8) * smooth_min(d, hem, 4)


class _Hat:
    def __init__(self, head: Head) -> None:
        self._head = head

    def __call__(self, q: Array) -> Array:
        bare, up = self._head.face(q), above_brim(q)
        rib = F(0.8) * np.sin(np.arctan2(q[0], q[2] + F(90)) * 44)
        crown = smooth_max(bare - F(15) - rib - F(0.06) * np.maximum(up, 0), -up, 5)
        turned_up = smooth_max(smooth_max(bare - F(19.5) - rib, -up, 5), up - F(30), 6)
        return F(0.85) * smooth_min(crown, turned_up, 3)
