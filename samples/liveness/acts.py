"""What people do before the camera: gestures as events in time, and the curves that a clip follows.

The neck's pivot stays where it is while the head turns about it, so that the eyes move in the picture and the body
does not; who comes closer brings the whole head along.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from samples.liveness.store import Shown
from samples.portrait.camera import FACING, PIVOT, rotation, stage
from samples.portrait.clip import Clip, render_clip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from samples.portrait.clip import Frame, Keys
    from samples.portrait.parameters import Portrait

__all__ = ["GESTURES", "Event", "Gesture", "Manner", "Performance", "clip_of", "level", "perform", "reached", "script"]

Gesture = Literal["blink", "turn-left", "turn-right", "nod", "open-mouth", "move-closer"]
GESTURES: tuple[Gesture, ...] = ("blink", "turn-left", "turn-right", "nod", "open-mouth", "move-closer")
SHORTEST_S, LONGEST_S = 4.0, 8.0
_TURNS = ("turn-left", "turn-right")


@dataclass(frozen=True, slots=True)
class Event:
    """One gesture: it grows from `start_s` to `peak_s[0]`, holds to `peak_s[1]`, and is over at `end_s`.

    `amplitude` is the part of the lids' way for a blink, degrees of yaw (> 0 for both sides) or pitch for turns and
    nods, the renderer's `mouth_open` for a mouth, and the part by which the distance falls for coming closer. Who
    stays near has `peak_s[1] == end_s`. Blinks that nobody asked for have `asked` False.
    """

    kind: Gesture
    start_s: float
    end_s: float
    amplitude: float
    peak_s: tuple[float, float]
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody moves, and what camera and light do meanwhile.

    `turn_pitch` and `turn_roll` are degrees of pitch and roll for each degree of yaw; `gaze_stays` is the part of a
    turn or nod that the eyes make up for by looking at the camera. `lean_mm` is how far the body sways. Light and
    exposure go in waves of the clip's length.
    """

    turn_pitch: float = 0.0
    turn_roll: float = 0.0
    gaze_stays: float = 0.0
    smile: tuple[float, float] = (0.0, 0.0)  # at the start and at the end
    lids_apart: float = 0.0  # how much less the left eye closes
    lean_mm: float = 0.0
    shake_px: float = 0.0
    shake_deg: float = 0.3
    light_turn_deg: float = 0.0
    light_gain: float = 0.0
    exposure_drift_ev: float = 0.0
    phase: float = 0.0


@dataclass(frozen=True, slots=True)
class Performance:
    """A bona fide clip before it is drawn: who (`person`), as they sit there, what was asked and what they did when."""

    person: str
    portrait: Portrait
    asked: tuple[Gesture, ...]
    events: tuple[Event, ...]
    fps: float = 15.0
    seconds: float = 5.0
    manner: Manner = field(default_factory=Manner)

    @property
    def frames(self) -> int:
        return round(self.seconds * self.fps)

    def parameters(self) -> dict[str, Any]:
        """All that the clip depends on, as plain values."""
        return asdict(self)

    def truth(self) -> dict[str, Any]:
        """What is known of the clip as a whole."""
        return {
            "species": "bona-fide",
            "person": self.person,
            "seed": self.portrait.seed,
            "asked": list(self.asked),
            "events": [asdict(event) for event in self.events],
            "seconds": self.seconds,
        }

    def film(self, folder: Path) -> Iterator[Shown]:
        """Draw the frames, each with the truth about the head in it."""
        for frame in render_clip(clip_of(self)):
            yield Shown(frame.rendered.image, _facts(frame))


def _facts(frame: Frame) -> dict[str, Any]:
    """The truth about one frame, px and degrees; sides are the subject's own, right before left."""
    truth, portrait = frame.rendered.truth, frame.rendered.portrait

    def rounded(points: Any) -> Any:
        return np.round(points, 2).tolist()

    return {
        "yaw_deg": round(truth.yaw_deg, 2),
        "pitch_deg": round(truth.pitch_deg, 2),
        "roll_deg": round(truth.roll_deg, 2),
        "distance_mm": round(truth.distance_mm, 1),
        "closed": rounded(portrait.closed),
        "mouth_open": round(portrait.mouth_open, 3),
        "lid_gap_px": rounded(truth.lid_gap_px),
        "mouth_gap_px": round(truth.mouth_gap_px, 2),
        "eyes": rounded(truth.eye_centres),
        "crown": rounded(truth.crown),
        "chin": rounded(truth.chin),
        "sides": rounded(truth.face_sides),
    }


def _eased(part: float) -> float:
    part = min(max(part, 0.0), 1.0)
    return part * part * (3 - 2 * part)


def level(event: Event, seconds: float) -> float:
    """How much of an event's amplitude is reached at a moment, 0..1."""
    top, leaves = event.peak_s
    if seconds < top:
        return _eased((seconds - event.start_s) / (top - event.start_s))
    if seconds <= leaves or leaves >= event.end_s:
        return 1.0
    return 1 - _eased((seconds - leaves) / (event.end_s - leaves))


def reached(events: tuple[Event, ...], kind: str, seconds: float) -> float:
    """The amplitude of all events of a kind at a moment."""
    return max((e.amplitude * level(e, seconds) for e in events if e.kind == kind), default=0.0)


def clip_of(performance: Performance) -> Clip:
    """The clip that draws a performance: a key for every frame."""
    times = [k / performance.fps for k in range(performance.frames)]
    rows = [_moment(performance, t) for t in times]
    curves: dict[str, Keys] = {
        name: tuple((t, row[name]) for t, row in zip(times, rows, strict=True)) for name in rows[0]
    }
    manner = performance.manner
    return Clip(
        performance.portrait,
        performance.seconds,
        performance.fps,
        curves,
        shake_px=manner.shake_px,
        shake_deg=manner.shake_deg,
    )


def _moment(performance: Performance, seconds: float) -> dict[str, float]:
    """The values of all curves at one moment."""
    p, m, events = performance.portrait, performance.manner, performance.events
    turned = reached(events, "turn-left", seconds) - reached(events, "turn-right", seconds)
    nodded = reached(events, "nod", seconds)
    yaw = p.yaw_deg + turned
    pitch = p.pitch_deg + nodded + m.turn_pitch * abs(turned)
    roll = p.roll_deg + m.turn_roll * turned
    x, y, depth = _eyes(performance, seconds, (yaw, pitch, roll))
    shut = reached(events, "blink", seconds)
    wave = 2 * np.pi * seconds / performance.seconds + m.phase
    rise, start = float(np.sin(wave)), float(np.sin(m.phase))
    return {
        "yaw_deg": yaw,
        "pitch_deg": pitch,
        "roll_deg": roll,
        "position_x": x,
        "position_y": y,
        "distance_mm": depth,
        "eye_right_closed": shut,
        "eye_left_closed": shut * (1 - m.lids_apart),
        "mouth_open": reached(events, "open-mouth", seconds),
        "smile": m.smile[0] + (m.smile[1] - m.smile[0]) * _eased(seconds / performance.seconds),
        "gaze_x_deg": -m.gaze_stays * turned,
        "gaze_y_deg": -m.gaze_stays * nodded,
        "light_azimuth_deg": p.light_azimuth_deg + m.light_turn_deg * (rise - start),
        "light_strength": min(max(p.light_strength + m.light_gain * (rise - start), 0.0), 1.0),
        "exposure_ev": p.exposure_ev + m.exposure_drift_ev * rise,
    }


def _eyes(
    performance: Performance, seconds: float, turned_deg: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Where the point between the eyes lands (parts of width and height) and its distance, mm."""
    p, m = performance.portrait, performance.manner
    camera, head, _ = stage(p)
    closer = reached(performance.events, "move-closer", seconds)
    wave = 2 * np.pi * seconds * np.array([0.23, 0.31, 0.17]) + m.phase * np.array([1, 2, 3])
    sway = m.lean_mm * np.array([1.0, 0.3, 0.8]) * (np.sin(wave) - np.sin(m.phase * np.array([1, 2, 3])))
    pivot = head.to_camera(PIVOT) - head.shift * closer + sway
    eyes = pivot - rotation(*turned_deg) @ FACING @ PIVOT
    x, y = _parts(camera.project(eyes), p.size_wh)
    return x, y, float(eyes[2])


def _parts(point: NDArray[np.float64], size_wh: tuple[int, int]) -> tuple[float, float]:
    return float(point[0]) / size_wh[0], float(point[1]) / size_wh[1]


def _shaped(kind: Gesture, start_s: float, rng: np.random.Generator, most: float) -> Event:
    """A gesture as people make it; `most` is how far somebody who comes closer may come."""

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    if kind == "blink":
        return _blink(start_s, float(rng.triangular(0.12, 0.26, 0.38)), rng)
    if kind in _TURNS:
        spans, amplitude = (between(0.35, 0.8), between(0.1, 0.45), between(0.35, 0.8)), between(18, 32)
    elif kind == "nod":
        whole = between(0.5, 1.0)
        spans, amplitude = (0.45 * whole, 0.1 * whole, 0.45 * whole), between(12, 22)
    elif kind == "open-mouth":
        whole = between(0.4, 0.9)
        spans, amplitude = (0.3 * whole, 0.4 * whole, 0.3 * whole), between(0.45, 0.9)
    else:
        spans, amplitude = (between(0.6, 1.2), between(0.1, 0.4), between(0.6, 1.2)), between(0.22, most)
        if rng.random() < 0.5:  # stays near
            spans = (spans[0], spans[1], 0.0)
    return _timed(kind, start_s, spans, amplitude)


def _timed(kind: Gesture, start_s: float, spans: tuple[float, float, float], amplitude: float) -> Event:
    out, hold, back = spans
    top = round(start_s + out, 3)
    leaves = round(top + hold, 3)
    return Event(kind, round(start_s, 3), round(leaves + back, 3), round(amplitude, 3), (top, leaves))


def _blink(start_s: float, whole_s: float, rng: np.random.Generator) -> Event:
    """Lids fall faster than they rise: about a third of a blink against a half, with the eye shut in between."""
    fall, shut = float(rng.uniform(0.3, 0.36)), float(rng.uniform(0.16, 0.26))
    return _timed("blink", start_s, (fall * whole_s, shut * whole_s, (1 - fall - shut) * whole_s), 1.0)


def perform(
    person: str, portrait: Portrait, asked: tuple[Gesture, ...], seed: int, *, fps: float = 15.0, nearest: float = 0.35
) -> Performance:
    """A person who follows a challenge, in 4 to 8 seconds.

    `nearest` bounds the part by which they come closer, 0.22 or more.
    """
    rng = np.random.default_rng(seed)
    for _ in range(100):
        events, seconds = script(asked, rng, max(nearest, 0.22))
        if seconds <= LONGEST_S:
            break
    else:
        raise ValueError(f"{len(asked)} gestures do not fit {LONGEST_S} s")
    seconds = round(math.ceil(max(seconds, SHORTEST_S) * fps) / fps, 6)
    events = (*events, *_unasked_blinks(events, seconds, rng))
    return Performance(person, portrait, asked, events, fps, seconds, _manner(portrait, rng))


def script(
    asked: tuple[Gesture, ...], rng: np.random.Generator, nearest: float = 0.35
) -> tuple[tuple[Event, ...], float]:
    """Gestures at the moments at which somebody makes them who reads the prompts, and when all is over, s."""
    now = float(rng.uniform(0.8, 1.2))
    events: list[Event] = []
    for kind in asked:
        event = _shaped(kind, now + float(rng.uniform(0.35, 0.9)), rng, nearest)
        events.append(event)
        now = event.end_s
    return tuple(events), now + 0.4


def _unasked_blinks(events: tuple[Event, ...], seconds: float, rng: np.random.Generator) -> tuple[Event, ...]:
    """None, or one at a time when nothing else is done; quicker than those that are meant."""
    if rng.random() < 0.5:
        return ()
    for _ in range(20):
        blink = replace(
            _blink(float(rng.uniform(0.1, seconds - 0.4)), float(rng.uniform(0.12, 0.24)), rng), asked=False
        )
        if all(blink.end_s < e.start_s - 0.15 or blink.start_s > e.end_s + 0.15 for e in events):
            return (blink,)
    return ()


def _manner(portrait: Portrait, rng: np.random.Generator) -> Manner:
    def between(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 4)

    light, drift = rng.random() < 1 / 3, rng.random() < 0.3
    return Manner(
        turn_pitch=between(-0.06, 0.12),
        turn_roll=between(-0.12, 0.12),
        gaze_stays=float(rng.choice([0.0, 0.5, 0.9])),
        smile=(between(0, 0.15), between(0, 0.35)),
        lids_apart=between(0, 0.05),
        lean_mm=between(0, 5),
        shake_px=round(between(0, 3) * min(portrait.size_wh) / 480, 3),
        shake_deg=between(0.3, 0.8),
        light_turn_deg=between(-25, 25) if light else 0.0,
        light_gain=between(-0.12, 0.12) if light else 0.0,
        exposure_drift_ev=between(-0.3, 0.3) / 2 if drift else 0.0,
        phase=between(0, 6.28),
    )
