"""Cards of several sizes on shared sheets, so that straight cuts part them.

Shelves across the sheet, in each shelf columns, in each column cards on top of each other: first cut between shelves,
then between columns, then between cards. Cards go in by falling height, each into the first place that holds it. For
cards of one size that is the rectangular grid.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, product
from typing import TYPE_CHECKING

from ephoto.sheet.area import EPSILON_MM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ephoto.sheet.area import Area

__all__ = ["Packed", "Spot", "best_packing", "most_each"]

MOST_SIZES = 4  # up to so many sizes every choice of upright and turned is tried: 16


@dataclass(frozen=True, slots=True)
class Spot:
    """A card's place within the area: `x_mm`, `y_mm` of its upper left corner, its extent as it lies."""

    card: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    turned: bool


@dataclass(frozen=True, slots=True)
class Packed:
    """All sheets of one choice of area and of upright or turned."""

    area: Area
    sheets: tuple[tuple[Spot, ...], ...]
    turned: int


@dataclass(slots=True)
class _Column:
    x_mm: float
    width_mm: float
    used_mm: float


@dataclass(slots=True)
class _Shelf:
    """`tried` is the size that came last: columns before `open` take no more of it, nor does the shelf if `shut`."""

    y_mm: float
    height_mm: float
    used_mm: float = 0.0
    columns: list[_Column] = field(default_factory=list)
    tried: tuple[float, float] = (0.0, 0.0)
    open: int = 0
    shut: bool = False


@dataclass(slots=True)
class _Sheet:
    used_mm: float = 0.0
    shelves: list[_Shelf] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)


def best_packing(
    sizes_mm: Sequence[tuple[float, float]], counts: Sequence[int], areas: Sequence[Area], gap_mm: float
) -> Packed | None:
    """`counts[k]` cards of `sizes_mm[k]` on the fewest sheets; then the fewest turned, then the first area.

    None where some card fits in no area.
    """
    tried = _packings(sizes_mm, counts, areas, gap_mm)
    return min(tried, key=lambda packed: (len(packed.sheets), packed.turned), default=None)


def most_each(sizes_mm: Sequence[tuple[float, float]], areas: Sequence[Area], gap_mm: float) -> tuple[int, ...]:
    """How many of each card one sheet takes, dealt out evenly: no card has two more than another.

    Where not even one of each fits on a sheet: one of each, for as many sheets as it takes.
    """

    def fits(counts: Sequence[int]) -> bool:
        return any(len(p.sheets) == 1 for p in _packings(sizes_mm, counts, areas, gap_mm, sheets=1))

    kinds = len(sizes_mm)
    each = sum(w * h for w, h in sizes_mm)
    low, high = 0, int(max(a.width_mm * a.height_mm for a in areas) / each + EPSILON_MM) + 1
    while high - low > 1:  # low fits, high does not
        middle = (low + high) // 2
        low, high = (middle, high) if fits([middle] * kinds) else (low, middle)
    counts = [max(low, 1)] * kinds
    if low:
        for k in range(kinds):
            more = [*counts[:k], counts[k] + 1, *counts[k + 1 :]]
            counts = more if fits(more) else counts
    return tuple(counts)


def _packings(
    sizes_mm: Sequence[tuple[float, float]],
    counts: Sequence[int],
    areas: Sequence[Area],
    gap_mm: float,
    sheets: int | None = None,
) -> Iterator[Packed]:
    """Every choice that holds all cards, on `sheets` sheets at the most."""
    for area in areas:
        for turns in _turns(sizes_mm, area):
            lying = [size[::-1] if turn else size for size, turn in zip(sizes_mm, turns, strict=True)]
            made = _shelved(lying, turns, counts, area, gap_mm, sheets)
            if made is not None:
                yield Packed(area, made, sum(n for n, turn in zip(counts, turns, strict=True) if turn))


def _turns(sizes_mm: Sequence[tuple[float, float]], area: Area) -> Iterator[tuple[bool, ...]]:
    """Upright or turned for each card, alike for cards of one size, as far as the area holds them.

    Few sizes: every choice. Many: all upright, all turned, all lying wide, all standing tall, where they can be.
    """
    kinds = list(dict.fromkeys(sizes_mm))
    room = area.width_mm, area.height_mm
    ways = [[turn for turn in (False, True) if _within(kind[::-1] if turn else kind, room)] for kind in kinds]
    if not all(ways):
        return
    if len(kinds) <= MOST_SIZES:
        choices = [*product(*ways)]
    else:
        wide = [kind[0] < kind[1] for kind in kinds]
        wishes = [[False] * len(kinds), [True] * len(kinds), wide, [not turn for turn in wide]]
        choices = [tuple(w if w in way else way[0] for w, way in zip(wish, ways, strict=True)) for wish in wishes]
    for choice in dict.fromkeys(choices):
        yield tuple(choice[kinds.index(size)] for size in sizes_mm)


def _shelved(
    lying_mm: Sequence[tuple[float, float]],
    turns: Sequence[bool],
    counts: Sequence[int],
    area: Area,
    gap_mm: float,
    most: int | None,
) -> tuple[tuple[Spot, ...], ...] | None:
    order = sorted(range(len(counts)), key=lambda k: (-lying_mm[k][1], -lying_mm[k][0], k))
    sheets: list[_Sheet] = []
    first, size = 0, (0.0, 0.0)
    for k in chain.from_iterable([k] * counts[k] for k in order):
        if lying_mm[k] != size:
            first, size = 0, lying_mm[k]
        while True:
            if first == len(sheets):
                if first == most:
                    return None
                sheets.append(_Sheet())
            if _put(k, size, turns[k], sheets[first], area, gap_mm):
                break
            first += 1  # what did not take this size takes no more of it
    return tuple(tuple(sheet.spots) for sheet in sheets)


def _put(k: int, size: tuple[float, float], turned: bool, sheet: _Sheet, area: Area, gap_mm: float) -> bool:
    """Set one card onto the sheet, if a column, a shelf or the rest below takes it."""
    width, height = size
    for shelf in sheet.shelves:
        if shelf.tried != size:
            shelf.tried, shelf.open, shelf.shut = size, 0, False
        if shelf.shut:
            continue
        while shelf.open < len(shelf.columns):
            column = shelf.columns[shelf.open]
            below = column.used_mm + gap_mm
            if _within((width, below + height), (column.width_mm, shelf.height_mm)):
                column.used_mm = below + height
                sheet.spots.append(Spot(k, column.x_mm, shelf.y_mm + below, width, height, turned))
                return True
            shelf.open += 1
        beside = shelf.used_mm + (gap_mm if shelf.columns else 0.0)
        if _within((beside + width, height), (area.width_mm, shelf.height_mm)):
            _stand(k, size, turned, sheet, shelf, beside)
            return True
        shelf.shut = True
    under = sheet.used_mm + (gap_mm if sheet.shelves else 0.0)
    if not _within((width, under + height), (area.width_mm, area.height_mm)):
        return False
    sheet.used_mm = under + height
    sheet.shelves.append(_Shelf(under, height))
    _stand(k, size, turned, sheet, sheet.shelves[-1], 0.0)
    return True


def _stand(k: int, size: tuple[float, float], turned: bool, sheet: _Sheet, shelf: _Shelf, x_mm: float) -> None:
    """Open a column of the shelf with this card."""
    shelf.columns.append(_Column(x_mm, size[0], size[1]))
    shelf.used_mm = x_mm + size[0]
    sheet.spots.append(Spot(k, x_mm, shelf.y_mm, *size, turned))


def _within(size: tuple[float, float], room: tuple[float, float]) -> bool:
    return size[0] <= room[0] + EPSILON_MM and size[1] <= room[1] + EPSILON_MM
