"""Tables in: the format by the name's end."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from ephoto.core.errors import UsageError
from ephoto.tables.source import source_of

if TYPE_CHECKING:
    import os
    from collections.abc import Collection
    from typing import BinaryIO

    from ephoto.tables.table import Table

__all__ = ["SUFFIXES", "read"]

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx")


def read(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    name: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    columns: Collection[str] = (),
) -> Table:
    """A table from a CSV, TSV, JSONL or XLSX file.

    Rows of text files come one by one in bounded memory, from a path; a sheet is held in memory, and so are bytes and
    what a file object gives.

    Parameters
    ----------
    source : path, bytes, or a binary file object, which is read from where it stands
    name : the file's name, whose end tells the format; a path has its own
    encoding : of a text file; without it that of its mark, UTF-8, or GB18030, found strictly
    sheet : of a workbook; without it the first that is visible and holds text
    columns : names of columns that are known to be there; they tell the header from titles above it, as usual ones do

    Raises
    ------
    UsageError
        "table_format", "table_source", "sheet_unknown", "bad_option".
    InputError
        "not_found", "not_readable", "table_encoding", "table_empty", "table_header", "table_row",
        "table_broken", "table_too_large". Here or while going through the rows; none repeats what a cell holds.
    EnvironmentFault
        "extra_missing".

    Examples
    --------
    >>> table = read("证件号码,照片\\n１,a.jpg\\n".encode(), name="roster.csv")
    >>> table.header, [(row.number, row.cells["照片"]) for row in table]
    (('证件号码', '照片'), [(2, 'a.jpg')])
    """
    where = source_of(source, name)
    suffix = PurePath(where.name).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError("table_format", path=where.name, allowed=SUFFIXES)
    if suffix == ".xlsx":
        from ephoto.tables.xlsx import read_xlsx

        return read_xlsx(where, sheet=sheet, columns=columns)
    if sheet is not None:
        raise UsageError("sheet_unknown", name=sheet, known=[])
    if suffix in (".csv", ".tsv"):
        from ephoto.tables.csv_text import read_csv

        separator = "\t" if suffix == ".tsv" else None
        return read_csv(where, encoding=encoding, separator=separator, columns=columns)
    from ephoto.tables.jsonl import read_jsonl

    return read_jsonl(where, encoding=encoding)
