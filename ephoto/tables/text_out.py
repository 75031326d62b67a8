"""Rows as lines of CSV and of JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

from ephoto.core.cells import defused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ephoto.tables.writing import Cell

__all__ = ["csv_lines", "json_lines", "kept"]

# Texts that a spreadsheet takes for numbers or dates and writes in another way: 12 digits and more become 1.1E+17,
# zeros in front go, 1E5 is 100000, 1-2 is the second of January. ISO dates are dates and stay so.
_CHANGED = re.compile(
    r"\d{12,}(?:\.\d*)?|0\d+(?:\.\d*)?|\d+(?:\.\d*)?[Ee][+-]?\d+|\d{1,4}[-/]\d{1,2}(?:[-/]\d{1,4})?", re.ASCII
)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def kept(text: str) -> str:
    """A text as a spreadsheet leaves it: a tab before what it would change, an apostrophe before what it would run.

    >>> kept("110101199003070018"), kept("=1+1"), kept("a.jpg"), kept("1990-03-07")
    ('\\t110101199003070018', "'=1+1", 'a.jpg', '1990-03-07')
    """
    if text[:1].isdigit():
        return f"\t{text}" if _CHANGED.fullmatch(text) and not _ISO_DATE.fullmatch(text) else text
    return defused(text)


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """UTF-8 with a byte order mark; lines end as RFC 4180 has them."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    yield b"\xef\xbb\xbf"
    writer.writerow([kept(name) for name in columns])
    for row in rows:
        yield _taken(out)
        writer.writerow([_csv_cell(value) for value in row])
    yield _taken(out)


def _csv_cell(value: Cell) -> Cell:
    if isinstance(value, str):
        return kept(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value


def _taken(out: io.StringIO) -> bytes:
    """What was written since, the buffer emptied."""
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


def json_lines(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """One object a line, UTF-8, every column in each."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode
    for row in rows:
        yield f"{encode(dict(zip(columns, row, strict=True)))}\n".encode()
