"""A finished card as it is printed: its pixels, its size in mm, and its own bytes where a PDF may hold them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ephoto.codec.probe import probe
from ephoto.codec.source import load
from ephoto.core.errors import UsageError
from ephoto.core.units import MM_PER_INCH
from ephoto.pipeline.card import Card
from ephoto.sheet.style import style

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ephoto.codec.probe import FileFacts
    from ephoto.core.settings import Settings

__all__ = ["PrintCard", "read_card"]

WHOLE_DPI = 0.02  # a PNG counts px per metre: whole dpi come back up to 0.013 off


@dataclass(frozen=True, slots=True, eq=False)
class PrintCard:
    """A card: `pixels` are (H, W, 3) uint8 sRGB, upright; `size_mm` is what they measure in print.

    `dpi` is (x, y) that the two make together. `jpeg` are the file's bytes, cut at the picture's end, where they are
    a JPEG that shows the same without being decoded here: grey or RGB, sRGB, the right way up, without metadata.
    """

    name: str
    pixels: NDArray[np.uint8]
    size_mm: tuple[float, float]
    dpi: tuple[float, float]
    jpeg: bytes | None


def read_card(
    source: Any, settings: Settings, *, name: str, size_mm: tuple[float, float] | None, dpi: int | None
) -> PrintCard:
    """Read a card.

    Parameters
    ----------
    source : path, bytes, binary file object or Card
    name : str
        What it is called where it has no name of its own.
    size_mm : tuple, optional
        Its size in print, whatever the file states.
    dpi : int, optional
        The resolution of a file that states none.

    Raises
    ------
    InputError
        Whatever decoding refuses.
    UsageError
        "card_without_dpi", "card_other_shape", "card_too_small"; "card_needs_file" for pixels, "folder_of_cards".
    """
    if isinstance(source, Card):
        source, name = source.data, source.spec_id
    elif isinstance(source, (str, os.PathLike)):
        name = str(Path(os.fsdecode(source)))
    try:
        data = load(source, settings).data
    except UsageError as error:
        if error.code == "folder_input":
            raise UsageError("folder_of_cards", path=name) from None
        raise
    if data is None:
        raise UsageError("card_needs_file")
    facts = probe(data)
    pixels = facts.pixels
    wide, tall = pixels.shape[1], pixels.shape[0]
    if size_mm is None:
        x, y = _stated(facts, (wide, tall), dpi, name)
        size_mm = wide / x * MM_PER_INCH, tall / y * MM_PER_INCH
    elif abs(wide * size_mm[1] / (tall * size_mm[0]) - 1.0) > style().shape_slack:
        raise UsageError("card_other_shape", path=name, px=f"{wide} x {tall}", size=f"{size_mm[0]:g} x {size_mm[1]:g}")
    if min(size_mm) < style().card_side_mm:
        size = f"{size_mm[0]:.1f} x {size_mm[1]:.1f}"
        raise UsageError("card_too_small", path=name, size=size, least=style().card_side_mm)
    made = wide / size_mm[0] * MM_PER_INCH, tall / size_mm[1] * MM_PER_INCH
    return PrintCard(name, pixels, size_mm, made, _own_bytes(facts))


def _stated(facts: FileFacts, size_wh: tuple[int, int], dpi: int | None, name: str) -> tuple[float, float]:
    """The file's resolution as its pixels stand upright; else the caller's."""
    if facts.dpi is None:
        if dpi is None:
            raise UsageError("card_without_dpi", path=name)
        return float(dpi), float(dpi)
    x, y = (round(v) if abs(v - round(v)) < WHOLE_DPI else v for v in facts.dpi)
    return (x, y) if size_wh == facts.size_wh else (y, x)


def _own_bytes(facts: FileFacts) -> bytes | None:
    if facts.format != "JPEG" or facts.has_metadata or facts.mode not in ("L", "RGB"):
        return None
    return facts.data[: len(facts.data) - facts.trailing_bytes]
