"""Gestures in the series of what was measured, each against the person's own face at rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.numbers import numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from ephoto.liveness.values import Gesture

    Columns = Mapping[str, NDArray[np.float64]]

__all__ = ["Episode", "Rest", "Sizes", "found", "sizes"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large a gesture must be: see gestures.toml."""

    turn_starts_deg: float
    turn_deg: float
    turn_most_deg: float
    turn_rate_deg_s: tuple[float, float]
    turn_between: tuple[float, float]
    turn_between_frames: int
    nod_starts_deg: float
    nod_deg: float
    nod_most_deg: float
    nod_yaw_deg: float
    ends_at: float
    mouth_starts: float
    mouth: float
    mouth_like: float
    closer: float
    closer_hold_s: float
    blink_open: float
    blink_shut: float
    blink_like: float
    blink_lids: float
    blink_s: tuple[float, float]
    blink_yaw_deg: float
    seconds: tuple[float, float]
    wrong: Mapping[str, float]


def sizes() -> Sizes:
    return numbers(Sizes, __package__, "gestures.toml")


@dataclass(frozen=True, slots=True)
class Rest:
    """A person's own face at rest, medians of a steady moment; units as in series.COLUMNS."""

    yaw: float
    pitch: float
    width: float
    length: float
    lid: float
    mouth: float


@dataclass(frozen=True, slots=True)
class Episode:
    """A movement that came: from `start_s` over `peak_s` to `end_s`, None while it is still under way.

    `amplitude` is in `unit`, positive: degrees, the openness that was left, the mouth's gap over its least, the growth.
    `whole` is whether all that makes it the gesture holds; else it is a movement of that kind only.
    """

    gesture: Gesture
    start_s: float
    peak_s: float
    end_s: float | None
    amplitude: float
    unit: str
    whole: bool

    @property
    def unmistakable(self) -> bool:
        """Whether it is so large that nobody makes it by the way, while something else is asked."""
        least = sizes().wrong.get(self.gesture)
        return self.whole and least is not None and self.amplitude >= least


def found(columns: Columns, rest: Rest, base_size: float) -> list[Episode]:
    """Every gesture in a stretch of a series, in the order in which they ended; those under way come last.

    Parameters
    ----------
    columns : the stretch, (N,) each
    base_size : `Rest`-relative size (1 as at rest) that moving closer is measured from
    """
    if len(columns["seconds"]) < 2:
        return []
    episodes = [e for find in _FINDERS for e in find(columns, rest)] + _closer(columns, rest, base_size)
    return sorted(episodes, key=lambda e: (e.end_s is None, e.end_s or e.start_s))


def relative_size(columns: Columns, rest: Rest) -> NDArray[np.float64]:
    """The face's size over that at rest: the larger of width and length, since a turn shortens one, a nod the other."""
    return np.maximum(columns["width"] / rest.width, columns["length"] / rest.length)


def _turns(columns: Columns, rest: Rest) -> list[Episode]:
    s, t, yaw = sizes(), columns["seconds"], columns["yaw"] - rest.yaw
    out: list[Episode] = []
    sides: tuple[tuple[Gesture, NDArray[np.float64]], ...] = (("turn-left", yaw), ("turn-right", -yaw))
    for gesture, aside in sides:
        signed = _moved(aside)
        for a, peak, b, done in _stretches(signed, s.turn_starts_deg, s.ends_at):
            high = float(signed[peak])
            # Between two frames a head cannot move faster than heads do, nor may it creep.
            rate = float(
                np.max(np.diff(signed[max(a - 1, 0) : peak + 1]) / np.diff(t[max(a - 1, 0) : peak + 1]), initial=0)
            )
            plausible = s.turn_rate_deg_s[0] <= rate <= s.turn_rate_deg_s[1] and high <= s.turn_most_deg
            low, most = s.turn_between
            between = (signed[a : b + 1] > low * high) & (signed[a : b + 1] < most * high)
            plausible = plausible and int(between.sum()) >= s.turn_between_frames
            out.append(_episode(gesture, t, (a, peak, b), done, high, "deg", high >= s.turn_deg and plausible))
    return out


def _nods(columns: Columns, rest: Rest) -> list[Episode]:
    s, t, pitch = sizes(), columns["seconds"], _moved(columns["pitch"] - rest.pitch)
    aside = np.abs(columns["yaw"] - rest.yaw)
    out = []
    for a, peak, b, done in _stretches(pitch, s.nod_starts_deg, s.ends_at):
        high = float(pitch[peak])
        straight = float(aside[a : b + 1].max()) <= s.nod_yaw_deg
        whole = s.nod_deg <= high <= s.nod_most_deg and straight
        out.append(_episode("nod", t, (a, peak, b), done, high, "deg", whole))
    return out


def _mouths(columns: Columns, rest: Rest) -> list[Episode]:
    s, t, mouth = sizes(), columns["seconds"], _moved(columns["mouth"] - rest.mouth)
    like = np.nan_to_num(columns["mouth_like"], nan=1.0)
    out = []
    for a, peak, b, done in _stretches(mouth, s.mouth_starts, s.ends_at):
        whole = float(mouth[peak]) >= s.mouth and float(like[a : b + 1].min()) <= s.mouth_like
        out.append(_episode("open-mouth", t, (a, peak, b), done, float(mouth[peak]), "of face", whole))
    return out


def _blinks(columns: Columns, rest: Rest) -> list[Episode]:
    """Both eyes shut and open again within the time of a blink, while the head looks ahead."""
    s, t = sizes(), columns["seconds"]
    wider = np.maximum(columns["open_right"], columns["open_left"])
    like = (columns["like_right"] + columns["like_left"]) / 2
    lids = (columns["lid_right"] + columns["lid_left"]) / 2 / max(rest.lid, 1e-6)
    aside = np.abs(columns["yaw"] - rest.yaw)
    shut = np.nan_to_num(1 - wider, nan=0.0)
    out = []
    for a, peak, b, done in _stretches(shut, 1 - s.blink_open, 1.0, ends_below=1 - s.blink_open):
        left = float(wider[peak])
        start, end = _crossing(t, shut, a, 1 - s.blink_open), _crossing(t, shut, b, 1 - s.blink_open, falling=True)
        step = float(np.median(np.diff(t)))
        lasted = end - start
        whole = (
            left <= s.blink_shut
            and float(like[a : b + 1].min()) <= s.blink_like
            and float(lids[a : b + 1].min()) <= s.blink_lids
            and float(aside[a : b + 1].max()) <= s.blink_yaw_deg
            and lasted + step >= s.blink_s[0]
            and lasted - step <= s.blink_s[1]
        )
        out.append(Episode("blink", start, float(t[peak]), end if done else None, left, "open", whole))
    return out


def _closer(columns: Columns, rest: Rest, base_size: float) -> list[Episode]:
    """The face has grown, and stays so for a moment; it need not go back."""
    s, t = sizes(), columns["seconds"]
    grown = relative_size(columns, rest) / base_size
    out = []
    for a, peak, b, _ in _stretches(grown - 1, (s.closer - 1) / 3, s.ends_at):
        high = float(grown[peak])
        near = np.flatnonzero(grown[a : b + 1] >= s.closer) + a
        held = len(near) > 1 and float(t[near[-1]] - t[near[0]]) >= s.closer_hold_s
        end = float(t[near[-1]]) if held else None
        out.append(Episode("move-closer", float(t[a]), float(t[peak]), end, high, "times", held))
    return out


def _moved(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far they are beyond the lowest so far, or beyond rest: nobody comes back to rest to the degree.

    Else whoever sits a little lower than at first would have begun a nod before it was asked, and never end it.
    """
    return values - np.minimum.accumulate(np.maximum(values, 0.0))


def _stretches(
    values: NDArray[np.float64], starts: float, ends_at: float, *, ends_below: float | None = None
) -> list[tuple[int, int, int, bool]]:
    """Stretches in which values exceed `starts`: first, highest and last index, and whether it is over.

    One is over when values fall below `ends_at` of their height there (or below `ends_below`).
    """
    out = []
    i, n = 0, len(values)
    while i < n:
        if not values[i] > starts:
            i += 1
            continue
        first, peak = i, i
        while i < n and values[i] > (max(starts, ends_at * values[peak]) if ends_below is None else ends_below):
            peak = i if values[i] > values[peak] else peak
            i += 1
        out.append((first, peak, min(i, n - 1), i < n))
        while i < n and values[i] > starts:
            i += 1
    return out


def _crossing(
    t: NDArray[np.float64], values: NDArray[np.float64], i: int, level: float, *, falling: bool = False
) -> float:
    """When values passed a level between frame i - 1 and i, s."""
    if i == 0:
        return float(t[0])
    before, after = float(values[i - 1]), float(values[i])
    if before == after or (before > level) == (after > level):
        return float(t[i])
    return float(t[i - 1] + (t[i] - t[i - 1]) * (level - before) / (after - before))


def _episode(
    gesture: Gesture,
    t: NDArray[np.float64],
    at: tuple[int, int, int],
    done: bool,
    amplitude: float,
    unit: str,
    whole: bool,
) -> Episode:
    a, peak, b = at
    low, high = sizes().seconds
    lasted = float(t[b] - t[a])
    whole = whole and lasted >= low and lasted <= high
    return Episode(gesture, float(t[a]), float(t[peak]), float(t[b]) if done else None, amplitude, unit, whole)


_FINDERS: tuple[Callable[[Columns, Rest], list[Episode]], ...] = (_turns, _nods, _mouths, _blinks)
