"""An attack with paper and living eyes: a print with holes, and eyes that blink a few mm behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from samples.liveness.optics import Pose, Sheet, captured, cover, from_flat, light_of, seen
from samples.liveness.prints import Hand, facts_of, set_up, sheet_of
from samples.liveness.store import Shown, frames, stored
from samples.portrait.paint import EYE_HALF_MM, eyelids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from samples.liveness.acts import Event
    from samples.liveness.attacks import Attack
    from samples.liveness.stills import Picture
    from samples.liveness.store import StoredClip
    from samples.portrait.distance import Array

__all__ = ["eye_holes"]

F = np.float32
_BEFORE_S, _AFTER_S = 0.12, 0.2  # what is shown of the source round a blink
_SHADE = 0.45  # of the light: what reaches the eyes at a hole's rim
_RIM_MM = 1.2


def eye_holes(attack: Attack, folder: Path) -> Iterator[Shown]:
    """A print with holes at the eyes, and behind them the eyes of a clip, which blink when a blink is asked."""
    rng = np.random.default_rng(attack.seed)
    stage = set_up(attack, rng)
    picture = attack.picture(folder)
    whole = sheet_of(picture, attack.variant, rng, 1.0)
    sheet = replace(whole, there=whole.there * (1 - _holes(whole, picture, float(rng.uniform(1.0, 1.35)))))
    hand, depth_mm = Hand(attack, stage.camera, 1.0, rng), float(rng.uniform(5, 15))
    eyes = _Eyes(stored(attack.clips[0], folder), attack.events, picture)
    for seconds in attack.times:
        pose = hand.at(seconds)
        maps = from_flat(sheet, pose, stage.camera)
        light, there = seen(sheet, *maps, stage.lighting)
        full = cover(whole, *maps[:2])
        behind, at = eyes.at(seconds, pose, depth_mm)
        eye_light, _ = seen(behind, *from_flat(behind, at, stage.camera), stage.lighting)
        hole = np.maximum(full - there, 0)
        rim = cv2.GaussianBlur(hole, (0, 0), _RIM_MM * stage.camera.focal_px / at.pivot_mm[2])
        open_ = hole * (F(_SHADE) + F(1 - _SHADE) * rim)
        light = light + open_[..., None] * eye_light + (1 - full)[..., None] * stage.around(seconds)
        facts = facts_of(pose) | {"depth_mm": round(depth_mm, 1), "source": eyes.number(seconds)}
        yield Shown(captured(light, rng, noise=stage.noise, blur_px=stage.blur_px), facts)


def _holes(sheet: Sheet, picture: Picture, wide: float) -> Array:
    """Where the sheet is cut (H, W), 0..1: along the lids of both eyes, `wide` times as large."""
    u = np.linspace(-1, 1, 33)
    top, low = eyelids(u, np.zeros_like(u), 0.0)
    rim = np.stack([np.concatenate([u, u[::-1]]) * EYE_HALF_MM, -np.concatenate([top, low[::-1]])]) * wide
    across = (picture.eyes[1] - picture.eyes[0]) / np.hypot(*(picture.eyes[1] - picture.eyes[0]))
    axes = np.column_stack([across, (-across[1], across[0])]) / picture.mm_per_px
    holes = np.zeros(sheet.there.shape, np.uint8)
    for eye, side in zip(picture.eyes, (-1, 1), strict=True):
        points = (axes @ (rim * [[side], [1]])).T + (eye - picture.eye_mid) + sheet.pivot_px
        cv2.fillPoly(holes, [np.rint(points * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
    return holes.astype(F) / F(255)


class _Eyes:
    """The eyes behind the paper: calm frames of a clip back and forth, and its blink when one is asked."""

    def __init__(self, clip: StoredClip, events: tuple[Event, ...], picture: Picture) -> None:
        self._pixels = [pixels for pixels, _ in frames(clip.path)]
        self._seen, self._fps = clip.truth["frames"], clip.truth["fps"]
        told = clip.truth["events"]
        self._blink = next(e for e in told if e["kind"] == "blink" and e["asked"])
        calm = min(e["start_s"] for e in told)
        self._calm = max(int(calm * self._fps) - 1, 2)
        self._asked = [e for e in events if e.kind == "blink"]
        self._span_mm = float(np.hypot(*(picture.eyes[1] - picture.eyes[0]))) * picture.mm_per_px
        self._roll = _roll_deg(picture.eyes)

    def number(self, seconds: float) -> int:
        """Which frame of the clip is shown at a moment."""
        for event in self._asked:
            late = seconds - event.start_s
            if -_BEFORE_S <= late <= self._blink["end_s"] - self._blink["start_s"] + _AFTER_S:
                return min(round((self._blink["start_s"] + late) * self._fps), len(self._pixels) - 1)
        turn = 2 * (self._calm - 1)
        k = round(seconds * self._fps) % turn
        return min(k, turn - k)

    def at(self, seconds: float, front: Pose, depth_mm: float) -> tuple[Sheet, Pose]:
        """The plane of the eyes, `depth_mm` behind the paper at `front`, and how it stands."""
        k = self.number(seconds)
        centres = np.array(self._seen[k]["eyes"])
        scale = self._span_mm / float(np.hypot(*(centres[1] - centres[0])))
        x, y = centres.mean(0)
        light = light_of(self._pixels[k])
        sheet = Sheet(light, np.ones(light.shape[:2], F), scale, (float(x), float(y)))
        pivot = np.array(front.pivot_mm) + front.turn @ (0, 0, depth_mm)
        roll = front.roll_deg + self._roll - _roll_deg(centres)
        return sheet, replace(front, roll_deg=roll, pivot_mm=tuple(float(v) for v in pivot))  # type: ignore[arg-type]


def _roll_deg(eyes: NDArray[np.float64]) -> float:
    """How far the eye line leans, with the sign of ephoto's Pose."""
    dx, dy = eyes[1] - eyes[0]
    return float(-np.degrees(np.arctan2(dy, dx)))
