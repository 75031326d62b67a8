"""A portrait that moves: frames with ground truth, quick enough for many clips.

The head's distance is sampled on a grid once (again round the mouth when it moves), hair and covering too, so
that a frame costs look-ups instead of formulas.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from samples.portrait import strands
from samples.portrait.backdrop import backdrop
from samples.portrait.baked import Baked
from samples.portrait.picture import Care, Rendered, compose
from samples.portrait.scene import COVER_BALL, HAIR_BALL, build

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from samples.portrait.baked import Box
    from samples.portrait.distance import Array, Sdf
    from samples.portrait.parameters import Portrait

__all__ = ["Clip", "Frame", "Keys", "render_clip"]

F = np.float32
Keys = tuple[tuple[float, float], ...]  # (seconds, value), in order of time; eased between, constant outside
CURVES = {
    *("yaw_deg", "pitch_deg", "roll_deg", "mouth_open", "smile", "brows_raised", "exposure_ev"),
    *("light_azimuth_deg", "light_elevation_deg", "light_strength", "blur_px"),
    *("position_x", "position_y", "eye_right_closed", "eye_left_closed", "gaze_x_deg", "gaze_y_deg", "distance_mm"),
}
HEAD_BOX: Box = ((0, -150, -210), (104, 130, 48))
LOWER_FACE: Box = ((-6, -150, -85), (80, -26, 48))  # what jaw and cheeks move
GRID_MM, HAIR_GRID_MM = 2.0, 2.5
MARGIN = 0.12  # of the picture's size: how far the background reaches beyond it
CLOTHES_BOX: Box = ((0, -640, -215), (275, -110, 20))
CLOTHES_GRID_MM = 3.0
QUICK = Care(fine=2, near_mm=0.2, steps=60, width_px=400)


@dataclass(frozen=True, slots=True)
class Clip:
    """What moves and how.

    `curves` maps names of CURVES to key frames; what is not named keeps the portrait's value. `shake_px` is
    the amplitude of a hand-held camera: picture, person and background move together. `drift_px_s` moves the
    background alone (to the image right, down). `shake_deg` lets the head itself sway a little.
    """

    portrait: Portrait
    seconds: float
    fps: float = 15.0
    curves: Mapping[str, Keys] = field(default_factory=dict)
    shake_px: float = 0.0
    shake_deg: float = 0.3
    drift_px_s: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        unknown = set(self.curves) - CURVES
        if unknown:
            raise ValueError(f"unknown curves {sorted(unknown)}; known: {sorted(CURVES)}")

    @property
    def frames(self) -> int:
        return round(self.seconds * self.fps)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a clip: when it was taken, and what is known of it."""

    seconds: float
    rendered: Rendered


def value_at(keys: Keys, seconds: float) -> float:
    """A curve's value: between two keys it eases in and out."""
    times = [t for t, _ in keys]
    i = int(np.clip(np.searchsorted(times, seconds, side="right") - 1, 0, len(keys) - 1))
    (t0, v0), (t1, v1) = keys[i], keys[min(i + 1, len(keys) - 1)]
    if t1 <= t0:
        return v0
    part = float(np.clip((seconds - t0) / (t1 - t0), 0, 1))
    return v0 + (v1 - v0) * part * part * (3 - 2 * part)


def posed(clip: Clip, seconds: float, sway: Sway) -> Portrait:
    """The portrait at one moment."""
    p = clip.portrait
    now: dict[str, Any] = {name: value_at(keys, seconds) for name, keys in clip.curves.items()}
    right, left = p.closed
    x, y = p.position
    dx, dy = sway.camera_px(seconds)
    a, b, c = sway.head_deg(seconds)
    changed: dict[str, Any] = {
        "eyes_closed": (now.pop("eye_right_closed", right), now.pop("eye_left_closed", left)),
        "gaze_deg": (now.pop("gaze_x_deg", p.gaze_deg[0]), now.pop("gaze_y_deg", p.gaze_deg[1])),
        "position": (
            now.pop("position_x", x) + dx / p.size_wh[0],
            now.pop("position_y", y) + dy / p.size_wh[1],
        ),
        "yaw_deg": now.pop("yaw_deg", p.yaw_deg) + a,
        "pitch_deg": now.pop("pitch_deg", p.pitch_deg) + b,
        "roll_deg": now.pop("roll_deg", p.roll_deg) + c,
    }
    return dataclasses.replace(p, **changed, **now)


class Sway:
    """Slow unsteadiness of the hand that holds the camera and of the head: sums of sines with random phases."""

    def __init__(self, clip: Clip, rng: np.random.Generator) -> None:
        self._clip = clip
        self._rate = rng.uniform(0.25, 1.6, (5, 3))
        self._phase = rng.uniform(0, 2 * np.pi, (5, 3))

    def _wave(self, k: int, seconds: float) -> float:
        angle = 2 * np.pi * self._rate[k] * seconds + self._phase[k]
        return float((np.sin(angle) * (0.6, 0.3, 0.2)).sum())

    def camera_px(self, seconds: float) -> tuple[float, float]:
        s = self._clip.shake_px
        return s * self._wave(0, seconds), s * self._wave(1, seconds)

    def head_deg(self, seconds: float) -> tuple[float, float, float]:
        s = self._clip.shake_deg
        return s * self._wave(2, seconds), s * self._wave(3, seconds), 0.5 * s * self._wave(4, seconds)


class _Bakery:
    """Grids of a clip's parts, kept from frame to frame."""

    def __init__(self, p: Portrait) -> None:
        self._kept: dict[str, Baked] = {}
        self._mouth: tuple[float, ...] | None = None
        hair = HAIR_BALL.get(p.hair if p.hair != "covering" else "short", HAIR_BALL["short"])
        self._balls = {"hair": hair, "cover": COVER_BALL[p.covering]}

    def prepare(self, name: str, sdf: Sdf, mouth: tuple[float, ...]) -> Sdf:
        if name == "head":
            return self._head(sdf, mouth)
        if name == "clothes" and name not in self._kept:
            self._kept[name] = Baked(sdf, CLOTHES_BOX, CLOTHES_GRID_MM, mirrored=True)
        if name not in self._kept:
            (x, y, z), r = self._balls[name]
            self._kept[name] = Baked(sdf, ((x - r, y - r, z - r), (x + r, y + r, z + r)), HAIR_GRID_MM)
        return self._kept[name]

    def _head(self, sdf: Sdf, mouth: tuple[float, ...]) -> Sdf:
        if "head" not in self._kept:
            self._kept["head"] = Baked(sdf, HEAD_BOX, GRID_MM, mirrored=True)
        elif mouth != self._mouth:
            self._kept["head"].renew(sdf, LOWER_FACE)
        self._mouth = mouth
        return self._kept["head"]


def render_clip(clip: Clip) -> Iterator[Frame]:
    """Draw a clip frame by frame; the same clip gives the same frames."""
    rng = np.random.default_rng(clip.portrait.seed)
    sway, bakery = Sway(clip, rng), _Bakery(clip.portrait)
    wall = _Wall(clip.portrait, rng)
    threads = None
    for k in range(clip.frames):
        seconds = k / clip.fps
        p = posed(clip, seconds, sway)
        mouth = (round(p.mouth_open, 3), round(p.smile, 3), round(p.brows_raised, 3))
        scene = build(p, lambda name, sdf, mouth=mouth: bakery.prepare(name, sdf, mouth))  # type: ignore[misc]
        if scene.hair and threads is None:
            points, colours, widths = strands.grow(scene.hair, p, scene.head_frame, scene.lamp, rng)
            threads = points[:, ::2], colours[:, ::2], widths[::2] * F(1.5)
        dx, dy = sway.camera_px(seconds)
        vx, vy = clip.drift_px_s
        back = wall.seen(dx + vx * seconds, dy + vy * seconds)
        yield Frame(seconds, compose(scene, threads, back, rng, QUICK))


class _Wall:
    """A background larger than the picture, of which each frame sees a part."""

    def __init__(self, p: Portrait, rng: np.random.Generator) -> None:
        w, h = p.size_wh
        self._size, self._margin = (w, h), (round(MARGIN * w), round(MARGIN * h))
        wide = dataclasses.replace(p, size_wh=(w + 2 * self._margin[0], h + 2 * self._margin[1]))
        self._picture = backdrop(wide, rng)

    def seen(self, dx: float, dy: float) -> Array:
        """The part (H, W, 3) that shows when the background moved by dx, dy px."""
        (w, h), (mx, my) = self._size, self._margin
        x, y = float(np.clip(mx - dx, 0, 2 * mx - 1)), float(np.clip(my - dy, 0, 2 * my - 1))
        j, i = int(x), int(y)
        a, b = F(y - i), F(x - j)
        cut = self._picture[i : i + h + 1, j : j + w + 1]
        rows = cut[:-1] * (1 - a) + cut[1:] * a
        return (rows[:, :-1] * (1 - b) + rows[:, 1:] * b).astype(F)
