"""Checks as one HTML page that needs nothing else: tables, and the annotated photos inside it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from ephoto.core.messages import text
from ephoto.report.rows import MEASURES, advice, finding_rows, label, measure_rows, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.core.findings import Report
    from ephoto.core.messages import Language

__all__ = ["Checked", "page"]


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """One photo on the page: its name, its report, and its annotated picture as a JPEG file (or none)."""

    photo: str
    report: Report
    picture: bytes | None = None


def page(checks: Sequence[Checked], lang: Language = "en", *, foreseen: bool = True) -> bytes:
    """The page as UTF-8."""
    sections = "\n".join(_section(one, lang, foreseen=foreseen) for one in checks)
    title = escape(text("label", "page_title", "text", lang))
    return _template().substitute(lang=lang, title=title, sections=sections).encode("utf-8")


@cache
def _template() -> Template:
    return Template(files(__package__).joinpath("page.html").read_text("utf-8"))


def _section(one: Checked, lang: Language, *, foreseen: bool) -> str:
    said = "<br>".join(map(escape, [verdict(one.report, lang, foreseen=foreseen), *advice(one.report, lang)]))
    heading = f"<h2>{escape(one.photo)}<small>{said}</small></h2>"
    picture = ""
    if one.picture is not None:
        data = base64.b64encode(one.picture).decode("ascii")
        picture = f'<img alt="{escape(one.photo)}" src="data:image/jpeg;base64,{data}">'
    names = ("column_status", "column_title", "column_value", "column_bounds")
    head = "".join(f"<th>{escape(label(name, lang))}</th>" for name in names)
    rows = "".join(
        f'<tr><td class="{finding.status}">{escape(row.status)}</td>'
        f"<td>{escape(row.title)}{f'<small>{escape(row.hint)}</small>' if row.hint else ''}</td>"
        f"<td>{escape(row.value)}</td><td>{escape(row.bounds)}</td></tr>"
        for finding, row in zip(one.report.findings, finding_rows(one.report, lang), strict=True)
    )
    table = f"<table><tr>{head}</tr>{rows}</table>{_measures(one.report, lang)}"
    return f"<section>{heading}{picture}<div>{table}</div></section>"


def _measures(report: Report, lang: Language) -> str:
    """All measures, folded away; nothing where there are none."""
    rows = "".join(
        f"<tr><td>{escape(row.component)}</td><td>{escape(row.value)}</td><td>{escape(row.scalar)}</td>"
        f"<td>{escape(row.reason)}</td></tr>"
        for row in measure_rows(report, lang)
    )
    names = ("column_measure", "column_value", "column_scalar", "column_hint")
    head = "".join(f"<th>{escape(label(name, lang))}</th>" for name in names)
    said = escape(label(f"step_{MEASURES}", lang))
    return f"<details><summary>{said}</summary><table><tr>{head}</tr>{rows}</table></details>" if rows else ""
