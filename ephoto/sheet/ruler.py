"""The ruler mark's own drawing: a line of a known length with ticks, to check at what scale a printer prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ephoto.sheet.style import style

if TYPE_CHECKING:
    from ephoto.sheet.area import Ruler

__all__ = ["Stroke", "label", "label_at_mm", "strokes"]

STEP_MM, LONG_STEP_MM = 5, 10


@dataclass(frozen=True, slots=True)
class Stroke:
    """A stroke from one point to another; mm in the ruler's box as it lies unturned, from its upper left corner."""

    x0_mm: float
    y0_mm: float
    x1_mm: float
    y1_mm: float


def label(ruler: Ruler) -> str:
    """What is written beside it.

    >>> from ephoto.sheet.area import Ruler
    >>> label(Ruler(0, 0, 60, 3, 50))
    '50 mm'
    """
    return f"{ruler.length_mm:g} mm"


def label_at_mm(ruler: Ruler) -> tuple[float, float]:
    """Where the label begins, at the middle of its height."""
    return ruler.length_mm + 1.0, style().ruler_height_mm / 2


def strokes(ruler: Ruler) -> tuple[Stroke, ...]:
    """The line and its ticks. The outer ends of the end ticks are the length apart: ink lies within it."""
    long, short, end = style().ruler_ticks_mm
    foot = style().ruler_height_mm
    half = style().line_mm / 2
    made = [Stroke(half, foot - half, ruler.length_mm - half, foot - half)]
    for at in range(0, round(ruler.length_mm) + 1, STEP_MM):
        tall = end if at in (0, round(ruler.length_mm)) else long if at % LONG_STEP_MM == 0 else short
        x = min(max(float(at), half), ruler.length_mm - half)
        made.append(Stroke(x, foot - tall, x, foot))
    return tuple(made)
