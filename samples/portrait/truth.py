"""What is known exactly about a rendered portrait, in the photo and on any card cut from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from samples.portrait.head import EAR_ROOT_Z, EYEBALL_MM, Head
from samples.portrait.paint import eyelids
from samples.portrait.trace import meet

if TYPE_CHECKING:
    from samples.portrait.camera import Camera, Frame
    from samples.portrait.parameters import Portrait

__all__ = ["Truth", "alpha_on_card", "hair_top_row", "tell", "upright"]

Points = NDArray[np.float64]
HAIR_TOP_PX = 3.0  # the first row whose alpha sums to this is the hair top
HAIR_TOP_HALF_WIDTH = 0.35  # of the face width, to each side of the eye midpoint
CHEEK_Y = -14.0  # mm: the height, between eyes and nose, at which the face's width is taken


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Ground truth in photo px (corners at whole numbers); sides are the subject's own, right before left.

    `eye_centres`, `iris_centres` (2, 2). `chin` and `crown` (2,) are the lowest point of the chin's midline and
    the highest of the bare skull along the head's own axis; `face_sides` (2, 2) the points where the cheeks
    meet the ears (or hide them), as far out as the surface in front of the ear's root is seen. The curves
    are the projected surface that those extremes are taken from: (2, n) each, so that any affine can be
    measured afresh. `lid_gap_px` (2,) is each eye's opening in its middle, `mouth_gap_px` between the lips.
    """

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    focal_px: float
    distance_mm: float
    eye_centres: Points
    iris_centres: Points
    chin_curve: Points
    crown_curve: Points
    right_curve: Points
    left_curve: Points
    ear_curve: Points
    lid_gap_px: Points
    mouth_gap_px: float

    @property
    def eye_mid(self) -> Points:
        return self.eye_centres.mean(0)

    @property
    def ied_px(self) -> float:
        return float(np.hypot(*(self.eye_centres[1] - self.eye_centres[0])))

    @property
    def across(self) -> Points:
        """Unit vector (2,) from the right eye to the left."""
        axis = self.eye_centres[1] - self.eye_centres[0]
        return np.asarray(axis / np.hypot(*axis))

    @property
    def down(self) -> Points:
        """Unit vector (2,) square to the eye line, towards the chin."""
        return np.array([-self.across[1], self.across[0]])

    @property
    def chin(self) -> Points:
        return self.chin_curve[:, np.argmax(self.down @ self.chin_curve)]

    @property
    def crown(self) -> Points:
        return self.crown_curve[:, np.argmin(self.down @ self.crown_curve)]

    @property
    def face_sides(self) -> Points:
        right = self.right_curve[:, np.argmin(self.across @ self.right_curve)]
        return np.stack([right, self.left_curve[:, np.argmax(self.across @ self.left_curve)]])

    @property
    def face_width_px(self) -> float:
        """Between the lines where the cheeks meet the ears, along the eye line."""
        right, left = self.face_sides
        return float((left - right) @ self.across)

    def measures(
        self, alpha: NDArray[np.float32], photo_to_card: NDArray[np.float64], size_wh: tuple[int, int]
    ) -> dict[str, float]:
        """What the card cut by `photo_to_card` (2, 3) measures, card px, by the names of ephoto.specs.model.

        `alpha` (H, W) is the photo's true alpha; it is warped with the card and the hair top read from it.
        """
        w, h = size_wh
        linear, shift = photo_to_card[:, :2], photo_to_card[:, 2]
        eyes = self.eye_centres @ linear.T + shift
        mid = eyes.mean(0)
        curves = {
            name: linear @ getattr(self, name + "_curve") + shift[:, None]
            for name in ("chin", "crown", "right", "left", "ear")
        }
        right, left = float(curves["right"][0].min()), float(curves["left"][0].max())
        chin, crown = float(curves["chin"][1].max()), float(curves["crown"][1].min())
        ears = curves["ear"][0]
        width = left - right
        hair = hair_top_row(alpha_on_card(alpha, photo_to_card, size_wh), float(mid[0]), width)
        return {
            "face_width": width,
            "head_width": float(np.ptp(ears)),
            "ied": float(np.hypot(*(eyes[1] - eyes[0]))),
            "crown_chin": chin - crown,
            "hair_chin": chin - hair,
            "hair_top_gap": hair,
            "crown_gap": crown,
            "eye_from_top": float(mid[1]),
            "eye_line_from_bottom": h - float(mid[1]),
            "chin_gap": h - chin,
            "eye_mid_x": float(mid[0]),
            "side_gap": float(min(ears.min(), w - ears.max())),
            "roll": float(np.degrees(np.arctan2(eyes[0, 1] - eyes[1, 1], eyes[1, 0] - eyes[0, 0]))),
        }


def upright(truth: Truth) -> NDArray[np.float64]:
    """The affine (2, 3) that turns the photo about the eye midpoint until the eye line is level."""
    linear = np.stack([truth.across, truth.down])
    return np.concatenate([linear, (truth.eye_mid - linear @ truth.eye_mid)[:, None]], axis=1)


def hair_top_row(alpha: NDArray[np.float32], eye_mid_x: float, face_width: float) -> float:
    """The first row where alpha, summed over the columns within 0.35 face widths of the eyes, reaches 3 px.

    The row's upper edge, px; the picture's height if there is none.
    """
    reach = HAIR_TOP_HALF_WIDTH * face_width
    x0, x1 = max(round(eye_mid_x - reach), 0), min(round(eye_mid_x + reach), alpha.shape[1])
    rows = np.flatnonzero(alpha[:, x0:x1].sum(1) >= HAIR_TOP_PX)
    return float(rows[0]) if len(rows) else float(alpha.shape[0])


def alpha_on_card(
    alpha: NDArray[np.float32], photo_to_card: NDArray[np.float64], size_wh: tuple[int, int]
) -> NDArray[np.float32]:
    """Alpha (H, W) warped to the card: bilinear, averaged over the photo pixels under a card pixel; 0 outside."""
    w, h = size_wh
    linear = np.linalg.inv(photo_to_card[:, :2])
    shift = -linear @ photo_to_card[:, 2]
    n = max(1, int(np.ceil(np.sqrt(abs(np.linalg.det(linear))))))
    padded = np.pad(alpha, 1)
    out = np.zeros((h, w), np.float32)
    for dy, dx in np.ndindex(n, n):
        x, y = np.meshgrid(np.arange(w) + (dx + 0.5) / n, np.arange(h) + (dy + 0.5) / n)
        u = np.clip(linear[0, 0] * x + linear[0, 1] * y + shift[0] + 0.5, 0, padded.shape[1] - 1.001)
        v = np.clip(linear[1, 0] * x + linear[1, 1] * y + shift[1] + 0.5, 0, padded.shape[0] - 1.001)
        i, j = v.astype(np.intp), u.astype(np.intp)
        a, b = (v - i).astype(np.float32), (u - j).astype(np.float32)
        upper = padded[i, j] * (1 - b) + padded[i, j + 1] * b
        lower = padded[i + 1, j] * (1 - b) + padded[i + 1, j + 1] * b
        out += upper * (1 - a) + lower * a
    return out / np.float32(n * n)


def _surface(head: Head, flat: Points) -> dict[str, Points]:
    """Points (3, n) of the head's surface that everything is measured on; `flat` (2, n) are wanted x, y of the face."""
    a = np.radians(np.linspace(-10, 140, 61))  # from the chin's front, under it, to the throat
    out = np.stack([0 * a, -np.sin(a), np.cos(a)])
    chin = np.array(head.chin_centre)[:, None] + 60 * out
    y, z = (g.ravel() for g in np.meshgrid(np.linspace(-40, 24, 17), np.linspace(-110, -60, 26)))
    ear = np.stack([0 * z + 110, y, z])
    front = np.stack([*flat, 0 * flat[0] + 60])
    ways = [-out, np.repeat([[-1.0], [0], [0]], len(z), 1), np.repeat([[0.0], [0], [-1]], flat.shape[1], 1)]
    met = meet(head, np.hstack([chin, ear, front]), np.hstack(ways))
    chin, ear, front = np.split(met, [61, 61 + len(z)], axis=1)
    tilt, turn = (g.ravel() for g in np.meshgrid(np.radians(np.linspace(0, 50, 21)), np.radians(np.arange(0, 360, 15))))
    up = np.stack([np.sin(tilt) * np.cos(turn), np.cos(tilt), np.sin(tilt) * np.sin(turn)])
    z = np.linspace(EAR_ROOT_Z, -8, 28)
    start = np.hstack([np.array([[0], [25], [-86]]) + 140 * up, np.stack([0 * z + 110, 0 * z + CHEEK_Y, z])])
    met = meet(head.face, start, np.hstack([-up, np.stack([0 * z - 1, 0 * z, 0 * z])]))
    crown, left = np.split(met, [up.shape[1]], axis=1)
    flip = np.array([[-1.0], [1], [1]])
    return {
        "front": front,
        "chin": chin,
        "crown": crown,
        "right": left * flip,
        "left": left,
        "ear": np.hstack([ear * flip, ear]),
    }


def tell(p: Portrait, head: Head, frame: Frame, camera: Camera) -> Truth:
    """Measure the head that was rendered, on its own surface."""
    ex, lip = head.eye[0], head.mouth_y
    yaw, pitch = np.radians(p.gaze_deg)
    sides = np.array([-ex, ex])
    lids = np.stack(eyelids(np.zeros(2), np.array(p.closed), p.smile))
    x = np.concatenate([sides, sides + EYEBALL_MM * np.sin(yaw), sides, sides])
    y = np.concatenate([[0, 0], [-EYEBALL_MM * np.sin(pitch)] * 2, lids[0], lids[1]])
    seen = {name: camera.project(frame.to_camera(at)) for name, at in _surface(head, np.stack([x, y])).items()}
    eyes, irises, upper, lower = np.split(seen["front"], 4, axis=1)
    lips = camera.project(frame.to_camera(np.array([[0.0, 0], [lip, lip - head.gap], [12, 12]])))
    return Truth(
        yaw_deg=p.yaw_deg,
        pitch_deg=p.pitch_deg,
        roll_deg=p.roll_deg,
        focal_px=camera.focal_px,
        distance_mm=float(frame.shift[2]),
        eye_centres=eyes.T,
        iris_centres=irises.T,
        chin_curve=seen["chin"],
        crown_curve=seen["crown"],
        right_curve=seen["right"],
        left_curve=seen["left"],
        ear_curve=seen["ear"],
        lid_gap_px=np.hypot(*(upper - lower)),
        mouth_gap_px=float(np.hypot(*(lips[:, 0] - lips[:, 1]))),
    )
