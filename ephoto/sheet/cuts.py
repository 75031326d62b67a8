"""Lines to cut along: a hairline about every card, outside its picture, and crop marks beyond the outer corners.

Where cards touch, the hairline lies on the edge that they share. Marks stand at the outer edges only, and keep off the
ruler and the strip along the paper's edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ephoto.sheet.area import EPSILON_MM
from ephoto.sheet.style import style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.sheet.layout import Sheet
    from ephoto.sheet.pack import Spot

__all__ = ["Line", "cut_lines"]

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A line at `at_mm` across its axis, from `start_mm` to `end_mm` along it.

    `upright` lines have their x at `at_mm`. `side` tells where the ink lies: -1 to the left or above, +1 to the right
    or below, 0 on the line.
    """

    upright: bool
    at_mm: float
    start_mm: float
    end_mm: float
    side: int


def cut_lines(sheet: Sheet, safe_mm: float) -> tuple[Line, ...]:
    """All lines of a sheet, each once; nothing is drawn nearer than `safe_mm` to the paper's edge."""
    boxes = [_box(spot) for spot in sheet.spots]
    lines = [line for box in boxes for line in (*_frame(box, boxes), *_marks(box, boxes, sheet, safe_mm))]
    return tuple({(*(round(v, 4) for v in _numbers(line)), line.upright): line for line in lines}.values())


def _numbers(line: Line) -> tuple[float, ...]:
    return line.at_mm, line.start_mm, line.end_mm, line.side


def _box(spot: Spot) -> Box:
    return spot.x_mm, spot.y_mm, spot.x_mm + spot.width_mm, spot.y_mm + spot.height_mm


def _frame(box: Box, boxes: list[Box]) -> Iterator[Line]:
    """The four edges; a shared one has its ink in the middle."""
    left, top, right, bottom = box
    near = 2 * style().line_mm  # two lines side by side need that much
    for side, at in ((-1, left), (1, right)):
        shared = _is_taken(boxes, box, (min(at, at + side * near), top, max(at, at + side * near), bottom))
        yield Line(True, at, top, bottom, 0 if shared else side)
    for side, at in ((-1, top), (1, bottom)):
        shared = _is_taken(boxes, box, (left, min(at, at + side * near), right, max(at, at + side * near)))
        yield Line(False, at, left, right, 0 if shared else side)


def _marks(box: Box, boxes: list[Box], sheet: Sheet, safe_mm: float) -> Iterator[Line]:
    """Continuations of the edges outwards, where no card stands between them and the paper's edge."""
    for upright in (True, False):
        a = 0 if upright else 1  # the axis that the line stands on; it runs along the other
        low, high = safe_mm, sheet.size_mm[1 - a] - safe_mm
        for at, side in ((box[a], -1), (box[a + 2], 1)):
            for edge, way in ((box[1 - a], -1), (box[3 - a], 1)):
                start = edge + way * style().mark_from_mm
                end = min(max(edge + way * (style().mark_from_mm + style().mark_mm), low), high)
                if (end - start) * way < style().mark_least_mm:
                    continue
                span = min(start, end), max(start, end)
                outwards = (start, start + way * max(sheet.size_mm))
                if _is_taken(boxes, box, _across(upright, at, *sorted(outwards))):
                    continue
                if not _meets_ruler(_across(upright, at, *span), sheet):
                    yield Line(upright, at, span[0], span[1], _ink(box, boxes, a, side))


def _across(upright: bool, at: float, start: float, end: float) -> Box:
    """A line without width as a box."""
    return (at, start, at, end) if upright else (start, at, end, at)


def _ink(box: Box, boxes: list[Box], axis: int, side: int) -> int:
    """A mark's ink lies where that of the edge it continues lies."""
    upright = axis == 0
    at = box[axis] if side < 0 else box[axis + 2]
    return next(line.side for line in _frame(box, boxes) if line.upright == upright and line.at_mm == at)


def _is_taken(boxes: list[Box], own: Box, place: Box) -> bool:
    """Whether another card reaches into the place, touching included across its thin side only."""
    return any(other is not own and _overlap(other, place) for other in boxes)


def _overlap(one: Box, other: Box) -> bool:
    return all(_axis(one[k], one[k + 2], other[k], other[k + 2]) for k in (0, 1))


def _axis(low: float, high: float, start: float, end: float) -> bool:
    if end - start < EPSILON_MM:  # a line: it meets what it touches
        return low - EPSILON_MM <= start <= high + EPSILON_MM
    return low < end - EPSILON_MM and start < high - EPSILON_MM


def _meets_ruler(place: Box, sheet: Sheet) -> bool:
    mark = sheet.ruler
    if mark is None:
        return False
    clear = style().ruler_clear_mm / 2
    box = (mark.x_mm - clear, mark.y_mm - clear, mark.x_mm + mark.width_mm + clear, mark.y_mm + mark.height_mm + clear)
    return _overlap(box, place)
