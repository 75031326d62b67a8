"""The bare head: skull, face, ears and neck as one signed distance in the head frame.

Head frame (mm): origin between the eyes on their surface, x to the image right, y up, z to the camera.
The head is symmetric, so everything is written for x >= 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.distance import Array, Ellipsoids, Point, capsule, carve, ellipsoid, mirrored, smooth_min

if TYPE_CHECKING:
    from samples.portrait.parameters import Portrait

__all__ = ["EAR_ROOT_Z", "Head", "mouth_line"]

F = np.float32
JAW_DROP_MM = 18.0  # how far the chin falls when the mouth is wide open
MOUTH_Y = -64.0
EAR_ROOT_Z = -62.0  # depth of the line where the cheek meets the ear


def mouth_line(x: Array, p: Portrait) -> tuple[Array, float, Array]:
    """The line between the lips at |x|: its height, the mouth's half width, a profile (1 middle, 0 corner)."""
    half = (24.5 + 4.5 * p.smile - 3.0 * p.mouth_open) * p.proportions.mouth_width
    t = np.clip(1 - (x / F(half)) ** 2, 0, 1)
    y = F(MOUTH_Y - 0.5 * p.proportions.nose_length_mm - 2.0 * p.smile) + F((0.08 + p.smile) / 104) * x * x
    return y, half, t


class Head:
    """Signed distance of the head without hair and neck; `chin` and the like tell where its parts are."""

    def __init__(self, p: Portrait) -> None:
        self._p = p
        s = p.proportions
        self.mouth_y = MOUTH_Y - 0.5 * s.nose_length_mm - 2.0 * p.smile
        self.gap = JAW_DROP_MM * p.mouth_open
        self.eye = (s.eye_distance_mm / 2, 0.0)
        self.chin_centre = (0.0, -93.0 - s.chin_length_mm - self.gap, -23.0 + s.chin_forward_mm)
        g, w, j, up, sm = self.gap, s.face_width, s.jaw_width, s.skull_height_mm, p.smile
        ex, drop, out = self.eye[0], s.nose_length_mm, s.nose_forward_mm
        lift = 0.5 * s.chin_length_mm
        bulk: list[tuple[float, Point, Point]] = [
            (0, (0, 25 + up / 2, -86), (72.5 * w, 82.5 + up / 2, 94)),  # skull
            (19, (0, -32 - 0.4 * g, -52.5), (59 * w, 71 + 0.4 * g, 54)),  # face
            (17, (17.7 * j, -63.5 - 0.8 * g - lift, -58.8), (34.8 * j, 34.3, 43.7)),  # jaw
            (19, (42.6 * w, -16.6 + 3 * sm, -36), (21.3 * w, 18.7, 22.9)),  # cheek bone
            (14.5, (31 * w, -40.5 + 5 * sm, -27.5), (20.8, 20.8, 17.7 + 3 * sm)),  # cheek
            (14.5, (0, -60 - 0.5 * g, -21), (31, 29 + 0.5 * g, 23)),  # muzzle
            (19, (self.chin_centre), (24 * j, 18.2 + 0.2 * g, 21.8)),  # chin
            (12.5, (20.8, 20.3 + 2 * p.brows_raised, -8.8 + s.brow_forward_mm), (28, 8.3, 15.6)),  # brow ridge
        ]
        fine: list[tuple[float, Point, Point]] = [
            (4, (ex, 0, -15.6), (17.2, 14, 15.6)),  # lids
            (5, (0, -31.7 - drop, 19.8 + out), (9.6 * s.nose_width, 8.8, 10.4)),  # tip of the nose
            (7.8, (10.8 * s.nose_width, -34.8 - drop, 7.8 + 0.6 * out), (6.9 * s.nose_width, 6.9, 10.4)),  # wing
        ]
        self._bulk_fillets = [k for k, _, _ in bulk]
        self._fine_fillets = [k for k, _, _ in fine]
        self._parts = Ellipsoids(
            [(c, r) for _, c, r in bulk + fine]
            + [((ex, 1, 18.2), (20.8, 12, 20.8)), ((6 * s.nose_width, -42.2 - drop, 15.6 + out), (3.7, 2.9, 5.2))]
        )
        self._bridge = ((0.0, 11.4, -0.5 + 0.5 * s.brow_forward_mm), (0.0, -29.0 - drop, 20.0 + out))

    def __call__(self, p: Array) -> Array:
        q = mirrored(p)
        parts = self._parts(q)
        n = len(self._bulk_fillets)
        d = parts[0]
        for row, k in zip(parts[1:n], self._bulk_fillets[1:], strict=True):
            d = smooth_min(d, row, k)
        d = carve(d, parts[-2], 12.5)
        d = smooth_min(d, capsule(q, *self._bridge, 6.4, 8.8), 9.4)
        for row, k in zip(parts[n:-2], self._fine_fillets, strict=True):
            d = smooth_min(d, row, k)
        d = carve(d, parts[-1], 2)
        d = self._mouth(q, d)
        return smooth_min(d, self._ear(q), 6)

    def face(self, p: Array) -> Array:
        """The head without its ears: what the face's width is measured on."""
        q = mirrored(p)
        parts = self._parts(q)
        d = parts[0]
        for row, k in zip(parts[1 : len(self._bulk_fillets)], self._bulk_fillets[1:], strict=True):
            d = smooth_min(d, row, k)
        return d

    def _mouth(self, q: Array, d: Array) -> Array:
        line, _, _ = mouth_line(q[0], self._p)
        full = self._p.proportions.lip_fullness
        v = np.stack([q[0], q[1] - line, q[2]])
        d = smooth_min(d, ellipsoid(v, (0, 3.6, -3.1), (23, 5.4 * full, 8.8)), 5.2)
        if self.gap > 0:
            d = carve(d, ellipsoid(v, (0, -0.5 * self.gap, -0.5), (21, 0.5 * self.gap + 1, 21)), 3)
        return smooth_min(d, ellipsoid(v, (0, -5.2 - self.gap, -4.2), (18.2, 6 * full, 9.4)), 5.2)

    def _ear(self, q: Array) -> Array:
        w = self._p.proportions.face_width
        z = q[2] + F(86) + F(0.18) * q[1]  # ears lean back
        v = np.stack([q[0] + F(0.34) * z, q[1], z])
        ear = ellipsoid(v, (71.8 * w, -8.3, 0), (5.7, 29.6, 17.7))
        return F(0.88) * carve(ear, ellipsoid(v, (78.2 * w, -5.2, 3), (5.7, 20.8, 10.4)), 4)
