"""Attacks that are cut from clips: which frames are shown in which order, against which challenge."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from samples.liveness.acts import GESTURES, LONGEST_S, SHORTEST_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from samples.liveness.acts import Event, Gesture, Performance

__all__ = ["Plan", "answers", "inject", "loop", "other_challenge", "same_room", "swap", "wrong_challenge"]

_SEGMENT_S = (1.0, 3.0)
_MARGIN_S = 0.12  # shown of a segment before its first and after its last gesture
_GREY_LEVELS = (0, 4, 118)


@dataclass(frozen=True, slots=True)
class Plan:
    """A challenge, the clips that frames are cut from, and (clip, frame) for every frame that is shown."""

    variant: str
    asked: tuple[Gesture, ...]
    clips: tuple[Performance, ...]
    cuts: tuple[tuple[int, int], ...]
    events: tuple[Event, ...] = ()


def answers(done: Sequence[Gesture], asked: Sequence[Gesture]) -> bool:
    """Whether what was asked was done in this order, whatever was done in between."""
    rest: Iterator[Gesture] = iter(done)
    return all(gesture in rest for gesture in asked)


def _done(clip: Performance) -> list[Gesture]:
    """What is seen in a clip, in order of time, asked or not."""
    return [event.kind for event in sorted(clip.events, key=lambda e: e.start_s)]


def _asked(clip: Performance) -> list[Event]:
    return [event for event in clip.events if event.asked]


def other_challenge(clip: Performance, rng: np.random.Generator) -> tuple[Gesture, ...]:
    """A challenge that the clip does not answer, with a turn in it."""
    done = _done(clip)
    while True:
        asked = tuple(GESTURES[i] for i in rng.permutation(len(GESTURES))[: int(rng.integers(2, 4))])
        if not answers(done, asked) and any(g.startswith("turn") for g in asked):
            return asked


def _reordered(clip: Performance, rng: np.random.Generator) -> tuple[Gesture, ...] | None:
    """The clip's own gestures in an order that it does not answer."""
    done = _done(clip)
    for _ in range(20):
        asked = tuple(clip.asked[i] for i in rng.permutation(len(clip.asked)))
        if not answers(done, asked):
            return asked
    return None


def wrong_challenge(clip: Performance, rng: np.random.Generator, number: int) -> Plan:
    """The clip as it is, for other gestures or, every second time, for its own in another order."""
    cuts = tuple((0, k) for k in range(clip.frames))
    order = _reordered(clip, rng) if number % 2 else None
    if order:
        return Plan("order", order, (clip,), cuts, clip.events)
    return Plan("gestures", other_challenge(clip, rng), (clip,), cuts, clip.events)


def loop(clip: Performance, rng: np.random.Generator, number: int) -> Plan | None:
    """Two neighbouring gestures of a clip over and over, begun between them, so that only the second round has both.

    One of them is a turn, as in every challenge. Every fourth runs forwards and backwards, every second has fresh
    noise. None if no two gestures are near enough.
    """
    fps, events = clip.fps, _asked(clip)
    near = [(a, b) for a, b in itertools.pairwise(events) if b.end_s - a.start_s + 2 * _MARGIN_S <= _SEGMENT_S[1]]
    pairs = [pair for pair in near if any(one.kind.startswith("turn") for one in pair)]
    if not pairs:
        return None
    first, second = pairs[int(rng.integers(len(pairs)))]
    start = max(int((first.start_s - _MARGIN_S) * fps), 0)
    stop = min(int((second.end_s + _MARGIN_S) * fps) + 1, clip.frames)
    middle = int((first.end_s + second.start_s) / 2 * fps)
    segment = list(range(start, stop))
    ping_pong = number % 4 == 3
    once = segment + segment[-2:0:-1] if ping_pong else segment
    at = once.index(middle)
    turned = once[at:] + once[:at]
    seconds = float(np.clip(2.2 * len(once) / fps, SHORTEST_S + 0.5, LONGEST_S))
    cuts = tuple((0, turned[k % len(turned)]) for k in range(round(seconds * fps)))
    name = ("ping-pong" if ping_pong else "round") + ("-fresh" if number // 2 % 2 else "")
    return Plan(name, (first.kind, second.kind), (clip,), cuts)


def same_room(person: Performance, room: Performance) -> Performance:
    """What one person does, done where another one sits, in their clothes and before the same camera."""
    own, seat = person.portrait, room.portrait
    kept = {
        name: getattr(own, name)
        for name in (
            *("proportions", "skin_lightness", "hair", "hair_colour", "hair_volume", "covering", "covering_colour"),
            *("iris_colour", "glasses", "glasses_drop_mm", "yaw_deg", "pitch_deg", "roll_deg"),
        )
    }
    return replace(person, portrait=replace(seat, **kept))


def swap(a: Performance, b: Performance, rng: np.random.Generator, number: int) -> Plan | None:
    """One person begins and another one ends; None if the two clips do not go together.

    The cut is at a moment when both look at the camera, at the end of the same turn, or behind a few empty frames; in
    half of the clips the second face is laid onto the first one's place, and in some both sit in the same room.
    """
    kind = ("neutral", "turned", "empty")[number % 3]
    if number % 4 == 3:
        b = same_room(b, a)
    if a.fps != b.fps or a.portrait.size_wh != b.portrait.size_wh or a.person == b.person:
        return None
    found = _meeting(_asked(a), _asked(b), kind, rng)
    if found is None:
        return None
    asked, leave, enter = found
    fps = a.fps
    head, tail = (int(t * fps) for t in (leave, enter))
    level = _GREY_LEVELS[int(rng.integers(len(_GREY_LEVELS)))]
    gap = [(-1, level)] * int(rng.integers(2, 9)) if kind == "empty" else []
    cuts = [*((0, k) for k in range(head)), *gap, *((1, k) for k in range(tail, b.frames))]
    if not SHORTEST_S * 0.75 <= len(cuts) / fps <= LONGEST_S:
        return None
    aligned = "-aligned" if number // 2 % 2 else ""
    room = "-room" if number % 4 == 3 else ""
    return Plan(f"{kind}{room}{aligned}", asked, (a, b), tuple(cuts))


def _meeting(
    a: list[Event], b: list[Event], kind: str, rng: np.random.Generator
) -> tuple[tuple[Gesture, ...], float, float] | None:
    """The challenge that two half clips answer, and when the first is left and the second entered, s."""
    choices = []
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            if kind == "turned":
                if one.kind != other.kind or not one.kind.startswith("turn"):
                    continue
                asked = (*(e.kind for e in a[: i + 1]), *(e.kind for e in b[j + 1 :]))
                moments = sum(one.peak_s) / 2, sum(other.peak_s) / 2
            else:
                if one.peak_s[1] == one.end_s:  # stays near
                    continue
                asked = (*(e.kind for e in a[: i + 1]), *(e.kind for e in b[j:]))
                before = b[j - 1].end_s if j else other.start_s - 0.9
                moments = one.end_s + 0.15, max((before + other.start_s) / 2, 0.0)
            plain = all(x != y for x, y in itertools.pairwise(asked))
            if 2 <= len(asked) <= 4 and plain and any(g.startswith("turn") for g in asked):
                choices.append((asked, *moments))
    return choices[int(rng.integers(len(choices)))] if choices else None


def inject(a: Performance, b: Performance, rng: np.random.Generator, number: int) -> Plan | None:
    """Frames of one person's gestures put into a stream that shows no gesture; None if the clips do not go together.

    The stream is one still frame of the same person, or another person's calm frames back and forth; what is put in are
    single frames or bursts. Every fourth is a clip whose first gesture's frames are put in again at its end.
    """
    if number % 4 == 3:
        return _repeated(a, rng)
    if a.fps != b.fps or a.portrait.size_wh != b.portrait.size_wh or a.person == b.person:
        return None
    half_s = 0.0 if number % 4 == 0 else float(rng.uniform(0.1, 0.3))
    foreign = number // 2 % 2 == 1
    calm = max(int(min(e.start_s for e in b.events) * b.fps) - 1, 2)
    cuts = []
    for k in range(a.frames):
        base = (1, _back_and_forth(k, calm)) if foreign else (0, 0)
        inside = any(_near(k, event, half_s, a.fps) for event in _asked(a))
        cuts.append((0, k) if inside else base)
    name = ("single" if half_s == 0 else "burst") + ("-into-other" if foreign else "-into-still-fresh")
    return Plan(name, a.asked, (a, b) if foreign else (a,), tuple(cuts), a.events)


def _near(k: int, event: Event, half_s: float, fps: float) -> bool:
    """Whether a frame belongs to what is put in for a gesture: its peak, or the time round it."""
    if half_s == 0:
        return k == round(sum(event.peak_s) / 2 * fps)
    return event.peak_s[0] - half_s <= k / fps <= event.peak_s[1] + half_s


def _back_and_forth(k: int, count: int) -> int:
    k %= 2 * (count - 1)
    return min(k, 2 * (count - 1) - k)


def _repeated(clip: Performance, rng: np.random.Generator) -> Plan | None:
    """A clip whose first gesture is shown once more after the last, from the same frames."""
    first, *_, last = _asked(clip)
    if first.kind == last.kind or last.peak_s[1] == last.end_s:
        return None
    start, stop = int((first.start_s - _MARGIN_S) * clip.fps), int((first.end_s + _MARGIN_S) * clip.fps) + 1
    cuts = [*range(clip.frames), *range(max(start, 0), stop), *range(clip.frames - 4, clip.frames)]
    if len(cuts) / clip.fps > LONGEST_S:
        return None
    return Plan("duplicates", (*clip.asked, first.kind), (clip,), tuple((0, k) for k in cuts), clip.events)
