"""Where every card stands on which sheet: pure geometry in mm, x to the right, y downwards from the upper left corner.

Cards of one size stand in the best rectangular grid: the larger of the counts over the paper both ways round and the
card both ways round, beside the ruler mark (ephoto/sheet/area.py). Of equal ones the grid with upright cards is taken.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ephoto.sheet.area import EPSILON_MM, Area, Ruler, Rules, areas
from ephoto.sheet.pack import Spot, best_packing, most_each

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Grid", "Sheet", "best_grid", "filled", "fits", "mixed"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One side of paper, as it lies: its size, the cards' places on it, the ruler mark."""

    size_mm: tuple[float, float]
    spots: tuple[Spot, ...]
    ruler: Ruler | None

    def counts(self) -> dict[int, int]:
        """How many of each card stand on it."""
        return dict(sorted(Counter(spot.card for spot in self.spots).items()))


@dataclass(frozen=True, slots=True)
class Grid:
    """A rectangular grid of cards of one size in an area."""

    area: Area
    columns: int
    rows: int
    turned: bool

    @property
    def count(self) -> int:
        return self.columns * self.rows


def fits(size_mm: tuple[float, float], paper_mm: tuple[float, float], rules: Rules) -> bool:
    """Whether a card fits on the paper either way round, at need without the ruler."""
    return best_grid(size_mm, areas(paper_mm, rules, ruler=False), rules.gap_mm) is not None


def best_grid(size_mm: tuple[float, float], choice: Sequence[Area], gap_mm: float) -> Grid | None:
    """The grid with the most cards; of equal ones that with upright cards, then that of the first area."""
    best: Grid | None = None
    for turned in (False, True):
        width, height = size_mm[::-1] if turned else size_mm
        for area in choice:
            grid = Grid(area, _times(width, area.width_mm, gap_mm), _times(height, area.height_mm, gap_mm), turned)
            if grid.count > (0 if best is None else best.count):
                best = grid
    return best


def filled(
    card: int, size_mm: tuple[float, float], paper_mm: tuple[float, float], rules: Rules, copies: int | None
) -> tuple[Sheet, ...]:
    """Sheets of one card alone: one full sheet, or as many as `copies` take.

    The card must fit (`fits`). Where it fits beside no ruler mark, the mark is left out.
    """
    grid = None
    for ruler in (True, False) if rules.ruler else (False,):
        grid = grid or best_grid(size_mm, areas(paper_mm, rules, ruler=ruler), rules.gap_mm)
    if grid is None:
        raise ValueError("the card does not fit")
    size = size_mm[::-1] if grid.turned else size_mm
    pitch = size[0] + rules.gap_mm, size[1] + rules.gap_mm
    places = [
        Spot(card, column * pitch[0], row * pitch[1], *size, grid.turned)
        for row in range(grid.rows)
        for column in range(grid.columns)
    ]
    full = _centred(places, grid.area)
    left = grid.count if copies is None else copies
    return tuple(replace(full, spots=full.spots[: left - done]) for done in range(0, left, grid.count))


def mixed(
    sizes_mm: Sequence[tuple[float, float]], paper_mm: tuple[float, float], rules: Rules, copies: int | None
) -> tuple[Sheet, ...]:
    """Several cards on shared sheets: `copies` of each, or one sheet dealt out evenly.

    Each card must fit (`fits`). Where they fit beside no ruler mark, the mark is left out.
    """
    for ruler in (True, False) if rules.ruler else (False,):
        choice = areas(paper_mm, rules, ruler=ruler)
        if not choice or best_packing(sizes_mm, [1] * len(sizes_mm), choice, rules.gap_mm) is None:
            continue
        counts = most_each(sizes_mm, choice, rules.gap_mm) if copies is None else [copies] * len(sizes_mm)
        packed = best_packing(sizes_mm, counts, choice, rules.gap_mm)
        if packed is not None:
            return tuple(_centred(spots, packed.area) for spots in packed.sheets)
    raise ValueError("a card does not fit")


def _times(side_mm: float, room_mm: float, gap_mm: float) -> int:
    """How often a side stands in the room, with gaps between."""
    return max(math.floor((room_mm + gap_mm + EPSILON_MM) / (side_mm + gap_mm)), 0)


def _centred(spots: Sequence[Spot], area: Area) -> Sheet:
    """The block in the middle of the paper, as far as the area lets it."""
    width = max(spot.x_mm + spot.width_mm for spot in spots)
    height = max(spot.y_mm + spot.height_mm for spot in spots)
    left = min((area.paper_mm[0] - width) / 2, area.left_mm + area.width_mm - width)
    top = min((area.paper_mm[1] - height) / 2, area.top_mm + area.height_mm - height)
    moved = tuple(replace(spot, x_mm=spot.x_mm + left, y_mm=spot.y_mm + top) for spot in spots)
    return Sheet(area.paper_mm, moved, area.ruler)
