"""Whether frames come back: one that stands, a stretch that is played again, or single frames put in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Columns = Mapping[str, NDArray[np.float64]]

__all__ = [
    "CELLS",
    "cells",
    "duplicates",
    "least_movement",
    "repetition",
    "retraced",
    "returned",
    "scene_changes",
    "standing",
]

CELLS = (6, 4)  # of a frame: columns and rows whose mean levels are kept
_FEWEST = 8  # frames
_FINEST_S = 1 / 30  # between two moments that are compared; what is found of loops is slower by far


def cells(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean levels (24,) of a frame's parts, so exact that noise of single px falls out of them."""
    return np.asarray(cv2.resize(small.astype(np.float32), CELLS, interpolation=cv2.INTER_AREA), np.float32).ravel()


def least_movement(seconds: NDArray[np.float64], levels: NDArray[np.float64], within_s: float) -> float | None:
    """The least that `cells` (N, 24) moved within any stretch of `within_s`: the largest spread of a cell, grey levels.

    None if the series is shorter. Mere noise moves them by a hundredth; people sway, breathe, and blink.
    """
    if len(seconds) < 2 or seconds[-1] - seconds[0] < within_s:
        return None
    least = np.inf
    for start in range(0, len(seconds), 3):
        stop = int(np.searchsorted(seconds, seconds[start] + within_s))
        if stop >= len(seconds):
            break
        least = min(least, float(np.ptp(levels[start : stop + 1], axis=0).max()))
    return None if not np.isfinite(least) else least


def repetition(
    columns: Columns, unrest: Mapping[str, float], *, stretch_s: float, least_s: float, lively: float
) -> float | None:
    """How alike the most alike stretch is to what was seen one period before it: its mean square difference, over each
    measure's unrest, in the measure that differs most.

    Every period from `least_s` on is tried. Only stretches of `stretch_s` count in which the measures themselves vary
    by `lively` (mean square over unrest); None if there is none. A loop gives 1 to 3 (the unrest of two readings),
    people who do the same twice many times that.
    """
    t = columns["seconds"]
    if len(t) < _FEWEST:
        return None
    step = _step(t)
    even = np.arange(t[0], t[-1], step)
    width = np.maximum(np.median(columns["width"]), 1e-6)
    taken = {
        **{name: columns[name] for name in ("yaw", "pitch", "roll", "mouth")},
        "x": columns["x"] / width,
        "y": columns["y"] / width,
        "open": np.nan_to_num((columns["open_right"] + columns["open_left"]) / 2, nan=1.0),
    }
    scaled = np.stack([np.interp(even, t, taken[name]) / unrest[name] for name in taken], axis=1)
    # Eyes that were not learnt yet say nothing, and must not keep a loop from being like itself.
    known = np.ones(scaled.shape, bool)
    known[:, -1] = even >= _first_known(t, columns["open_right"])
    long, first = _frames(stretch_s, step), max(round(least_s / step), 1)
    if len(even) < long:
        return None
    moves = (_means(scaled**2, long) - _means(scaled, long) ** 2).mean(1) >= lively

    def apart(lag: int) -> NDArray[np.float64]:
        both = known[lag:] & known[:-lag]
        return np.asarray(_means((scaled[lag:] - scaled[:-lag]) ** 2 * both, long).max(1))

    return _least(apart, moves, range(first, len(even) - long))


def _step(seconds: NDArray[np.float64]) -> float:
    """The time from one frame to the next; a caller's times that come in a burst must not make work without end."""
    return max(float(np.median(np.diff(seconds))), _FINEST_S)


def _frames(stretch_s: float, step_s: float) -> int:
    return max(round(stretch_s / step_s), 3)


def _least(apart: Callable[[int], NDArray[np.float64]], moves: NDArray[np.bool_], lags: range) -> float | None:
    """The least of `apart(lag)`, which tells of every stretch from `lag` on, over those in which something `moves`."""
    least = [float(apart(lag)[moves[lag:]].min()) for lag in lags if moves[lag:].any()]
    return min(least, default=None)


def _first_known(seconds: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    known = np.flatnonzero(~np.isnan(values))
    return float(seconds[known[0]]) if len(known) else np.inf


def returned(
    seconds: NDArray[np.float64],
    levels: NDArray[np.float64],
    *,
    stretch_s: float,
    least_s: float,
    lively: float,
    most: float,
    share: float,
) -> float | None:
    """The same of the frame itself: how far `cells` (N, 24) differ, in the worst cell, over what a recording may.

    Frames whose person, light and room all stand as they stood one period ago are a recording's, whatever noise is laid
    over them: noise moves a cell's mean by a hundredth of itself. A recording may differ by `most` grey levels (root
    mean square) and by `share` of what moved in the stretch, so that who holds quite still is no loop: the larger of
    both counts. Only stretches in which a cell moved by `lively` (standard deviation) do; None if there is none.
    """
    if len(seconds) < _FEWEST:
        return None
    step = _step(seconds)
    long, first = _frames(stretch_s, step), max(round(least_s / step), 1)
    if len(levels) < long:
        return None
    spread = np.sqrt(np.maximum(_means(levels**2, long) - _means(levels, long) ** 2, 0)).max(1)
    allowed = np.minimum(most, share * spread)

    def apart(lag: int) -> NDArray[np.float64]:
        return np.asarray(np.sqrt(_means((levels[lag:] - levels[:-lag]) ** 2, long).max(1)) / allowed[lag:])

    return _least(apart, spread >= lively, range(first, len(levels) - long))


def retraced(
    seconds: NDArray[np.float64], levels: NDArray[np.float64], *, stretch_s: float, lively: float
) -> float | None:
    """The same of frames that run back the way they came: the least difference of a stretch and the one before it in
    reverse. Heads go back as they came, too, but neither light nor sway does so to a tenth of a grey level.
    """
    if len(seconds) < _FEWEST:
        return None
    long = _frames(stretch_s, _step(seconds))
    best: float | None = None
    for turn in range(long, len(levels) - long):
        after, before = levels[turn + 1 : turn + 1 + long], levels[turn - long : turn][::-1]
        if float(after.std(0).max()) >= lively:
            alike = float(np.sqrt(((after - before) ** 2).mean(0)).max())
            best = alike if best is None else min(best, alike)
    return best


def scene_changes(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each row of `cells` (N, 24) is from the one before at its best exposure, the median cell, grey levels.

    A head that turns moves some cells; another room moves most of them.
    """
    if len(levels) < 2:
        return np.zeros(len(levels))
    before, now = levels[:-1], levels[1:]
    gain = (before * now).sum(1) / np.maximum((before * before).sum(1), 1e-6)
    return np.concatenate([[0.0], np.median(np.abs(now - gain[:, None] * before), axis=1)])


def _means(values: NDArray[np.float64], long: int) -> NDArray[np.float64]:
    """Means (N - long + 1, C) over every stretch of `long` rows of (N, C)."""
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values - values[:1], axis=0)])
    return np.asarray((sums[long:] - sums[:-long]) / long + values[:1])


def duplicates(columns: Columns, older_than_s: float) -> int:
    """How many frames equal one that first came longer before, other frames between them."""
    first: dict[float, float] = {}
    count = 0
    before = None
    for moment, print_ in zip(columns["seconds"], columns["fingerprint"], strict=True):
        if print_ != before and moment - first.setdefault(print_, moment) > older_than_s:
            count += 1
        before = print_
    return count


def standing(columns: Columns) -> float:
    """The longest time for which one frame was repeated without a break, s."""
    t, prints = columns["seconds"], columns["fingerprint"]
    longest, since = 0.0, 0
    for i in range(1, len(t)):
        since = since if prints[i] == prints[i - 1] else i
        longest = max(longest, float(t[i] - t[since]))
    return longest
