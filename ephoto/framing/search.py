"""The best scale and position of one problem: least strain, then nearest to the aims.

Some forty lines are worked on as plain floats: at that number an array's overhead costs ten times the arithmetic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING

from ephoto.framing.strain import SLACK_PX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ephoto.framing.strain import Gap, Interval, Problem

    _Line = tuple[float, float]  # rise and base: rise * s + base

__all__ = ["IMPOSSIBLE", "Found", "at_most", "best", "least"]

IMPOSSIBLE = 1e3  # strains above this are no strains: something that cannot give would have to
_SAME = 1e-6  # strains that differ by less are equal
_rise = itemgetter(0)


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
    lines, firm = [], []
    for slope, offset, give in gaps:
        if give > _SAME:
            lines.append((slope / give, (offset - SLACK_PX) / give))
        else:
            firm.append((slope, offset - SLACK_PX))
    first, last = _ends(firm, low, high)
    if first > last:
        return 2 * IMPOSSIBLE, low, high
    lines.append((0.0, 0.0))  # strain is never negative
    s = _lowest(lines, first, last)
    t = max([rise * s + base for rise, base in lines])
    return t, *_ends([(rise, base - (t + _SAME)) for rise, base in lines], first, last)


def _ends(lines: Iterable[_Line], low: float, high: float) -> tuple[float, float]:
    """The scales of low..high at which slope s + offset <= 0 for all; the first is above the last if there are none."""
    first, last = low, high
    for slope, offset in lines:
        if slope > 0:
            last = min(last, offset / -slope)
        elif slope < 0:
            first = max(first, offset / -slope)
        elif offset > 0:
            return high, low - 1.0
    return first, last


def _lowest(lines: Sequence[_Line], low: float, high: float) -> float:
    """Where the highest of all lines is lowest in low..high."""
    left, right = _steepest(lines, low, up=True), _steepest(lines, high, up=False)
    if left[0] >= 0:
        return low
    if right[0] <= 0:
        return high
    for _ in lines:
        s = (right[1] - left[1]) / (left[0] - right[0])
        values = [rise * s + base for rise, base in lines]
        highest = max(values)
        top = lines[values.index(highest)]
        if highest <= left[0] * s + left[1] + 1e-12 or top[0] == 0:
            break
        left, right = (top, right) if top[0] < 0 else (left, top)
    return min(max(s, low), high)


def _steepest(lines: Sequence[_Line], s: float, *, up: bool) -> _Line:
    """The line on top at s; of several the one that will be on top beyond (`up`) or before."""
    values = [rise * s + base for rise, base in lines]
    level = max(values) - 1e-12
    on_top = [line for line, value in zip(lines, values, strict=True) if value >= level]
    return max(on_top, key=_rise) if up else min(on_top, key=_rise)


def at_most(rule: Interval, t: float) -> Interval:
    """The rule as a fixed interval: what strain t allows, and not more."""
    return replace(rule, low=rule.low - t * rule.down, high=rule.high + t * rule.up, down=0.0, up=0.0)
