"""Tables out: the format by the name's end, the file whole or not at all, the rows one by one."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import UsageError
from ephoto.core.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["SUFFIXES_OUT", "Cell", "needs", "write"]

Cell = str | int | float | bool | None
SUFFIXES_OUT = (".csv", ".jsonl", ".parquet", ".xlsx")


def write(
    path: str | os.PathLike[str],
    header: Sequence[str] | Mapping[str, type],
    rows: Iterable[Mapping[str, Cell]],
    *,
    overwrite: bool = False,
    inputs: Iterable[str | os.PathLike[str]] = (),
) -> Path:
    """Write a table as CSV, JSONL, Parquet or XLSX.

    Parameters
    ----------
    path : where; its end tells the format
    header : the columns; with their types (str, int, float, bool) Parquet and the checks keep them, else all are str
        in Parquet and each value is what it is elsewhere
    rows : values by column, taken one by one; what is missing, None or a number that is not finite is empty. Half
        characters, as file names that are no text have them, are written as escapes.
    overwrite : replace a file that is there
    inputs : files that must not be written over, whatever links lead to them

    CSV is UTF-8 with a byte order mark, which spreadsheets need to show Chinese. Texts that a spreadsheet would run as
    a formula get an apostrophe in front, and texts that it would take for a number or a date and change (IDs of 12
    digits and more, zeros in front, 1E5, 1-2) a tab, which it keeps and does not show; `read` takes both away.
    Programs that want neither read JSONL.

    Raises
    ------
    UsageError
        "table_format", "same_file"; "bad_row" for a row with a column that is not in the header, a value of another
        kind, or more than a workbook holds.
    EnvironmentFault
        "output_exists", "output_failed", "extra_missing".
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES_OUT:
        raise UsageError("table_format", path=os.fspath(path), allowed=SUFFIXES_OUT)
    kinds = dict(header) if isinstance(header, Mapping) else dict.fromkeys(header)
    if not kinds or any(kind not in (None, str, int, float, bool) for kind in kinds.values()):
        raise UsageError("bad_row", row=0, problem="a column has another kind than str, int, float or bool")
    checked = _checked(rows, kinds)
    columns = [_text(name) for name in kinds]
    if suffix in (".parquet", ".xlsx"):
        _write_packed(suffix, path, kinds, columns, checked, overwrite=overwrite, inputs=inputs)
        return Path(path)
    from ephoto.tables.text_out import csv_lines, json_lines

    lines = csv_lines if suffix == ".csv" else json_lines
    with whole_file(path, overwrite=overwrite, inputs=inputs) as file:
        file.writelines(lines(columns, checked))
    return Path(path)


def needs(suffix: str) -> None:
    """Ask for the package that a format needs, before there is anything to write.

    Raises
    ------
    EnvironmentFault
        "extra_missing".
    """
    if suffix == ".parquet":
        from ephoto.tables.parquet import pyarrow

        pyarrow()
    elif suffix == ".xlsx":
        from ephoto.tables.xlsx_out import xlsxwriter

        xlsxwriter()


def _write_packed(
    suffix: str,
    path: str | os.PathLike[str],
    kinds: Mapping[str, type | None],
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    **options: Any,
) -> None:
    """The formats that need a package: it is asked for before the file is begun."""
    needs(suffix)
    if suffix == ".parquet":
        from ephoto.tables.parquet import write_parquet

        with whole_file(path, **options) as file:
            write_parquet(file, [(n, kind) for n, kind in zip(columns, kinds.values(), strict=True)], rows)
        return
    from ephoto.tables.xlsx_out import write_xlsx

    with whole_file(path, **options) as file:
        write_xlsx(file, columns, rows, folder=Path(path).parent)


def _checked(rows: Iterable[Mapping[str, Cell]], kinds: Mapping[str, type | None]) -> Iterator[list[Cell]]:
    """Values in the header's order; a row that does not fit is the caller's slip, and is told by its number."""
    for number, row in enumerate(rows, 1):
        if not row.keys() <= kinds.keys():
            raise UsageError("bad_row", row=number, problem="it has a column that is not in the header")
        yield [_value(row.get(name), kind, number) for name, kind in kinds.items()]


def _value(value: Cell, kind: type | None, number: int) -> Cell:
    if value is None:
        return None
    if isinstance(value, str) and kind in (None, str):
        return _text(value)
    if isinstance(value, bool) and kind in (None, bool):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and kind in (None, int, float):
        return float(value) if kind is float else value
    if isinstance(value, float) and kind in (None, float):
        return float(value) if math.isfinite(value) else None
    raise UsageError("bad_row", row=number, problem="a value is not of its column's kind")


def _text(text: str) -> str:
    """What can be written as UTF-8: halves of characters as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
