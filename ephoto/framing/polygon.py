"""A convex polygon cut by straight lines, and its point that is nearest to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Point", "clipped", "nearest"]

Point = tuple[float, float]


def clipped(corners: Sequence[Point], nx: float, ny: float, limit: float) -> list[Point]:
    """The part of a convex polygon, corners in order, in which nx x + ny y <= limit; no corners if nothing is left.

    >>> clipped([(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)], 1.0, 0.0, 1.0)
    [(0.0, 0.0), (1.0, 0.0), (1.0, 2.0), (0.0, 2.0)]
    """
    kept: list[Point] = []
    over = [nx * x + ny * y - limit for x, y in corners]
    for k, (x, y) in enumerate(corners):
        px, py = corners[k - 1]
        now, before = over[k], over[k - 1]
        if (now > 0) != (before > 0):
            share = before / (before - now)
            kept.append((px + share * (x - px), py + share * (y - py)))
        if now <= 0:
            kept.append((x, y))
    return kept


def nearest(point: Point, corners: Sequence[Point]) -> Point:
    """The point of a convex polygon that is nearest to another; that point itself if it lies inside.

    Raises ValueError without corners.

    >>> nearest((3.0, 1.0), [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)])
    (2.0, 1.0)
    """
    if not corners:
        raise ValueError("an empty polygon has no nearest point")
    x, y = point
    best, least, turns = corners[0], float("inf"), set()
    for k, (x1, y1) in enumerate(corners):
        x0, y0 = corners[k - 1]
        dx, dy = x1 - x0, y1 - y0
        turns.add(dx * (y - y0) - dy * (x - x0) >= 0)
        length = dx * dx + dy * dy
        share = min(max(((x - x0) * dx + (y - y0) * dy) / length, 0.0), 1.0) if length > 0 else 0.0
        foot = (x0 + share * dx, y0 + share * dy)
        far = (foot[0] - x) ** 2 + (foot[1] - y) ** 2
        if far < least:
            best, least = foot, far
    return point if len(turns) == 1 and len(corners) > 2 else best
