"""CSV and TSV: separators, quotes and line ends of whoever wrote it."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

from ephoto.core.cells import restored
from ephoto.core.errors import InputError
from ephoto.tables.encoding import encoding_of, lines_of
from ephoto.tables.limits import limits
from ephoto.tables.table import Record, Table, table_of
from ephoto.tables.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ephoto.tables.source import Source

__all__ = ["SEPARATORS", "read_csv"]

SEPARATORS = (",", ";", "\t")
_SAID = re.compile(r"sep=(.)\s*")  # a first line that Excel understands


def read_csv(source: Source, *, encoding: str | None, separator: str | None) -> Table:
    """A table from a text with separators; that of the first line with text, outside quotes, is taken if none is given.

    Raises
    ------
    UsageError
        "bad_option" for an unknown encoding.
    InputError
        "table_encoding", "table_empty", "table_header"; "table_row" for quotes that do not match, a row with more or
        fewer cells than the header, a zero byte, and a field or a row beyond limits.toml.
    """
    known = encoding_of(source, encoding)
    first = separator or next((found for line in lines_of(source, known) if (found := _separator(line))), ",")
    return table_of(lambda: _records(source, known, first), even=True)


def _separator(line: str) -> str | None:
    """The sign that the line says, or that stands most often outside quotes; None for a line without text."""
    if not line.strip():
        return None
    said = _SAID.fullmatch(line)
    if said:
        return said[1]
    bare = "".join(line.split('"')[::2])
    return max(SEPARATORS, key=bare.count)


def _records(source: Source, encoding: str, separator: str) -> Iterator[Record]:
    lines = _Counted(lines_of(source, encoding))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    start = 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                raise InputError("table_row", row=start, problem="a cell is too long") from None
            raise InputError("table_row", row=start, problem="its quotes do not match") from None
        if row and not (start == 1 and _SAID.fullmatch(separator.join(row))):
            yield Record(start, [_text(cell) for cell in row])
        start = reader.line_num + 1
        lines.row_chars = 0


class _Counted:
    """Lines, and how many characters the row has so far: quotes that are never closed must not fill the memory."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._most = limits()["row_chars"]
        self._number = 0
        self.row_chars = 0

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self.row_chars += len(line)
        if self.row_chars > self._most:
            raise InputError("table_row", row=self._number, problem=f"it has more characters than {self._most}")
        return line


def _text(cell: str) -> str:
    """Without the marks that keep spreadsheets from changing it (ephoto.tables.csv_out)."""
    text = clean(cell)
    return clean(restored(text)) if text.startswith("'") else text
