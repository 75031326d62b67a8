"""Millimetres, inches and pixels."""

from __future__ import annotations

import math

__all__ = ["MM_PER_INCH", "mm_from_px", "px_exact", "px_from_mm", "round_half_up"]

MM_PER_INCH = 25.4


def round_half_up(x: float) -> int:
    """The nearest whole number, .5 upwards (Python's own rounding goes to even).

    >>> round_half_up(0.5), round_half_up(2.5)
    (1, 3)
    """
    return math.floor(x + 0.5)


def px_exact(mm: float, dpi: float) -> float:
    """Millimetres to px, not rounded."""
    return mm / MM_PER_INCH * dpi


def px_from_mm(mm: float, dpi: float) -> int:
    """Millimetres to whole px.

    >>> px_from_mm(26, 350), px_from_mm(32, 350)
    (358, 441)
    """
    return round_half_up(px_exact(mm, dpi))


def mm_from_px(px: float, dpi: float) -> float:
    """Px to millimetres."""
    return px / dpi * MM_PER_INCH
