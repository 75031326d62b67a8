"""Papers by name or by size; paper.toml has the numbers and where they are from."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ephoto.core.errors import UsageError
from ephoto.core.units import MM_PER_INCH
from ephoto.sheet.style import style

__all__ = ["Paper", "find_paper", "papers", "parse_size"]

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*[x×*]\s*([0-9]+(?:\.[0-9]+)?)\s*(mm|cm|in|inch)", re.IGNORECASE)
_FACTORS = {"mm": 1.0, "cm": 10.0, "in": MM_PER_INCH, "inch": MM_PER_INCH}


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper: its id, its width and height in mm, other names, and the source of the numbers."""

    id: str
    size_mm: tuple[float, float]
    names: tuple[str, ...] = ()
    source: str = "asked for"


@cache
def papers() -> tuple[Paper, ...]:
    """The papers that have a name, in the order of the file."""
    raw = tomllib.loads(files(__package__).joinpath("paper.toml").read_text("utf-8"))
    return tuple(
        Paper(name, (float(e["size_mm"][0]), float(e["size_mm"][1])), tuple(e["names"]), e["source"])
        for name, e in raw.items()
    )


def find_paper(words: str) -> Paper:
    """The paper that is meant: a name of paper.toml in any case, or a size such as "100x150mm".

    Raises
    ------
    UsageError
        "paper_unknown" with the known names; "bad_option" for a size that no paper has.
    """
    wanted = words.strip().lower()
    for paper in papers():
        if wanted == paper.id or wanted in paper.names:
            return paper
    match = _SIZE.fullmatch(wanted)
    if match is None:
        raise UsageError("paper_unknown", name=words, known=[paper.id for paper in papers()])
    size = _millimetres(match)
    low, high = style().paper_side_mm
    if not all(low <= side <= high for side in size):
        raise UsageError("bad_option", option="--paper", value=words, allowed=f"{low:g} to {high:g} mm")
    return Paper(f"{size[0]:g}x{size[1]:g}mm", size)


def parse_size(words: str) -> tuple[float, float]:
    """Width and height in mm of a card's print, such as "25x35mm" or "2x2in".

    Raises
    ------
    UsageError
        "bad_option" that names the forms.
    """
    match = _SIZE.fullmatch(words.strip())
    size = (0.0, 0.0) if match is None else _millimetres(match)
    if min(size) < style().card_side_mm:
        raise UsageError("bad_option", option="--size", value=words, allowed="25x35mm, 3.5x4.5cm, 2x2in")
    return size


def _millimetres(match: re.Match[str]) -> tuple[float, float]:
    factor = _FACTORS[match[3].lower()]
    return round(float(match[1]) * factor, 4), round(float(match[2]) * factor, 4)
