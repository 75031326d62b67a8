"""Findings as CSV, one row a rule, and then one a measure that no rule judges, for spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ephoto.core.cells import defused
from ephoto.core.messages import phrase
from ephoto.report.rows import unjudged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ephoto.core.findings import Report
    from ephoto.core.messages import Language

__all__ = ["COLUMNS", "csv_of"]

COLUMNS = (
    "photo", "spec", "rule", "title", "status", "native", "unit", "low", "high", "scalar", "required", "remedy",
    "reason", "blocked_by", "hint",
)  # fmt: skip
MEASURED = "measured"  # the status of what no rule judges


def csv_of(rows: Iterable[tuple[str, Report]], lang: Language = "en") -> bytes:
    """UTF-8 with a byte order mark, which spreadsheets need to show Chinese; lines end as RFC 4180 has them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for photo, report in rows:
        for f in report.findings:
            hint = "" if f.status == "pass" else f.hint(lang)
            told = (
                _plain(photo), report.spec, f.code, f.title(lang), f.status, _plain(f.native), f.unit, f.low, f.high,
                f.scalar, f.required, f.remedy, phrase(f.reason or "", lang), f.blocked_by, hint,
            )  # fmt: skip
            writer.writerow(["" if v is None else v for v in told])
        for component, measure in unjudged(report).items():
            status = "unknown" if measure["native"] is None else MEASURED
            reason = phrase(measure["reason"] or "", lang)
            bare = (
                _plain(photo), report.spec, "", component, status, measure["native"], measure["unit"], None, None,
                measure["scalar"], False, "none", reason, None, None,
            )  # fmt: skip
            writer.writerow(["" if v is None else v for v in bare])
    return out.getvalue().encode("utf-8-sig")


def _plain(value: float | str | None) -> float | str | None:
    """A name that a spreadsheet would run as a formula is made a text."""
    return defused(value) if isinstance(value, str) else value
