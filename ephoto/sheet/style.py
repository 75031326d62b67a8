"""The sheet's own measures, read from style.toml."""

from __future__ import annotations

from dataclasses import dataclass

from ephoto.core.numbers import numbers

__all__ = ["Style", "style"]


@dataclass(frozen=True, slots=True)
class Style:
    gap_mm: float
    safe_margin_mm: float
    most_mm: float
    paper_side_mm: tuple[float, float]
    card_side_mm: float
    most_copies: int
    shape_slack: float
    dpi_range: tuple[int, int]
    line_mm: float
    line_grey: int
    mark_from_mm: float
    mark_mm: float
    mark_least_mm: float
    ruler_lengths_mm: tuple[float, ...]
    ruler_height_mm: float
    ruler_clear_mm: float
    ruler_label_mm: float
    ruler_text_mm: float
    ruler_ticks_mm: tuple[float, float, float]


def style() -> Style:
    """The values of style.toml; its comments give the reasons."""
    return numbers(Style, __package__, "style.toml")
