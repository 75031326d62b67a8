"""The best scale and position of one problem: least strain, then nearest to the aims."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ephoto.framing.strain import SLACK_PX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from ephoto.framing.strain import Gap, Interval, Problem

__all__ = ["IMPOSSIBLE", "Found", "at_most", "best", "least"]

IMPOSSIBLE = 1e3  # strains above this are no strains: something that cannot give would have to
_SAME = 1e-6  # strains that differ by less are equal


@dataclass(frozen=True, slots=True)
class Found:
    """A frame and its strain: t <= 1 when all rules of the problem hold."""

    s: float
    a: float
    b: float
    t: float


def best(problem: Problem, span: tuple[float, float]) -> Found:
    """The frame of least strain with s inside `span`; t is above IMPOSSIBLE if there is none.

    Where several scales strain equally little, the one whose lengths are nearest to their aims.
    """
    low, high = span
    t, first, last = least(problem.gaps(), low, high)
    if t > IMPOSSIBLE:
        return Found(math.sqrt(low * high), problem.card_wh[0] / 2, problem.card_wh[1] / 2, t)
    _, nearest_low, nearest_high = least(problem.length_gaps(), first, last)
    s = (nearest_low + nearest_high) / 2
    return Found(s, *problem.place(s, t + 2 * _SAME), t)


def least(gaps: Iterable[Gap], low: float, high: float) -> tuple[float, float, float]:
    """The least strain that closes all gaps at a scale in low..high, and the scales from and to which it does.

    2 * IMPOSSIBLE and the given scales if nothing does. A gap that gives is a straight line t = (slope s + offset) /
    give, one that does not an end of the scales; the lowest point of the lines' upper envelope lies where one
    that falls meets one that rises, and two such lines close in on it.
    """
    table = np.array(list(gaps), np.float64).reshape(-1, 3)
    slope, offset, give = table[:, 0], table[:, 1] - SLACK_PX, table[:, 2]
    gives = give > _SAME
    first, last = _ends(slope[~gives], offset[~gives], low, high)
    if first > last:
        return 2 * IMPOSSIBLE, low, high
    rise = np.append(slope[gives] / give[gives], 0.0)  # strain is never negative
    base = np.append(offset[gives] / give[gives], 0.0)
    s = _lowest(rise, base, first, last)
    t = float((rise * s + base).max())
    return t, *_ends(rise, base - (t + _SAME), first, last)


def _ends(
    slope: NDArray[np.float64],
    offset: NDArray[np.float64],
    low: float,
    high: float,
) -> tuple[float, float]:
    """The scales of low..high at which slope s + offset <= 0 for all; the first is above the last if there are none."""
    up, down, level = slope > 0, slope < 0, slope == 0
    if (offset[level] > 0).any():
        return high, low - 1.0
    return (
        float((offset[down] / -slope[down]).max(initial=low)),
        float((offset[up] / -slope[up]).min(initial=high)),
    )


def _lowest(
    rise: NDArray[np.float64],
    base: NDArray[np.float64],
    low: float,
    high: float,
) -> float:
    """Where max(rise s + base) is least in low..high."""
    left, right = _steepest(rise, base, low, up=True), _steepest(rise, base, high, up=False)
    if rise[left] >= 0:
        return low
    if rise[right] <= 0:
        return high
    for _ in range(len(rise)):
        s = float((base[right] - base[left]) / (rise[left] - rise[right]))
        top = int(np.argmax(rise * s + base))
        if rise[top] * s + base[top] <= rise[left] * s + base[left] + 1e-12 or rise[top] == 0:
            break
        left, right = (top, right) if rise[top] < 0 else (left, top)
    return min(max(s, low), high)


def _steepest(
    rise: NDArray[np.float64],
    base: NDArray[np.float64],
    s: float,
    *,
    up: bool,
) -> int:
    """The line on top at s; of several the one that will be on top beyond (`up`) or before."""
    value = rise * s + base
    on_top = np.flatnonzero(value >= value.max() - 1e-12)
    return int(on_top[np.argmax(rise[on_top] if up else -rise[on_top])])


def at_most(rule: Interval, t: float) -> Interval:
    """The rule as a fixed interval: what strain t allows, and not more."""
    return replace(rule, low=rule.low - t * rule.down, high=rule.high + t * rule.up, down=0.0, up=0.0)
