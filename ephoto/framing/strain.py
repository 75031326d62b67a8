"""How far a frame is from its aims: the exact least strain over all positions, for many scales at once.

A frame is (s, a, b): card px per photo px, and the card position of the point between the eyes. For a fixed s
every rule is an interval on a, on b, or a number; an interval opens linearly with the strain t:
[low - t*down, high + t*up], so that t = 0 is the aim and t = 1 the bound. The photo's edges are a rectangle in
the (a, b) plane, turned by the head's roll. Box and turned rectangle meet if and only if no edge normal of
either separates them, and along each normal the least t has a closed form: no iteration over positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ephoto.core.types import Side

__all__ = ["FAR_PX", "IMPOSSIBLE", "Interval", "Problem", "Room"]

FAR_PX = 1e6  # stands for "no edge there" and "no bound"; finite, so that 0 times it is 0
IMPOSSIBLE = 1e3  # strains above this are no strains: something that cannot give would have to


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval on one coordinate, linear in the scale s: its ends are `offset + s * slope`.

    `low` and `high` are offsets at strain 0, `down` and `up` how far strain 1 opens them; all in card px.
    """

    slope: float
    low: float
    high: float
    down: float
    up: float


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """The photo around the head, in photo px along the photo's own axes.

    `across` and `down` (2,) are the head's axes; `before` is the distance from the eye midpoint to the photo's
    sides, FAR_PX where a side need not be covered.
    """

    across: NDArray[np.float64]
    down: NDArray[np.float64]
    before: dict[Side, float]

    @property
    def axes(self) -> NDArray[np.float64]:
        """The photo's axes as rows (2, 2), in card axes."""
        return np.stack([self.across, self.down], axis=1)


def _ratio(gap: NDArray[np.float64], give: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Least strain that closes a gap: gap / give; nothing to close is 0, nothing to give is beyond IMPOSSIBLE."""
    return np.maximum(gap - 1e-9, 0.0) / np.maximum(give, 1e-12)


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """All that limits a frame. `lengths` act on s times `slope`; `on_a` and `on_b` on the coordinates."""

    card_wh: tuple[int, int]
    lengths: tuple[Interval, ...]
    on_a: tuple[Interval, ...]
    on_b: tuple[Interval, ...]
    room: Room | None = None

    def strain(self, s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Least strain (n,) over all positions at each scale s (n,); above IMPOSSIBLE where no position will do."""
        t = np.zeros_like(s)
        for rule in self.lengths:
            value = rule.slope * s
            t = np.maximum(t, _ratio(rule.low - value, rule.down))
            t = np.maximum(t, _ratio(value - rule.high, rule.up))
        a, b = _ends(self.on_a, s), _ends(self.on_b, s)
        t = np.maximum(t, np.maximum(_crossing(a), _crossing(b)))
        if self.room is not None:
            t = np.maximum(t, self._outside(s, a, b))
        return t

    def edges(self, s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The covered rectangle: lows and highs (2, n) along its two axes, which are the rows of [across, down]."""
        assert self.room is not None
        w, h = self.card_wh
        axes = self.room.axes
        corners = np.array([[0, 0], [w, 0], [0, h], [w, h]], np.float64) @ axes.T
        first, last = corners.min(0), corners.max(0)
        before = self.room.before
        high = np.stack([s * before["image_left"] + first[0], s * before["top"] + first[1]])
        low = np.stack([last[0] - s * before["image_right"], last[1] - s * before["bottom"]])
        return low, high

    def _outside(self, s: NDArray[np.float64], a: _Ends, b: _Ends) -> NDArray[np.float64]:
        """Least strain at which the box of positions meets the rectangle of covered positions."""
        assert self.room is not None
        low, high = self.edges(s)
        axes = self.room.axes
        t = np.where((low > high + 1e-9).any(0), 2 * IMPOSSIBLE, 0.0)
        for k, ends in enumerate((a, b)):  # the box's normals: the rectangle's shadow on a and on b
            first = sum(np.minimum(axes[i, k] * low[i], axes[i, k] * high[i]) for i in (0, 1))
            last = sum(np.maximum(axes[i, k] * low[i], axes[i, k] * high[i]) for i in (0, 1))
            t = np.maximum(t, _ratio(first - ends.high, ends.up[:, None]).max(0))
            t = np.maximum(t, _ratio(ends.low - last, ends.down[:, None]).max(0))
        for i in (0, 1):  # the rectangle's normals: the box's shadow on them
            for sign, limit in ((1.0, high[i]), (-1.0, -low[i])):
                ga, gb = sign * axes[i]
                (va, pa), (vb, pb) = a.toward(ga), b.toward(gb)
                gap = ga * va[:, None] + gb * vb[None, :] - limit
                give = abs(ga) * pa[:, None, None] + abs(gb) * pb[None, :, None]
                t = np.maximum(t, _ratio(gap, give).max((0, 1)))
        return t

    def place(self, s: float, t: float) -> tuple[float, float]:
        """The position at scale s and strain t that strains the coordinates least."""
        one = np.array([s])
        best, box = [], []
        for ends in (_ends(self.on_a, one), _ends(self.on_b, one)):
            own = float(_crossing(ends)[0])
            best.append(sum(ends.at(own)) / 2)
            box.append(ends.at(max(t, own) + 1e-9))
        point = np.array(best)
        if self.room is None:
            return float(point[0]), float(point[1])
        low, high = (v[:, 0] for v in self.edges(one))
        axes = self.room.axes
        return _nearest(point, np.array(box), axes, low, high)


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """Intervals on one coordinate for many scales: low, high (k, n); down, up (k,)."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    down: NDArray[np.float64]
    up: NDArray[np.float64]

    def at(self, t: float) -> tuple[float, float]:
        """The common interval of the first scale at strain t."""
        return float((self.low[:, 0] - t * self.down).max()), float((self.high[:, 0] + t * self.up).min())

    def toward(self, sign: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The ends that count where the coordinate is wanted small (sign > 0) or large, and what they give."""
        return (self.low, self.down) if sign > 0 else (self.high, self.up)


def _ends(rules: Sequence[Interval], s: NDArray[np.float64]) -> _Ends:
    table = np.array([(r.slope, r.low, r.high, r.down, r.up) for r in rules], np.float64)
    table = table.reshape(-1, 5)
    moved = table[:, :1] * s
    return _Ends(table[:, 1:2] + moved, table[:, 2:3] + moved, table[:, 3], table[:, 4])


def _crossing(ends: _Ends) -> NDArray[np.float64]:
    """Least strain (n,) at which all intervals share a point: every low end against every high end."""
    gap = ends.low[:, None] - ends.high[None, :]
    return np.asarray(_ratio(gap, (ends.down[:, None] + ends.up[None, :])[..., None]).max((0, 1)))


def _nearest(
    point: NDArray[np.float64],
    box: NDArray[np.float64],
    axes: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> tuple[float, float]:
    """The point of box and turned rectangle nearest to `point` (Dykstra's alternating projections)."""
    x, drift_box, drift_rect = point, np.zeros(2), np.zeros(2)
    for _ in range(200):
        inside = np.clip(x + drift_box, box[:, 0], box[:, 1])
        drift_box = x + drift_box - inside
        y = inside + drift_rect
        moved = axes.T @ np.clip(axes @ y, low, high)
        drift_rect = y - moved
        if np.abs(moved - x).max() < 1e-9 and np.abs(moved - inside).max() < 1e-6:
            break
        x = moved
    return float(moved[0]), float(moved[1])
