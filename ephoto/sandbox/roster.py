"""The cells of a roster, CSV or XLSX, whatever its columns are called."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

from ephoto.core.errors import EnvironmentFault
from ephoto.sandbox.refusals import Refused

__all__ = ["cells_of", "rows_of"]

_SHEET, _STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
_MOST_XML_BYTES = 100_000_000
_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_GUARDS = ("'=", "'+", "'-", "'@", "'\t", "'\r")  # a cell that a spreadsheet would take for a formula has ' in front


def rows_of(data: bytes, name: str) -> list[set[str]]:
    """The cells of each row below the heading, as sets.

    Raises
    ------
    Refused
        422 "wf.package_broken": it cannot be read.
    """
    return [{_plain(cell) for cell in row} for row in cells_of(data, name)[1:]]


def cells_of(data: bytes, name: str) -> list[list[str]]:
    """All rows with their cells, as text."""
    try:
        table = _xlsx(data) if name.lower().endswith(".xlsx") else _csv(data)
    except (csv.Error, ValueError, KeyError, SyntaxError, zipfile.BadZipFile):
        raise Refused(422, "wf.package_broken", problem="its roster cannot be read") from None
    return [row for row in table if any(row)]


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith(_GUARDS) else cell


def _csv(data: bytes) -> list[list[str]]:
    """UTF-8, with or without its mark; else GB18030."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def _xlsx(data: bytes) -> list[list[str]]:
    """The first sheet; cells that hold numbers are left empty, since digits of long numbers are lost in them."""
    try:
        from defusedxml.ElementTree import fromstring
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name="sandbox", package="defusedxml", extra="workflow") from error

    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        if any(opened.getinfo(name).file_size > _MOST_XML_BYTES for name in opened.namelist()):
            raise ValueError
        shared = []
        if _STRINGS in opened.namelist():
            strings = fromstring(opened.read(_STRINGS))
            shared = ["".join(_texts(one)) for one in strings.iter(f"{_NAMESPACE}si")]
        sheet = fromstring(opened.read(_SHEET))
    rows = sheet.iter(f"{_NAMESPACE}row")
    return [[_cell(cell, shared) for cell in row.iter(f"{_NAMESPACE}c")] for row in rows]


def _texts(element: Any) -> list[str]:
    return [one.text or "" for one in element.iter(f"{_NAMESPACE}t")]


def _cell(cell: Any, shared: list[str]) -> str:
    kind = cell.get("t")
    if kind == "inlineStr":
        return "".join(_texts(cell))
    value = cell.findtext(f"{_NAMESPACE}v") or ""
    if kind == "s":
        return shared[int(value)]
    return value if kind == "str" else ""
