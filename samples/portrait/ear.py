"""An ear as a signed distance (head frame, mm, on the side x >= 0)."""

from __future__ import annotations

import numpy as np

from samples.portrait.distance import Array, Ellipsoids, carve, smooth_min

__all__ = ["ear"]

F = np.float32
CENTRE_Y, CENTRE_Z = -10.0, -80.0
LEAN = np.radians(14.0)  # the upper end lies further back
FLARE = np.radians(33.0)  # how far the rim stands off the head
ROOT_X = 68.5  # half the width between the roots at the default face width

_PARTS = Ellipsoids(
    [
        ((0.5, 1, 0), (4.2, 30.5, 18.0)),  # the sheet
        ((1.0, -24, -5.5), (4.2, 9.5, 8.5)),  # lobe
        ((5.2, 4, 2.5), (5.0, 20.5, 11.0)),  # hollow inside the rim
        ((4.4, -6, -3.5), (7.6, 10.5, 8.5)),  # concha
        ((2.0, -6, -15.5), (4.2, 6.5, 4.2)),  # tragus
        ((2.6, -1, 5.8), (2.6, 14.5, 3.0)),  # antihelix
    ]
)


def ear(p: Array, face_width: float) -> Array:
    """Distance to the ear; `face_width` scales where its root stands."""
    x, y, z = p[0] - F(ROOT_X * face_width), p[1] - F(CENTRE_Y), p[2] - F(CENTRE_Z)
    along = y * F(np.cos(LEAN)) - z * F(np.sin(LEAN))
    back = -z * F(np.cos(LEAN)) - y * F(np.sin(LEAN))  # > 0 behind the middle
    back = back - F(0.10) * along * (along > 0)  # the upper half is the broader one
    outward = x * F(np.cos(FLARE)) - (back + F(16)) * F(np.sin(FLARE)) + F(4)
    inside = back * F(np.cos(FLARE)) + x * F(np.sin(FLARE))
    v = np.stack([outward, along, inside])
    sheet, lobe, hollow, concha, tragus, fold = _PARTS(v)
    d = smooth_min(sheet, lobe, 6)
    d = carve(d, hollow, 3)
    d = smooth_min(d, fold, 3)
    d = carve(d, concha, 3)
    return F(0.9) * smooth_min(d, tragus, 4)
