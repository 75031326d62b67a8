"""CSV and TSV: separators, quotes and line ends of whoever wrote it."""

from __future__ import annotations

import csv
import re
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from ephoto.core.cells import restored
from ephoto.tables.columns import names_in
from ephoto.tables.encoding import encoding_of, lines_of
from ephoto.tables.limits import limits
from ephoto.tables.table import MOST_TITLES, NO_HURT, Record, Table, table_of
from ephoto.tables.text import clean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ephoto.tables.source import Source

__all__ = ["SEPARATORS", "read_csv"]

SEPARATORS = (",", ";", "\t")
_SAID = re.compile(r"sep=(.)\s*")  # a first line that Excel understands


def read_csv(source: Source, *, encoding: str | None, separator: str | None, columns: Collection[str] = ()) -> Table:
    """A table from a text with separators; without a given one, that of the line that names columns, outside quotes.

    A row with fewer cells than the header is filled up with "". A row has a problem if its quotes do not match, if it
    is beyond limits.toml, if a cell is longer than the csv module's limit (131072 characters), or if it has more filled
    cells than the header; after quotes that do not match, reading goes on at the next line.

    Raises
    ------
    UsageError
        "bad_option" for an unknown encoding.
    InputError
        "table_encoding", "table_empty", "table_header"; "table_row" for a zero byte, and a line beyond limits.toml.
    """
    known = encoding_of(source, encoding)
    first = separator or _separator(lines_of(source, known), columns)
    return table_of(lambda: _records(source, known, first), even=True, named=columns)


def _separator(lines: Iterable[str], columns: Collection[str]) -> str:
    """What the first line says; else that of the line that looks most like a header."""
    first = list(islice((line for line in lines if line.strip()), MOST_TITLES + 1))
    if first and (said := _SAID.fullmatch(first[0])):
        return said[1]
    return max((_rated(line, columns) for line in first), key=lambda rated: rated[0], default=(None, ","))[1]


def _rated(line: str, columns: Collection[str]) -> tuple[tuple[tuple[int, int], bool], str]:
    """How much a line looks like a header, and the separator that stands most often in it outside quotes."""
    bare = "".join(line.split('"')[::2])
    separator = max(SEPARATORS, key=bare.count)
    cells = (cell.strip().strip('"') for cell in line.split(separator))
    return (names_in(cells, columns), separator in bare), separator


def _records(source: Source, encoding: str, separator: str) -> Iterator[Record]:
    lines = _Lines(lines_of(source, encoding))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        start = lines.begin()
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, _EndlessError) as error:
            yield Record(start, (), NO_HURT, _problem(error))
            lines.go_back()
            reader = csv.reader(lines, delimiter=separator, strict=True)
            continue
        if row and not (start == 1 and _SAID.fullmatch(separator.join(row))):
            yield Record(start, [_text(cell) for cell in row])


def _problem(error: Exception) -> str:
    if isinstance(error, _EndlessError):
        return str(error)
    return "a cell is too long" if "field limit" in str(error) else "its quotes do not match"


class _EndlessError(Exception):
    """A row that runs on; its words are a problem of "table_row"."""


class _Lines:
    """Lines, those of the row at hand kept: where its quotes are broken, its other lines are read again as rows.

    Quotes that are never closed must neither fill the memory nor be looked through again from each line to the end.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._most_chars, self._most_lines = limits()["row_chars"], limits()["row_lines"]
        self._chars, self._start = 0, 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self._row.append(line)
        self._chars += len(line)
        if self._chars > self._most_chars:
            raise _EndlessError(f"it has more characters than {self._most_chars}")
        if len(self._row) > self._most_lines:
            raise _EndlessError("its quotes do not match")
        return line

    def begin(self) -> int:
        """A new row begins: the number of its first line."""
        self._start += len(self._row)
        self._row, self._chars = [], 0
        return self._start

    def go_back(self) -> None:
        """To the second line of the row at hand."""
        self._again.extendleft(reversed(self._row[1:]))
        del self._row[1:]


def _text(cell: str) -> str:
    """Without the marks that keep spreadsheets from changing it (ephoto.tables.text_out)."""
    text = clean(cell)
    return clean(restored(text)) if text.startswith("'") else text
