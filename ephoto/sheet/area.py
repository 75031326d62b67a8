"""What of a paper is free for cards, and where the ruler mark stands. Lengths in mm, x to the right, y downwards.

The ruler costs no card where any strip is free: it stands at the lower or at the right edge of what may be printed, the
cards keep off its strip, and every paper is tried with either. A margin wider than the safe margin holds it as well.
"""

from __future__ import annotations

from dataclasses import dataclass

from ephoto.core.errors import UsageError
from ephoto.sheet.style import style

__all__ = ["EPSILON_MM", "Area", "Ruler", "Rules", "areas"]

EPSILON_MM = 1e-6  # sums of floats: a card that fits to the micrometre fits


@dataclass(frozen=True, slots=True)
class Rules:
    """Distances that hold on every sheet.

    `gap_mm` lies between cards, `safe_mm` is the strip along the edges that stays blank, `margin_mm` the least
    distance of cards from the edges; what is between the two may hold crop marks and the ruler.

    Raises
    ------
    UsageError
        "bad_option" for a length that is negative, too large or no number.
    """

    gap_mm: float
    margin_mm: float
    safe_mm: float
    ruler: bool = True

    def __post_init__(self) -> None:
        most = style().most_mm
        lengths = {"--gap": self.gap_mm, "--margin": self.margin_mm, "--safe-margin": self.safe_mm}
        for option, value in lengths.items():
            if not 0.0 <= value <= most:
                raise UsageError("bad_option", option=option, value=value, allowed=f"0 to {most:g} mm")


@dataclass(frozen=True, slots=True)
class Ruler:
    """The ruler mark's box; `turned` by a quarter counterclockwise, like cards. `length_mm` is what it measures."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    length_mm: float
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """The rectangle for cards on a paper that lies one way, beside the ruler where there is one."""

    paper_mm: tuple[float, float]
    left_mm: float
    top_mm: float
    width_mm: float
    height_mm: float
    safe_mm: float
    ruler: Ruler | None = None


def areas(paper_mm: tuple[float, float], rules: Rules, *, ruler: bool) -> tuple[Area, ...]:
    """Every area that a paper offers: both ways round, and with `ruler` the mark below or at the right."""
    ways = dict.fromkeys((paper_mm, paper_mm[::-1]))
    found = [area for way in ways for area in (_with_ruler(way, rules) if ruler else [_plain(way, rules)])]
    return tuple(area for area in found if area.width_mm > 0.0 and area.height_mm > 0.0)


def _plain(paper_mm: tuple[float, float], rules: Rules) -> Area:
    edge = max(rules.margin_mm, rules.safe_mm)
    return Area(paper_mm, edge, edge, paper_mm[0] - 2 * edge, paper_mm[1] - 2 * edge, rules.safe_mm)


def _with_ruler(paper_mm: tuple[float, float], rules: Rules) -> list[Area]:
    whole, made = _plain(paper_mm, rules), []
    (width, height), safe, tall = paper_mm, rules.safe_mm, style().ruler_height_mm
    strip = max(safe + tall + style().ruler_clear_mm - whole.left_mm, 0.0)
    length = _length(width - 2 * safe)
    if length:
        wide = length + style().ruler_label_mm
        mark = Ruler((width - wide) / 2, height - safe - tall, wide, tall, length)
        made.append(Area(paper_mm, whole.left_mm, whole.top_mm, whole.width_mm, whole.height_mm - strip, safe, mark))
    length = _length(height - 2 * safe)
    if length:
        long = length + style().ruler_label_mm
        mark = Ruler(width - safe - tall, (height - long) / 2, tall, long, length, turned=True)
        made.append(Area(paper_mm, whole.left_mm, whole.top_mm, whole.width_mm - strip, whole.height_mm, safe, mark))
    return made


def _length(free_mm: float) -> float:
    """The longest ruler that fits with its label; 0 for none."""
    room = free_mm - style().ruler_label_mm + EPSILON_MM
    return next((length for length in style().ruler_lengths_mm if length <= room), 0.0)
