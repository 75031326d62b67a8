"""Rows as a workbook, through XlsxWriter (extra `tables`), in constant memory."""

from __future__ import annotations

import datetime
import tempfile
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.tables.limits import limits
from ephoto.tables.text import EXACT_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ephoto.tables.writing import Cell

__all__ = ["write_xlsx", "xlsxwriter"]

_CREATED = datetime.datetime(2000, 1, 1)  # the same for all: a file's bytes depend on its rows alone


def xlsxwriter() -> Any:
    """The package: EnvironmentFault("extra_missing") without it."""
    try:
        import xlsxwriter
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name=".xlsx", package="xlsxwriter", extra="tables") from error
    return xlsxwriter


def write_xlsx(file: BinaryIO, columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, folder: Path) -> None:
    """One sheet. Texts are cells of text, never formulas, links or numbers; whole numbers of more than 15 digits too.

    The sheet's rows lie in a folder inside `folder` until they are packed, and are gone with any outcome.
    """
    package = xlsxwriter()
    try:
        with (
            tempfile.TemporaryDirectory(prefix=".ephoto-", dir=folder) as parts,
            package.Workbook(file, {"constant_memory": True, "tmpdir": parts}) as book,
        ):
            book.set_properties({"created": _CREATED})
            sheet = book.add_worksheet()
            sheet.freeze_panes(1, 0)
            sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
            for number, row in enumerate(chain([columns], rows)):
                _check(row, number)
                for column, value in enumerate(row):
                    _put(sheet, number, column, value)
    except package.exceptions.FileCreateError as error:  # what the system said when the parts were packed
        raise OSError(str(error)) from error


def _check(row: Sequence[Cell], number: int) -> None:
    """Refuse what a sheet would cut off."""
    most, longest = limits()["workbook_out"]["rows"], limits()["workbook_out"]["cell_chars"]
    if number >= most or len(row) > limits()["columns"]:
        raise UsageError("bad_row", row=number, problem="a sheet has no room for so many rows or columns")
    if any(isinstance(value, str) and len(value) * 2 > longest and _units(value) > longest for value in row):
        raise UsageError("bad_row", row=number, problem="a cell of a sheet has no room for its text")


def _units(text: str) -> int:
    """Length as Excel counts it, in units of UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def _put(sheet: Any, row: int, column: int, value: Cell) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int) and abs(value) >= 10**EXACT_DIGITS:
        sheet.write_string(row, column, str(value))
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, value)
    elif value:
        sheet.write_string(row, column, value)
