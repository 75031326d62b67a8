"""Attacks with paper: a photo that is printed and tilted, or bent.

The attacker reads the prompts and moves the paper as the head in the photo would move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from samples.liveness.acts import level, reached
from samples.liveness.optics import (
    Bend,
    Lighting,
    Pose,
    Sheet,
    Wander,
    captured,
    from_bent,
    from_flat,
    lens,
    light_of,
    seen,
)
from samples.liveness.store import Shown
from samples.portrait.backdrop import backdrop
from samples.portrait.camera import CROWN_CHIN_MM
from samples.portrait.light import to_linear
from samples.portrait.paint import skin_colour
from samples.portrait.parameters import Portrait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from samples.liveness.attacks import Attack
    from samples.liveness.stills import Picture
    from samples.portrait.camera import Camera
    from samples.portrait.distance import Array

__all__ = ["Hand", "Stage", "bent_print", "facts_of", "set_up", "sheet_of", "tilted_print"]

F = np.float32
FACE_WIDTH_MM = 137.0  # of the default head, which radii of bent paper are given in
_TIGHTEST, _WIDEST = 0.6, 2.5  # radii, in face widths
_PAPER, _INK = 0.88, 0.03  # light that white paper and full ink give back
_GROUNDS = ("office", "plain", "cluttered", "gradient", "foliage")
_THUMB_MM, _HAND_MM = 9.5, 90.0  # a thumb's radius; how far hands are drawn beyond the paper
_AROUND = 0.1  # how far the background reaches beyond the picture, of its size


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """What stays the same through a clip."""

    camera: Camera
    lighting: Lighting
    wall: Array  # linear light, larger than the picture
    noise: float
    blur_px: float
    shake: Callable[[float], Any]  # px (2,) by time

    def around(self, seconds: float) -> Array:
        """The part (H, W, 3) of the background that shows."""
        (w, h), (dx, dy) = self.camera.size_wh, self.shake(seconds)
        x, y = (self.wall.shape[1] - w) / 2 + dx, (self.wall.shape[0] - h) / 2 + dy
        return cv2.warpAffine(
            self.wall, np.array([[1, 0, x], [0, 1, y]]), (w, h), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )


def set_up(attack: Attack, rng: np.random.Generator) -> Stage:
    w, h = attack.size_wh
    wide = round(w * (1 + 2 * _AROUND)), round(h * (1 + 2 * _AROUND))
    ground = Portrait(
        size_wh=wide,
        background=_GROUNDS[int(rng.integers(len(_GROUNDS)))],
        background_colour=tuple(int(v) for v in rng.integers(110, 225) + rng.integers(-12, 12, 3)),  # type: ignore[arg-type]
    )
    turn, rise = np.radians(rng.uniform((-50, 5), (50, 50)))
    toward = (np.sin(turn) * np.cos(rise), -np.sin(rise), -np.cos(turn) * np.cos(rise))
    amplitude, path = rng.uniform(0, 2) * min(w, h) / 480, Wander(rng, 2)
    return Stage(
        camera=lens(attack.size_wh, float(rng.uniform(26, 35))),
        lighting=Lighting(
            tuple(float(v) for v in toward), float(rng.uniform(0.2, 0.6)), float(rng.choice([0, 0, 0.05]))
        ),
        wall=to_linear(backdrop(ground, rng)),
        noise=float(rng.uniform(1, 4)),
        blur_px=float(rng.uniform(0.4, 0.8)),
        shake=lambda seconds: amplitude * path.at(seconds),
    )


def sheet_of(picture: Picture, layout: str, rng: np.random.Generator, life: float) -> Sheet:
    """A photo printed so that the head has `life` times its natural size.

    `layout` is "filling" (all of the photo, to its edge), "bordered" (the head and shoulders with white around them) or
    "held" (the same, with the thumbs that hold it).
    """
    pixels, (x, y) = picture.pixels, picture.eye_mid
    h, w = pixels.shape[:2]
    if layout != "filling":
        tall = picture.head_px / rng.uniform(0.5, 0.62)
        wide = tall * rng.uniform(0.74, 1.0)
        left, top = max(int(x - wide / 2), 0), max(int(y - 0.46 * tall), 0)
        right, low = min(int(x + wide / 2), w), min(int(y + 0.54 * tall), h)
        pixels, x, y = pixels[top:low, left:right], x - left, y - top
    light = light_of(pixels)
    grey = light.mean(2, keepdims=True)
    light = F(_INK) + F(_PAPER - _INK) * (F(0.92) * light + F(0.08) * grey)
    there = np.ones(light.shape[:2], F)
    if layout != "filling":
        edge = round(rng.uniform(0.02, 0.07) * light.shape[0])
        light = cv2.copyMakeBorder(light, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(_PAPER,) * 3)
        there = np.ones(light.shape[:2], F)
        x, y = x + edge, y + edge
    sheet = Sheet(light, there, picture.mm_per_px * life, (float(x), float(y)))
    return _with_thumbs(sheet, rng) if layout == "held" else sheet


def _with_thumbs(sheet: Sheet, rng: np.random.Generator) -> Sheet:
    """Thumbs over the lower half of both side edges, and what is seen of the hands beyond the paper."""
    reach = round(_HAND_MM / sheet.mm_per_px)
    light = cv2.copyMakeBorder(sheet.light, 0, 0, reach, reach, cv2.BORDER_REPLICATE)
    there = cv2.copyMakeBorder(sheet.there, 0, 0, reach, reach, cv2.BORDER_CONSTANT, value=0)
    h, w = there.shape
    skin = to_linear(skin_colour(float(rng.uniform(30, 78))))
    y, x = np.mgrid[:h, :w].astype(F) * F(sheet.mm_per_px)
    for side in (-1, 1):
        edge = (reach if side < 0 else w - reach) * sheet.mm_per_px
        tip = edge - side * rng.uniform(10, 22), h * sheet.mm_per_px * rng.uniform(0.55, 0.75)
        rise = rng.uniform(0.2, 0.8)
        along = np.maximum((side * (x - F(tip[0])) + F(rise) * (y - F(tip[1]))) / F(1 + rise * rise), 0)
        far = np.hypot(x - F(tip[0]) - F(side) * along, y - F(tip[1]) - F(rise) * along)
        radius = F(_THUMB_MM) + F(0.25) * np.maximum(along - F(30), 0)  # the ball of the thumb
        cover = np.clip((radius - far) / F(sheet.mm_per_px) + F(0.5), 0, 1)
        round_ = skin * (F(0.55) + F(0.45) * np.sqrt(np.clip(1 - (far / (radius + F(0.1))) ** 2, 0, 1)))[..., None]
        light += (round_.astype(F) - light) * cover[..., None]
        there = np.maximum(there, cover)
    return replace(sheet, light=light, there=there, pivot_px=(sheet.pivot_px[0] + reach, sheet.pivot_px[1]))


class Hand:
    """The attacker's hand: holds the paper at some distance and moves it as the prompts ask."""

    def __init__(self, attack: Attack, camera: Camera, life: float, rng: np.random.Generator) -> None:
        w, h = attack.size_wh
        head = rng.uniform(0.42, 0.56)
        depth = camera.focal_px * CROWN_CHIN_MM * life / (head * h)
        x, y = rng.uniform((0.46, 0.42), (0.54, 0.49))
        self._rest = camera.rays(np.array([x * w]), np.array([y * h]))[:, 0] * depth
        self._tilt = rng.uniform(-4, 4, 3)
        self._about = np.array([rng.uniform(-90, 90), rng.uniform(-40, 60), 0.0]) * life * (rng.random() < 0.5)
        self._roll = rng.uniform(-0.15, 0.15)
        self._events, self._sway = attack.events, Wander(rng, 6)
        self._unsteady = np.array([*rng.uniform(0.4, 1.3, 3), *rng.uniform(0.8, 2.5, 3)])

    def at(self, seconds: float) -> Pose:
        sway = self._unsteady * self._sway.at(seconds)
        turned = reached(self._events, "turn-left", seconds) - reached(self._events, "turn-right", seconds)
        yaw = self._tilt[0] + sway[0] + turned
        pitch = self._tilt[1] + sway[1] + reached(self._events, "nod", seconds)
        roll = self._tilt[2] + sway[2] + self._roll * turned
        pivot = self._rest * (1 - reached(self._events, "move-closer", seconds)) + sway[3:]
        straight = Pose(*self._tilt, (0, 0, 0)).turn
        pivot = pivot + straight @ self._about - Pose(yaw, pitch, roll, (0, 0, 0)).turn @ self._about
        return Pose(float(yaw), float(pitch), float(roll), tuple(float(v) for v in pivot))  # type: ignore[arg-type]


def facts_of(pose: Pose) -> dict[str, Any]:
    return {
        "sheet_deg": [round(v, 2) for v in (pose.yaw_deg, pose.pitch_deg, pose.roll_deg)],
        "sheet_mm": [round(v, 1) for v in pose.pivot_mm],
    }


def tilted_print(attack: Attack, folder: Path) -> Iterator[Shown]:
    """A flat print, turned about both axes and brought nearer."""
    rng = np.random.default_rng(attack.seed)
    stage = set_up(attack, rng)
    life = float(rng.uniform(0.55, 1.0))
    sheet = sheet_of(attack.picture(folder), attack.variant, rng, life)
    hand = Hand(attack, stage.camera, life, rng)
    for seconds in attack.times:
        pose = hand.at(seconds)
        light, there = seen(sheet, *from_flat(sheet, pose, stage.camera), stage.lighting)
        light = light + (1 - there)[..., None] * stage.around(seconds)
        yield Shown(captured(light, rng, noise=stage.noise, blur_px=stage.blur_px), facts_of(pose))


def bent_print(attack: Attack, folder: Path) -> Iterator[Shown]:
    """A print bent round an upright or slanted line, more and less, while it is turned."""
    rng = np.random.default_rng(attack.seed)
    stage = set_up(attack, rng)
    life = float(rng.uniform(0.55, 1.0))
    layout, _, way = attack.variant.partition("/")
    sheet = sheet_of(attack.picture(folder), layout, rng, life)
    hand = Hand(attack, stage.camera, life, rng)
    radius = (
        _TIGHTEST * (_WIDEST / _TIGHTEST) ** float(rng.uniform()) ** 1.5
    )  # tight ones more often: they deceive most
    most = (-1 if way == "hollow" else 1) / (radius * FACE_WIDTH_MM * life)
    slant = float(rng.choice([0.0, 0.0, rng.uniform(8, 28), -rng.uniform(8, 28)]))
    sway = Wander(rng, 1, (0.15, 0.7))
    for seconds in attack.times:
        pose = hand.at(seconds)
        part = 0.8 + 0.2 * float(sway.at(seconds)[0])
        if way == "flexed":  # bent only as the head is to be turned
            part = 0.15 + 0.85 * max((level(e, seconds) for e in attack.events), default=0.0)
        bend = Bend(most * part, slant)
        light, there = seen(sheet, *from_bent(sheet, pose, bend, stage.camera), stage.lighting)
        light = light + (1 - there)[..., None] * stage.around(seconds)
        facts = facts_of(pose) | {"radius_mm": round(1 / bend.curvature, 1), "slant_deg": round(slant, 1)}
        yield Shown(captured(light, rng, noise=stage.noise, blur_px=stage.blur_px), facts)
