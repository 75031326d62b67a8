"""From finished cards to print sheets: what is asked for, where everything stands, and the files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ephoto.core.errors import UsageError
from ephoto.core.settings import Settings
from ephoto.sheet.area import Rules, areas
from ephoto.sheet.card import read_card
from ephoto.sheet.layout import filled, fits, mixed
from ephoto.sheet.paper import find_paper, papers, parse_size
from ephoto.sheet.style import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.sheet.card import PrintCard
    from ephoto.sheet.layout import Sheet
    from ephoto.sheet.paper import Paper

__all__ = ["PAGE", "SUFFIXES", "PrintSheets", "print_sheets", "sheet_format"]

PAGE = "{page}"
MOST_SIDE_PX = 65535  # a JPEG counts its sides in 16 bits (T.81, B.2.2)
SUFFIXES: dict[str, Literal["PDF", "JPEG", "PNG"]] = {".pdf": "PDF", ".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}


@dataclass(frozen=True, slots=True, eq=False)
class PrintSheets:
    """Sheets that are laid out and not yet drawn.

    `cards` are what was read, in the caller's order; a sheet's spots name them by index. `dpi` is the resolution of
    JPEG and PNG sheets. `lines_from_mm` is None without cut lines.
    """

    cards: tuple[PrintCard, ...]
    sheets: tuple[Sheet, ...]
    paper: Paper
    dpi: int
    lines_from_mm: float | None
    max_pixels: int

    def pdf(self) -> bytes:
        """All sheets as one PDF, a page each: cards in their own bytes, lines and the ruler as vectors."""
        from ephoto.sheet.pdf import pdf

        return pdf(self.sheets, self.cards, lines_from_mm=self.lines_from_mm)

    def picture(self, page: int = 1, format: Literal["JPEG", "PNG"] = "JPEG") -> bytes:
        """One sheet as a picture file of the best quality, its resolution in the header; `page` counts from 1.

        Raises
        ------
        UsageError
            "sheet_too_large" for more pixels than the settings allow; "bad_option" for a page that is not there.
        """
        from ephoto.codec.encode import encode
        from ephoto.sheet.draw import draw

        if not 1 <= page <= len(self.sheets):
            raise UsageError("bad_option", option="page", value=page, allowed=f"1 to {len(self.sheets)}")
        self._check_pixels()
        pixels = draw(self.sheets[page - 1], self.cards, self.dpi, lines_from_mm=self.lines_from_mm)
        return encode(pixels, format=format, dpi=self.dpi).data

    def paths(self, path: str | os.PathLike[str]) -> tuple[Path, ...]:
        """The files that `save` writes: one PDF, or one picture a sheet with its number for {page}.

        Raises
        ------
        UsageError
            "sheet_needs_page", "sheet_too_large"; "bad_option" for a name that is neither PDF, JPEG nor PNG.
        """
        name = os.fspath(path)
        if sheet_format(name) == "PDF":
            return (Path(name),)
        self._check_pixels()
        if PAGE not in Path(name).name:
            if len(self.sheets) > 1:
                raise UsageError("sheet_needs_page", count=len(self.sheets), path=name)
            return (Path(name),)
        digits = len(str(len(self.sheets)))
        return tuple(Path(name.replace(PAGE, f"{k:0{digits}}")) for k in range(1, len(self.sheets) + 1))

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> tuple[Path, ...]:
        """Write the files, each whole or not at all; everything is drawn before the first is written.

        Raises
        ------
        EnvironmentFault
            "output_exists" unless `overwrite`; "output_failed".
        UsageError
            As for `paths`.
        """
        from ephoto.codec.write import write

        paths, kind = self.paths(path), sheet_format(path)
        drawn = [self.pdf()] if kind == "PDF" else [self.picture(k + 1, kind) for k in range(len(paths))]
        return tuple(write(one, data, overwrite=overwrite) for one, data in zip(paths, drawn, strict=True))

    def _check_pixels(self) -> None:
        from ephoto.sheet.draw import size_px

        width, height = size_px(self.sheets[0], self.dpi)
        if width * height > self.max_pixels or max(width, height) > MOST_SIDE_PX:
            raise UsageError("sheet_too_large", width=width, height=height, limit=self.max_pixels)


def print_sheets(
    cards: Sequence[Any],
    paper: str = "6in",
    *,
    copies: int | None = None,
    gap_mm: float | None = None,
    margin_mm: float = 0.0,
    safe_margin_mm: float | None = None,
    cut_lines: bool = False,
    mix: bool = False,
    ruler: bool = True,
    size: str | None = None,
    dpi: int | None = None,
    settings: Settings | None = None,
) -> PrintSheets:
    """Finished cards laid out on print sheets, in millimetres.

    Parameters
    ----------
    cards : sequence of path, bytes, binary file object or Card
        Files of finished cards. Each is printed at the size that its pixels and its stated resolution make.
    paper : str
        A name, such as "6in" or "a4", or a size, such as "100x150mm"; it is used either way round.
    copies : int, optional
        So many of each card, on as many sheets as it takes. Without it each card fills a sheet of its own, or with
        `mix` all of them share one sheet evenly.
    gap_mm, margin_mm, safe_margin_mm : float, optional
        Between cards (default 2); between cards and the paper's edge (default: the safe margin); the strip along the
        edge in which nothing is printed (default 3).
    cut_lines : bool
        Hairlines about the cards and crop marks.
    mix : bool
        Several cards on shared sheets, which straight cuts still part.
    ruler : bool
        A mark to check the printer's scale: 50 mm, less on small papers.
    size : str, optional
        The cards' size in print, such as "25x35mm", whatever their files state.
    dpi : int, optional
        Resolution of JPEG and PNG sheets (default: the cards'), and of cards that state none.

    Raises
    ------
    EphotoError
        UsageError ("size_does_not_fit", "paper_unknown", "card_without_dpi", ...), or InputError.

    >>> ephoto.print_sheets(["card.jpg"], "a4", cut_lines=True).save("sheet.pdf")  # doctest: +SKIP
    """
    settings = settings or Settings()
    style_ = style()
    rules = Rules(
        style_.gap_mm if gap_mm is None else gap_mm,
        margin_mm,
        style_.safe_margin_mm if safe_margin_mm is None else safe_margin_mm,
        ruler,
    )
    found, size_mm = find_paper(paper), None if size is None else parse_size(size)
    _check("--copies", copies, (1, style_.most_copies))
    _check("--dpi", dpi, style_.dpi_range)
    if not cards:
        raise UsageError("bad_option", option="CARD", value="[]", allowed="CARD ...")
    read = tuple(
        read_card(card, settings, name=f"card {k}", size_mm=size_mm, dpi=dpi) for k, card in enumerate(cards, start=1)
    )
    for card in read:
        _check_fits(card, found, rules)
    if mix:
        sheets = mixed([card.size_mm for card in read], found.size_mm, rules, copies)
    else:
        each = (filled(k, card.size_mm, found.size_mm, rules, copies) for k, card in enumerate(read))
        sheets = tuple(sheet for of_card in each for sheet in of_card)
    resolution = dpi or min(max(round(max(max(c.dpi) for c in read)), style_.dpi_range[0]), style_.dpi_range[1])
    return PrintSheets(read, sheets, found, resolution, rules.safe_mm if cut_lines else None, settings.max_pixels)


def sheet_format(path: str | os.PathLike[str]) -> Literal["PDF", "JPEG", "PNG"]:
    """What a file name promises.

    Raises
    ------
    UsageError
        "bad_option" for any other suffix, and for a PDF with {page} in its name: it holds all sheets.
    """
    kind = SUFFIXES.get(Path(path).suffix.lower())
    if kind is None or (kind == "PDF" and PAGE in Path(path).name):
        raise UsageError("bad_option", option="--output", value=os.fspath(path),
                         allowed="sheet.pdf, sheet.jpg, sheet-{page}.jpg, sheet.png")  # fmt: skip
    return kind


def _check(option: str, value: int | None, bounds: tuple[int, int]) -> None:
    if value is not None and not bounds[0] <= value <= bounds[1]:
        raise UsageError("bad_option", option=option, value=value, allowed=f"{bounds[0]} to {bounds[1]}")


def _check_fits(card: PrintCard, paper: Paper, rules: Rules) -> None:
    if fits(card.size_mm, paper.size_mm, rules):
        return
    free = areas(paper.size_mm, rules, ruler=False)
    larger = [known.id for known in papers() if fits(card.size_mm, known.size_mm, rules)]
    raise UsageError(
        "size_does_not_fit",
        path=card.name,
        size="{:.1f} x {:.1f}".format(*card.size_mm),
        paper=paper.id,
        free=f"{free[0].width_mm:g} x {free[0].height_mm:g}" if free else "0 x 0",
        fitting=larger or ["-"],
    )
