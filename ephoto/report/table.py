"""A report as a table: drawn by rich on a terminal, in plain columns everywhere else."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from ephoto.report.rows import MEASURES, advice, fact_rows, finding_rows, label, measure_rows, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.core.findings import Report
    from ephoto.core.messages import Language

__all__ = ["columns", "table"]

_STYLES = {"ok": "green", "!": "yellow", "x": "bold red", "?": "magenta"}


def table(
    report: Report,
    lang: Language = "en",
    *,
    terminal: bool = False,
    width: int | None = None,
    foreseen: bool = False,
    every: bool = False,
) -> str:
    """The whole report: facts by step, findings with value, bounds, status and hint, and the verdict.

    `width` is the terminal's width in columns; None lets rich find out. `foreseen` is for a card not made. `every`
    lists all measures besides, also those that no rule judges.
    """
    said = "\n".join([verdict(report, lang, foreseen=foreseen), *advice(report, lang)])
    measures = _measures(report, lang) if every else []
    return _drawn(report, lang, said, measures, width) if terminal else _plain(report, lang, said, measures)


def columns(rows: Sequence[tuple[str, ...]], gap: str = "  ") -> str:
    """Rows of equal length in aligned columns; a wide (East Asian) sign counts two.

    A cell stays on its line: a break in a value that came from a file is shown as a space.
    """
    if not rows:
        return ""
    rows = [tuple(" ".join(cell.splitlines()) for cell in row) for row in rows]
    widths = [max(_width(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell + " " * (wide - _width(cell)) for cell, wide in zip(row, widths, strict=True)]
        lines.append(gap.join(cells).rstrip())
    return "\n".join(lines)


def _measures(report: Report, lang: Language) -> list[tuple[str, ...]]:
    """The table of all measures, its headings first; empty where there are none."""
    rows = [(row.component, row.value, row.scalar, row.reason) for row in measure_rows(report, lang)]
    heads = tuple(label(f"column_{name}", lang) for name in ("measure", "value", "scalar", "hint"))
    return [heads, *rows] if rows else []


def _plain(report: Report, lang: Language, said: str, measures: list[tuple[str, ...]]) -> str:
    facts = [(row.step, row.said) for row in fact_rows(report, lang)]
    findings = [("", *_headings(lang))]
    hints = [""]
    for row in finding_rows(report, lang):
        findings.append((row.mark, row.status, row.title, row.value, row.bounds))
        hints.append(row.hint)
    lines = columns(findings).split("\n")
    indent = " " * 4
    with_hints = [f"{line}\n{indent}{hint}" if hint else line for line, hint in zip(lines, hints, strict=True)]
    every = [columns(measures), ""] if measures else []
    return "\n".join([columns(facts), "", *with_hints, "", *every, said])


def _headings(lang: Language) -> tuple[str, str, str, str]:
    status, title, value, bounds = (label(f"column_{name}", lang) for name in ("status", "title", "value", "bounds"))
    return status, title, value, bounds


def _width(words: str) -> int:
    """Columns that a text takes in a fixed-width font (Unicode Standard Annex 11)."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else not unicodedata.combining(sign) for sign in words)


def _drawn(report: Report, lang: Language, said: str, measures: list[tuple[str, ...]], width: int | None) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=width, highlight=False)
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_column(style="bold")
    facts.add_column()
    for fact in fact_rows(report, lang):
        facts.add_row(Text(fact.step), Text(fact.said))
    found = Table()
    for heading in (*_headings(lang), label("column_hint", lang)):
        found.add_column(heading)
    for row in finding_rows(report, lang):
        state = Text(f"{row.mark} {row.status}", style=_STYLES[row.mark])
        found.add_row(state, Text(row.title), Text(row.value), Text(row.bounds), Text(row.hint))
    with console.capture() as caught:
        console.print(facts)
        console.print(found)
        if measures:
            every = Table(*measures[0], title=label(f"step_{MEASURES}", lang), title_justify="left")
            for cells in measures[1:]:
                every.add_row(*map(Text, cells))
            console.print(every)
        console.print(Text(said, style="bold"))
    return caught.get().rstrip("\n")
