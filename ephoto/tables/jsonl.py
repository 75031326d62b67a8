"""JSON lines: one object a line, its numbers as they are written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import InputError
from ephoto.tables.encoding import encoding_of, lines_of
from ephoto.tables.limits import limits
from ephoto.tables.table import Row, Table
from ephoto.tables.text import Hurt, clean, hurt_text, number_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.tables.source import Source

__all__ = ["read_jsonl"]


class _Float(str):
    """A number written with a point or an exponent, as it stands."""

    __slots__ = ()


class _Int(str):
    """A whole number, as it stands: JSON sets no limit to its digits."""

    __slots__ = ()


def read_jsonl(source: Source, *, encoding: str | None) -> Table:
    """A table whose columns are the keys of all objects, in the order in which they first stand.

    Whole numbers keep all their digits. Numbers with a point or an exponent are told as a spreadsheet tells them, and
    are hurt from 16 digits on. true and false are these words, null is "".

    Raises
    ------
    UsageError
        "bad_option" for an unknown encoding.
    InputError
        "table_encoding", "table_empty"; "table_row" for what is no object, holds lists or objects, or repeats a key.
    """
    known = encoding_of(source, encoding)
    header: dict[str, None] = {}
    for number, cells, _ in _objects(source, known):
        header.update(dict.fromkeys(cells))
        if len(header) > limits()["columns"]:
            raise InputError("table_header", row=number, problem="it has too many columns")
    if not header:
        raise InputError("table_empty")

    def rows() -> Iterator[Row]:
        for number, cells, hurt in _objects(source, known):
            if any(cells.values()):
                yield Row(number, {name: cells.get(name, "") for name in header}, hurt)

    return Table(tuple(header), rows)


def _objects(source: Source, encoding: str) -> Iterator[tuple[int, dict[str, str], dict[str, Hurt]]]:
    decoder = json.JSONDecoder(
        parse_int=_Int, parse_float=_Float, parse_constant=_no_number, object_pairs_hook=_pairs, strict=True
    )
    for number, line in enumerate(lines_of(source, encoding), 1):
        if not line.strip():
            continue
        try:
            value = decoder.decode(line.strip())
        except _UnfitError as error:
            raise InputError("table_row", row=number, problem=str(error)) from None
        except (ValueError, RecursionError):
            raise InputError("table_row", row=number, problem="it is not JSON") from None
        if not isinstance(value, _Pairs):
            raise InputError("table_row", row=number, problem="it is not an object")
        yield number, *_cells(value.pairs, number)


class _UnfitError(Exception):
    """JSON, but nothing for a table; its words are a problem of "table_row"."""


class _Pairs:
    """An object as it is parsed."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs


def _pairs(pairs: list[tuple[str, Any]]) -> _Pairs:
    return _Pairs(pairs)


def _no_number(word: str) -> Any:
    raise _UnfitError("it holds a number that is not finite")


def _cells(pairs: list[tuple[str, Any]], number: int) -> tuple[dict[str, str], dict[str, Hurt]]:
    cells: dict[str, str] = {}
    hurt: dict[str, Hurt] = {}
    for key, value in pairs:
        name = clean(key)
        if isinstance(value, (list, _Pairs)):
            raise InputError("table_row", row=number, problem="it holds a list or an object inside")
        if not name:
            raise InputError("table_row", row=number, problem="it has a key without a name")
        if name in cells:
            raise InputError("table_row", row=number, problem="it has a key twice")
        cells[name], how = _text(value)
        if how:
            hurt[name] = how
        if not (name.isascii() and cells[name].isascii()) and not _is_unicode(name + cells[name]):
            raise InputError("table_row", row=number, problem="it holds half a character")
    return cells, hurt


def _text(value: Any) -> tuple[str, Hurt | None]:
    if value is None:
        return "", None
    if isinstance(value, bool):
        return ("true" if value else "false"), None
    if isinstance(value, _Float):
        return number_text(float(value))
    text = str(value) if isinstance(value, _Int) else clean(value)
    return text, hurt_text(text)


def _is_unicode(text: str) -> bool:
    """Whether no half of a surrogate pair is in it: such a text cannot be written anywhere."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
