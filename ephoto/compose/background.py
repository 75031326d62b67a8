"""The ground that a person is laid on: read from text, painted as pixels."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import numpy as np

from ephoto.core.colour import hex_of, rgb_of
from ephoto.core.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Background", "named", "paint", "parse", "rows_of"]

Kind = Literal["colour", "gradient", "keep", "transparent"]
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Background:
    """One ground.

    `top` and `bottom` are sRGB, equal for a plain colour; None for "keep" (the photo's own ground stays) and
    "transparent".
    """

    kind: Kind
    top: Rgb | None = None
    bottom: Rgb | None = None

    def __post_init__(self) -> None:
        painted = self.kind in ("colour", "gradient")
        if painted != (self.top is not None) or painted != (self.bottom is not None):
            raise ValueError(f"a {self.kind} ground {'needs' if painted else 'has no'} colours")
        if self.kind == "colour" and self.top != self.bottom:
            raise ValueError("a plain ground has one colour")

    @property
    def name(self) -> str:
        """As `parse` reads it: "keep", "transparent", "#RRGGBB" or "#TOP:#BOTTOM"."""
        if self.top is None or self.bottom is None:
            return self.kind
        return hex_of(self.top) if self.kind == "colour" else f"{hex_of(self.top)}:{hex_of(self.bottom)}"


@cache
def named() -> dict[str, Rgb]:
    """Colours that have a name, from grounds.toml."""
    table = tomllib.loads(files(__package__).joinpath("grounds.toml").read_text("utf-8"))
    return {name: rgb_of(entry["rgb"]) for name, entry in table.items()}


def parse(text: str) -> Background:
    """The ground that a text names: a colour's name, #RRGGBB, #TOP:#BOTTOM, keep or transparent; any case.

    Raises
    ------
    UsageError
        "bad_option" for anything else.

    >>> parse("#ffffff:#C0C0C0").bottom
    (192, 192, 192)
    """
    word = text.strip().lower()
    if word == "keep":
        return Background("keep")
    if word == "transparent":
        return Background("transparent")
    parts = word.split(":")
    try:
        colours = [named().get(part) or rgb_of(part) for part in parts]
    except ValueError:
        colours = []
    match colours:
        case [plain]:
            return Background("colour", plain, plain)
        case [top, bottom]:
            return Background("gradient", top, bottom)
    allowed = [*named(), "#RRGGBB", "#TOP:#BOTTOM", "keep", "transparent"]
    raise UsageError("bad_option", option="--background", value=text, allowed=allowed)


def rows_of(background: Background, height: int) -> NDArray[np.uint8]:
    """The ground's colour in each row: (1, 3) if it is the same in all, else (height, 3).

    A gradient runs from the first row's colour to the last row's, linear in sRGB values and rounded.

    Raises ValueError for "keep" and "transparent", which have no colours.
    """
    if background.top is None or background.bottom is None:
        raise ValueError(f"a {background.kind} ground cannot be painted")
    count = height if background.top != background.bottom else 1
    share = np.linspace(0.0, 1.0, count)[:, None]
    rows = np.array(background.top) * (1 - share) + np.array(background.bottom) * share
    return np.floor(rows + 0.5).astype(np.uint8)


def paint(background: Background, size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """The ground as pixels (H, W, 3); see `rows_of`."""
    w, h = size_wh
    rows = rows_of(background, h)
    # Rows of 3 W values are filled in long runs; colour by colour would take ten times as long.
    lines = np.empty((h, 3 * w), np.uint8)
    lines[:] = np.tile(rows, (1, w))
    return lines.reshape(h, w, 3)
