"""How far a frame is from its aims: the exact least strain over all positions and scales.

A frame is (s, a, b): card px per photo px, and the card position of the point between the eyes. For a fixed s
every rule is an interval on a, on b, or a number; an interval opens linearly with the strain t:
[low - t*down, high + t*up], so that t = 0 is the aim and t = 1 the bound. The photo's edges are a rectangle in
the (a, b) plane, turned by the head's roll. Box and turned rectangle meet if and only if no edge normal of
either separates them, and along each normal what is missing is linear in s: so the least strain is the upper
envelope of straight lines over s, and its lowest point is found exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ephoto.framing.polygon import clipped, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ephoto.core.types import Side

__all__ = ["FAR_PX", "Gap", "Interval", "Problem", "Room"]

FAR_PX = 1e6  # stands for "no edge there" and "no bound"; finite, so that 0 times it is 0
SLACK_PX = 1e-9  # rounding: a gap no wider than this is closed
NEAR_PX = 1e-6  # and a point no further from an edge than this lies on it


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


class Gap(NamedTuple):
    """What is missing at scale s, `slope * s + offset` card px, and how much of it one unit of strain gives."""

    slope: float
    offset: float
    give: float


@dataclass(frozen=True, slots=True)
class Room:
    """The photo around the head, in photo px along the photo's own axes.

    `cos` and `sin` are of the head's roll: the photo's axes are (cos, sin) and (-sin, cos) in card axes. `before` is
    the distance from the eye midpoint to the photo's sides, FAR_PX where a side need not be covered.
    """

    cos: float
    sin: float
    before: dict[Side, float]

    @property
    def axes(self) -> tuple[tuple[float, float], tuple[float, float]]:
        return (self.cos, self.sin), (-self.sin, self.cos)


@dataclass(frozen=True, slots=True)
class Problem:
    """All that limits a frame. `lengths` act on s times `slope`; `on_a` and `on_b` on the coordinates."""

    card_wh: tuple[int, int]
    lengths: tuple[Interval, ...]
    on_a: tuple[Interval, ...]
    on_b: tuple[Interval, ...]
    room: Room | None = None

    def gaps(self) -> Iterator[Gap]:
        """Everything that must be closed; all are closed at a strain t where no gap exceeds t times its give."""
        yield from self.length_gaps()
        a, b = _Ends.of(self.on_a), _Ends.of(self.on_b)
        yield from a.crossings()
        yield from b.crossings()
        if self.room is not None:
            yield from self._outside(a, b)

    def length_gaps(self) -> Iterator[Gap]:
        """The part of `gaps` that lengths alone ask for."""
        for rule in self.lengths:
            yield Gap(-rule.slope, rule.low, rule.down)
            yield Gap(rule.slope, -rule.high, rule.up)

    def covered(self) -> tuple[_Edge, _Edge, _Edge, _Edge]:
        """The rectangle of positions that cover the photo's sides: lows, then highs, along the room's two axes."""
        assert self.room is not None
        (w, h), before = self.card_wh, self.room.before
        (ax, ay), (bx, by) = self.room.axes
        first = (min(0.0, w * ax) + min(0.0, h * ay), min(0.0, w * bx) + min(0.0, h * by))
        last = (max(0.0, w * ax) + max(0.0, h * ay), max(0.0, w * bx) + max(0.0, h * by))
        return (
            _Edge(-before["image_right"], last[0]),
            _Edge(-before["bottom"], last[1]),
            _Edge(before["image_left"], first[0]),
            _Edge(before["top"], first[1]),
        )

    def _outside(self, a: _Ends, b: _Ends) -> Iterator[Gap]:
        """What keeps the box of positions from the rectangle of covered positions."""
        assert self.room is not None
        axes, edges = self.room.axes, self.covered()
        low, high = edges[:2], edges[2:]
        for under, over in zip(low, high, strict=True):
            yield Gap(under.slope - over.slope, under.offset - over.offset, 0.0)
        for k, ends in enumerate((a, b)):  # the box's normals: the rectangle's shadow on a and on b
            shares = [axis[k] for axis in axes]
            first, last = _shadow(shares, low, high), _shadow(shares, high, low)
            for slope, offset, give in ends.high:
                yield Gap(first.slope - slope, first.offset - offset, give)
            for slope, offset, give in ends.low:
                yield Gap(slope - last.slope, offset - last.offset, give)
        for axis, under, over in zip(axes, low, high, strict=True):  # the rectangle's: the box's shadow on them
            for sign, limit in ((1.0, over), (-1.0, under)):
                ga, gb = sign * axis[0], sign * axis[1]
                for u in a.toward(ga):
                    slope, offset = ga * u.slope - sign * limit.slope, ga * u.offset - sign * limit.offset
                    give, wide = abs(ga) * u.give, abs(gb)
                    for v_slope, v_offset, v_give in b.toward(gb):
                        yield Gap(slope + gb * v_slope, offset + gb * v_offset, give + wide * v_give)

    def place(self, s: float, t: float) -> tuple[float, float]:
        """The position at scale s and strain t that strains the coordinates least."""
        point, box = [], []
        for ends in (_Ends.of(self.on_a), _Ends.of(self.on_b)):
            own = max((s * g.slope + g.offset - SLACK_PX) / max(g.give, 1e-12) for g in ends.crossings())
            own = max(own, 0.0)
            point.append(sum(ends.at(s, own)) / 2)
            box.append(ends.at(s, max(t, own) + 1e-9))
        if self.room is None:
            return point[0], point[1]
        low_x, low_y, high_x, high_y = (e.slope * s + e.offset for e in self.covered())
        (x0, x1), (y0, y1) = box
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        for (ax, ay), low, high in zip(self.room.axes, (low_x, low_y), (high_x, high_y), strict=True):
            corners = clipped(corners, ax, ay, high + NEAR_PX)
            corners = clipped(corners, -ax, -ay, NEAR_PX - low)
        return nearest((point[0], point[1]), corners)


class _Edge(NamedTuple):
    """A coordinate, linear in s, and what strain 1 moves it by."""

    slope: float
    offset: float
    give: float = 0.0


@dataclass(frozen=True, slots=True)
class _Ends:
    """The ends of all intervals on one coordinate."""

    low: tuple[_Edge, ...]
    high: tuple[_Edge, ...]

    @classmethod
    def of(cls, rules: Sequence[Interval]) -> _Ends:
        return cls(
            tuple(_Edge(r.slope, r.low, r.down) for r in rules), tuple(_Edge(r.slope, r.high, r.up) for r in rules)
        )

    def crossings(self) -> Iterator[Gap]:
        """All intervals share a point if and only if no low end passes a high end."""
        for slope, offset, give in self.low:
            for high in self.high:
                yield Gap(slope - high.slope, offset - high.offset, give + high.give)

    def toward(self, sign: float) -> tuple[_Edge, ...]:
        """The ends that count where the coordinate is wanted small (sign > 0) or large."""
        return self.low if sign > 0 else self.high

    def at(self, s: float, t: float) -> tuple[float, float]:
        """The common interval at scale s and strain t."""
        return (
            max(e.slope * s + e.offset - t * e.give for e in self.low),
            min(e.slope * s + e.offset + t * e.give for e in self.high),
        )


def _shadow(shares: Sequence[float], low: Sequence[_Edge], high: Sequence[_Edge]) -> _Edge:
    """The first point of a rectangle's shadow on a coordinate; with low and high exchanged, the last."""
    picked = [(share, under if share > 0 else over) for share, under, over in zip(shares, low, high, strict=True)]
    return _Edge(sum(share * e.slope for share, e in picked), sum(share * e.offset for share, e in picked))
