"""Excel workbooks (.xlsx), through python-calamine (extra `tables`), which sees only what was measured before."""

from __future__ import annotations

import datetime
import io
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault, InputError, UsageError
from ephoto.tables.table import NO_HURT, Record, Table, table_of
from ephoto.tables.text import Hurt, clean, number_text
from ephoto.tables.unpack import repacked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ephoto.tables.source import Source

__all__ = ["read_xlsx"]


def read_xlsx(source: Source, *, sheet: str | None, columns: Collection[str] = ()) -> Table:
    """A table from the named sheet, or the first that is visible and holds text. It is in memory as long as the table.

    Numbers are told without ".0" and without the zeros that a format puts before them, dates as ISO 8601, truth values
    as TRUE and FALSE; errors of formulas (#N/A) are "".

    Raises
    ------
    UsageError
        "sheet_unknown".
    InputError
        "table_broken", "table_too_large", "table_empty", "table_header".
    EnvironmentFault
        "extra_missing" without python-calamine.
    """
    try:
        import python_calamine
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name=".xlsx", package="python-calamine", extra="tables") from error
    with source.open() as file:
        data = repacked(file)
    with _Broken(python_calamine.CalamineError):
        book = python_calamine.load_workbook(io.BytesIO(data))
        visible = [
            m.name
            for m in book.sheets_metadata
            if m.visible == python_calamine.SheetVisibleEnum.Visible
            and m.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        known = list(book.sheet_names)
    if sheet is not None and sheet not in known:
        raise UsageError("sheet_unknown", name=sheet, known=known)
    cells = _first_filled(book, visible if sheet is None else [sheet], python_calamine.CalamineError)
    return table_of(lambda: _records(cells, python_calamine.CalamineError), even=False, named=columns)


def _first_filled(book: Any, names: Sequence[str], kind: type[Exception]) -> Any:
    for name in names:
        with _Broken(kind):
            cells = book.get_sheet_by_name(name)
        if any(any(record.texts) for record in _records(cells, kind)):
            return cells
    raise InputError("table_empty")


class _Broken:
    """What the reader says of a broken file as ephoto's error; its panics too, which are no Exception."""

    def __init__(self, kind: type[Exception]) -> None:
        self._kind = kind

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if kind is None:
            return
        if kind.__name__ == "PasswordError":
            raise InputError("table_broken", format="XLSX", problem="it is protected by a password") from error
        known = issubclass(kind, (self._kind, OSError, ValueError, OverflowError))
        if known or kind.__name__ == "PanicException":
            raise InputError("table_broken", format="XLSX", problem="it is not as workbooks are") from error


def _records(sheet: Any, kind: type[Exception]) -> Iterator[Record]:
    rows = sheet.iter_rows()
    number = 0
    while True:
        with _Broken(kind):
            row = next(rows, None)
        if row is None:
            return
        number += 1
        yield _record(number, row)


def _record(number: int, row: list[Any]) -> Record:
    texts: list[str] = []
    hurt: dict[int, Hurt] = {}
    for value in row:
        if isinstance(value, str):
            texts.append(clean(value))
            continue
        text, how = _text(value)
        if how:
            hurt[len(texts)] = how
        texts.append(text)
    return Record(number, texts, hurt or NO_HURT)


def _text(value: Any) -> tuple[str, Hurt | None]:
    if value is None:
        return "", None
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), None
    if isinstance(value, (int, float)):
        return number_text(value)
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return (value.date() if midnight else value).isoformat(), None
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat(), None
    return _duration(value), None


def _duration(value: datetime.timedelta) -> str:
    """Hours, minutes and seconds, the hours going on beyond 24."""
    seconds = round(value.total_seconds())
    sign, seconds = ("-" if seconds < 0 else ""), abs(seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
