"""The bare head: skull, face and ears as one signed distance in the head frame.

Head frame (mm): origin between the eyes on their surface, x to the image right, y up, z to the camera. The
head is symmetric, so its parts are written for x >= 0. Sizes follow adult means as anthropometric surveys
give them (63 between the pupils, bizygomatic 140, bigonial 110, nasion to menton 115, nose 36 wide).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from samples.portrait.distance import Array, Ellipsoids, Point, capsule, carve, ellipsoid, mirrored, smooth_min
from samples.portrait.ear import ear

if TYPE_CHECKING:
    from samples.portrait.parameters import Portrait

__all__ = ["EAR_ROOT_Z", "EYEBALL_MM", "Head", "mouth_line"]

F = np.float32
JAW_DROP_MM = 17.0  # how far the chin falls when the mouth is wide open
MOUTH_Y = -64.0
LIP_BEND_MM = 28.0  # radius of the dental arch, round which the lips are bent
EAR_ROOT_Z = -62.0  # depth of the line where the cheek meets the ear
EYEBALL_MM = 12.0

Part = tuple[float, Point, Point]  # fillet with what stands before it, centre, radii


def mouth_line(x: Array, p: Portrait) -> tuple[Array, float, Array]:
    """The line between the lips at |x|: its height, the mouth's half width, a profile (1 middle, 0 corner)."""
    half = (25.0 + 4.5 * p.smile - 3.0 * p.mouth_open) * p.proportions.mouth_width
    t = np.clip(1 - (x / F(half)) ** 2, 0, 1)
    y = F(MOUTH_Y - 0.4 * p.proportions.nose_length_mm - 2.0 * p.smile) + F((0.05 + p.smile) / 104) * x * x
    bow = F(0.9) * np.exp(-(((x - F(8)) / F(5)) ** 2)) - F(0.8) * np.exp(-((x / F(4)) ** 2))
    return y + bow * F(max(1 - 2.5 * p.mouth_open, 0)), half, t


class Head:
    """Signed distance of the head without hair and neck.

    `eye` is the pupil's (|x|, y); `chin_centre` the middle of the chin's bone; `gap` how far the lips are
    apart; `mouth_y` the height of the upper lip's lower rim.
    """

    def __init__(self, p: Portrait) -> None:
        self._p, s = p, p.proportions
        self.gap = JAW_DROP_MM * p.mouth_open
        self.mouth_y = float(mouth_line(np.zeros(1, F), p)[0][0])
        self.eye = (s.eye_distance_mm / 2, 0.0)
        self.chin_centre = (0.0, -94.3 - s.chin_length_mm - self.gap, -13.0 + s.chin_forward_mm)
        bulk, features = self._bulk(), self._features()
        self._bulk_fillets = [k for k, _, _ in bulk]
        self._feature_fillets = [k for k, _, _ in features]
        carved = self._carved()
        self._carve_fillets = [k for k, _, _ in carved]
        self._parts = Ellipsoids([(c, r) for _, c, r in bulk + features + carved])
        drop, out = s.nose_length_mm, s.nose_forward_mm
        self._bridge = ((0.0, 9.0, 0.5 + 0.5 * s.brow_forward_mm), (0.0, -27.0 - drop, 19.5 + out))
        w, j, g = s.face_width, s.jaw_width, self.gap
        lower, forward = 0.6 * s.chin_length_mm, 0.5 * s.chin_forward_mm
        self._gonion = (38.5 * j * w, -69.0 - 0.5 * g - 0.5 * lower, -56.0)
        self._ramus = (49.0 * w, -34.0, -64.0)
        self._mental = (18.0 * j, -89.5 - g - lower, -22.0 + forward)

    def _bulk(self) -> list[Part]:
        """What the face's outline is made of."""
        s, sm, g = self._p.proportions, self._p.smile, self.gap
        w, up = s.face_width, s.skull_height_mm
        return [
            (0, (0, 28.5 + up / 2, -90), (73.5 * w, 80 + up / 2, 98)),  # cranium
            (22, (0, -26 - 0.2 * g, -50), (59 * w, 66 + 0.2 * g, 53)),  # middle of the face
            (20, (43 * w, -16 + 2 * sm, -30), (20 * w, 17, 23)),  # cheek bone
            (24, (42.4 * w, -11, -50), (19 * w, 15, 27)),  # zygomatic arch
            (22, (31 * w, -45 + 3 * sm - 0.2 * g, -32), (22, 27, 24 + 2 * sm)),  # cheek
            (16, (0, -60 - 0.4 * g, -17), (31, 28 + 0.5 * g, 25)),  # round the teeth
            (15, self.chin_centre, (20.5 * s.jaw_width, 12.8 + 0.1 * g, 18.5)),  # chin
        ]

    def _features(self) -> list[Part]:
        """Brow, lids and nose."""
        s, ex = self._p.proportions, self.eye[0]
        drop, out, n = s.nose_length_mm, s.nose_forward_mm, s.nose_width
        brow = 2.5 * self._p.brows_raised
        return [
            (14, (21, 17.5 + brow, -9 + s.brow_forward_mm), (27, 8, 15)),  # brow ridge
            (4.5, (ex, 0.3, -14.5), (16.5, 13, 14.5)),  # lids over the eyeball
            (12, (0, -24 - 0.8 * drop, 3 + 0.8 * out), (9.5 * n, 20, 12.5)),  # sides of the nose
            (6, (0, -34 - drop, 20.5 + out), (8.8 * n, 7.8, 9.5)),  # tip of the nose
            (5.5, (11.8 * n, -37.2 - drop, 9.5 + 0.7 * out), (6.0 * n, 6.4, 9.6)),  # wing
            (4, (0, -41.5 - drop, 15 + 0.8 * out), (4.2, 3.6, 9)),  # columella
        ]

    def _carved(self) -> list[Part]:
        """Eye sockets, temples and nostrils."""
        s, ex = self._p.proportions, self.eye[0]
        drop, out, n = s.nose_length_mm, s.nose_forward_mm, s.nose_width
        return [
            (12, (ex + 0.5, 2.5, 17), (20, 11.5, 20)),  # socket
            (30, (88 * s.face_width, 14, -20), (22, 26, 26)),  # temple
            (2.2, (6.6 * n, -43.2 - drop, 13.5 + 0.8 * out), (3.5, 3.0, 5.2)),  # nostril
        ]

    def __call__(self, p: Array) -> Array:
        q = mirrored(p)
        parts = self._parts(q)
        d = self._face(q, parts)
        n, m = len(self._bulk_fillets), len(self._carve_fillets)
        brow, *rest = self._feature_fillets
        d = smooth_min(d, parts[n], brow)
        d = carve(d, parts[-m], self._carve_fillets[0])
        d = smooth_min(d, capsule(q, *self._bridge, 4.4, 6.8), 11)
        for row, k in zip(parts[n + 1 : -m], rest, strict=True):
            d = smooth_min(d, row, k)
        d = carve(d, parts[-1], self._carve_fillets[2])
        d = self._mouth(q, d)
        return smooth_min(d, ear(q, self._p.proportions.face_width), 5)

    def face(self, p: Array) -> Array:
        """The head without its ears, nose and mouth: what the face's width is measured on."""
        q = mirrored(p)
        return self._face(q, self._parts(q))

    def _face(self, q: Array, parts: Array) -> Array:
        d = parts[0]
        for row, k in zip(parts[1 : len(self._bulk_fillets)], self._bulk_fillets[1:], strict=True):
            d = smooth_min(d, row, k)
        m = np.stack([np.sqrt(q[0] * q[0] + F(40)), q[1], q[2]])  # no crease where both sides meet
        jaw = smooth_min(
            capsule(m, self._ramus, self._gonion, 9, 11), capsule(m, self._gonion, self._mental, 11, 12), 10
        )
        d = smooth_min(d, jaw, 26)
        return carve(d, parts[-2], self._carve_fillets[1])

    def _mouth(self, q: Array, d: Array) -> Array:
        line, half, _ = mouth_line(q[0], self._p)
        full = self._p.proportions.lip_fullness
        v = np.stack([q[0], q[1] - line, q[2] + q[0] * q[0] / F(2 * LIP_BEND_MM)])
        d = smooth_min(d, ellipsoid(v, (0, 2.6, 5.5), (half - 1.5, 4.6 * full, 8.6)), 5)
        if self.gap > 0.3:
            hollow = ellipsoid(v, (0, -0.5 * self.gap, 15), (half - 2.5, 0.5 * self.gap + 0.8, 13))
            d = carve(d, hollow, 2.5)
        return smooth_min(d, ellipsoid(v, (0, -4.4 - self.gap, 3.6), (half - 5, 5.6 * full, 8.8)), 5)
