"""`ephoto sheet`: finished cards in, print sheets out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ephoto.cli import options as o
from ephoto.core.messages import visible

if TYPE_CHECKING:
    from ephoto.cli.voice import Voice
    from ephoto.sheet.layout import Sheet
    from ephoto.sheet.sheets import PrintSheets

__all__ = ["SCHEMA", "sheet"]

SCHEMA = "ephoto.sheet/1"

Cards = Annotated[list[str], typer.Argument(metavar="CARD", help="Finished cards, of one person or of several.")]
Output = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        metavar="SHEET",
        help="PDF, JPEG or PNG file; {page} in its name is the sheet's number. A PDF holds all sheets as pages.",
    ),
]
Paper = Annotated[
    str,
    typer.Option(
        metavar="NAME|WxHmm",
        help="a3, a4, a5, a6, letter, 5in, 6in, 7in, 8in, 10in (3.5x5, 4x6, 5x7, 6x8, 8x10), or a size. "
        "It is used either way round.",
    ),
]
Copies = Annotated[str | None, typer.Option(metavar="N", help="So many of each card. Default: a sheet full of each.")]
Gap = Annotated[str | None, typer.Option(metavar="MM", help="Between cards; 0 is allowed. Default: 2.")]
Margin = Annotated[str, typer.Option(metavar="MM", help="Between cards and the paper's edge, at the least.")]
Safe = Annotated[
    str | None,
    typer.Option(
        "--safe-margin",
        metavar="MM",
        help="Strip along the edges in which nothing is printed: labs enlarge a little and trim. Default: 3.",
    ),
]
CutLines = Annotated[bool, typer.Option("--cut-lines", help="Hairlines about the cards, and crop marks.")]
Mix = Annotated[
    bool, typer.Option("--mix", help="Several cards on shared sheets; without --copies one sheet, dealt out evenly.")
]
Ruler = Annotated[
    bool,
    typer.Option("--ruler/--no-ruler", help="A mark to check the printer's scale: 50 mm, less on small papers."),
]
Size = Annotated[
    str | None, typer.Option(metavar="25x35mm", help="The cards' size in print, whatever their files state.")
]
Dpi = Annotated[
    str | None,
    typer.Option(metavar="N", help="Resolution of a JPEG or PNG sheet, and of cards that state none. Default: theirs."),
]


def sheet(
    cards: Cards,
    output: Output,
    paper: Paper = "6in",
    copies: Copies = None,
    gap: Gap = None,
    margin: Margin = "0",
    safe_margin: Safe = None,
    cut_lines: CutLines = False,
    mix: Mix = False,
    ruler: Ruler = True,
    size: Size = None,
    dpi: Dpi = None,
    force: o.Force = False,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Lay finished cards out on print sheets, in millimetres.

    Print the sheet at 100 %, neither fitted to the page nor borderless, then measure the ruler on it: where it is not
    as long as stands beside it, the printer has scaled the sheet, and the cards are of a wrong size too.

    Exit: 0 done, 2 usage, or a card that does not fit, 3 unreadable card, 6 output, 70 a bug.
    """
    from ephoto.cli.targets import check_file, identities
    from ephoto.cli.voice import Voice, language
    from ephoto.core.errors import UsageError
    from ephoto.core.settings import Settings
    from ephoto.sheet.sheets import print_sheets, sheet_format

    settings = Settings.from_env()
    voice = Voice(language(lang, settings.lang), as_json)
    sheet_format(output)
    if "-" in cards:
        raise UsageError("card_from_stdin")
    made = print_sheets(
        cards, paper, copies=o.parse_whole("--copies", copies), gap_mm=o.parse_mm("--gap", gap),
        margin_mm=o.parse_mm("--margin", margin) or 0.0, safe_margin_mm=o.parse_mm("--safe-margin", safe_margin),
        cut_lines=cut_lines, mix=mix, ruler=ruler, size=size, dpi=o.parse_dpi(dpi), settings=settings,
    )  # fmt: skip
    paths = made.paths(output)
    taken = {identity for card in cards for identity in identities(Path(card))}
    for path in paths:
        check_file(path, taken, force=force)
    made.save(output, overwrite=force)
    _tell(made, paths, voice)
    return 0


def _tell(made: PrintSheets, paths: tuple[Path, ...], voice: Voice) -> None:
    if voice.as_json:
        sheets = [_entry(made, sheet, page) for page, sheet in enumerate(made.sheets, start=1)]
        voice.json({"schema": SCHEMA, "exit_code": 0, "paper": made.paper.id, "dpi": made.dpi,
                    "outputs": [str(path) for path in paths], "sheets": sheets})  # fmt: skip
        return
    for page, sheet in enumerate(made.sheets, start=1):
        cards = [
            "{} x {} ({:.1f} x {:.1f} mm)".format(count, visible(made.cards[k].name), *made.cards[k].size_mm)
            for k, count in sheet.counts().items()
        ]
        width, height = sheet.size_mm
        voice.say(
            voice.label(
                "sheet_page", page=page, paper=made.paper.id, width=width, height=height, cards="; ".join(cards)
            )
        )
    lengths = {sheet.ruler.length_mm for sheet in made.sheets if sheet.ruler is not None}
    if lengths:
        voice.say(voice.label("sheet_scale", length=", ".join(f"{length:g}" for length in sorted(lengths))))
    else:
        voice.say(voice.label("sheet_no_ruler"))
    for path in paths:
        voice.say(voice.label("written", path=path))


def _entry(made: PrintSheets, sheet: Sheet, page: int) -> dict[str, Any]:
    return {
        "page": page,
        "size_mm": list(sheet.size_mm),
        "ruler_mm": None if sheet.ruler is None else sheet.ruler.length_mm,
        "cards": [
            {
                "card": made.cards[k].name,
                "copies": count,
                "size_mm": [round(side, 3) for side in made.cards[k].size_mm],
                "turned": any(spot.turned for spot in sheet.spots if spot.card == k),
            }
            for k, count in sheet.counts().items()
        ],
    }
