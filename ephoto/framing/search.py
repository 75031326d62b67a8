"""The best scale and position of one problem: least strain, then nearest to the aims."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ephoto.framing.strain import IMPOSSIBLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.framing.strain import Interval, Problem

__all__ = ["Found", "at_most", "best"]

GRID, ZOOMS = 33, 2  # strain is quasi-convex in s, so a bracket may be narrowed grid by grid


@dataclass(frozen=True, slots=True)
class Found:
    """A frame and its strain: t <= 1 when all rules of the problem hold."""

    s: float
    a: float
    b: float
    t: float


def best(problem: Problem, span: tuple[float, float]) -> Found:
    """The frame of least strain with s inside `span`; t is above IMPOSSIBLE if there is none."""
    low, high = span
    s = np.geomspace(low, high, GRID)
    for _ in range(ZOOMS):
        t = problem.strain(s)
        k = int(np.argmin(t))
        if t[k] > IMPOSSIBLE:
            break
        near = np.flatnonzero(t <= t[k] + 1e-9)
        first, last = max(int(near[0]) - 1, 0), min(int(near[-1]) + 1, len(s) - 1)
        s = np.linspace(s[first], s[last], GRID)
    t = problem.strain(s)
    least = float(t.min())
    if least > IMPOSSIBLE:
        return Found(float(np.sqrt(low * high)), problem.card_wh[0] / 2, problem.card_wh[1] / 2, least)
    flat = np.flatnonzero(t <= least + 1e-6)
    chosen = flat[int(np.argmin(_pull(problem, s[flat])))]
    a, b = problem.place(float(s[chosen]), least)
    return Found(float(s[chosen]), a, b, least)


def _pull(problem: Problem, s: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the lengths alone are from their aims: breaks ties between scales of equal strain."""
    return replace(problem, on_a=problem.on_a[:1], on_b=problem.on_b[:1], room=None).strain(s)


def at_most(rule: Interval, t: float) -> Interval:
    """The rule as a fixed interval: what strain t allows, and not more."""
    return replace(rule, low=rule.low - t * rule.down, high=rule.high + t * rule.up, down=0.0, up=0.0)
