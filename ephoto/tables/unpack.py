"""A workbook unpacked within limits and packed again, so that its reader sees what was measured and nothing else.

Sizes that a ZIP file states of itself prove nothing, and the reader makes room for every cell from the first to the
last, filled or not: one cell in the farthest corner would ask for 400 GB and end the process.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO

from ephoto.core.errors import InputError
from ephoto.tables.limits import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["repacked"]

_BLOCK = 1 << 20  # bytes
_NEEDED = (".xml", ".rels")  # no pictures, macros or printers' settings
_CONTENT = "[Content_Types].xml"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and .xlsx under a password
# Rows, cells, and references wherever they stand. Where it finds too many, it errs on the safe side.
_TOKEN = re.compile(
    rb"<(?:[\w.\-]+:)?(?:(row)|(c))(?=[\s/>])|\sr\s*=\s*[\"'](?:([A-Za-z]{1,3})([0-9]{1,7})|([0-9]{1,7}))[\"']"
)


def repacked(file: BinaryIO) -> bytes:
    """The parts of a workbook that hold its tables, in a ZIP file of its own, not compressed.

    Raises
    ------
    InputError
        "table_broken" for what is no workbook; "table_too_large" beyond limits.toml.
    """
    if file.read(8) == _OLE:
        raise InputError(
            "table_broken", format="XLSX", problem="it is an older workbook (.xls), or protected by a password"
        )
    file.seek(0)
    out = io.BytesIO()
    try:
        with zipfile.ZipFile(file) as packed, zipfile.ZipFile(out, "w") as plain:
            names = _names(packed)
            left = limits()["workbook"]["unpacked_bytes"]
            for name in names:
                data = b"".join(_blocks(packed, name, left))
                left -= len(data)
                _measure(data)
                plain.writestr(zipfile.ZipInfo(name), data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("table_broken", format="XLSX", problem="it is not as workbooks are") from error
    return out.getvalue()


def _names(packed: zipfile.ZipFile) -> list[str]:
    parts = packed.infolist()
    if len(parts) > limits()["workbook"]["parts"]:
        raise InputError("table_too_large", problem="it has too many parts")
    names = [part.filename for part in parts if part.filename.lower().endswith(_NEEDED)]
    if _CONTENT not in names or len(set(names)) < len(names):
        raise InputError("table_broken", format="XLSX", problem="it is not as workbooks are")
    return names


def _blocks(packed: zipfile.ZipFile, name: str, limit: int) -> Iterator[bytes]:
    size = 0
    with packed.open(name) as part:
        while block := part.read(_BLOCK):
            size += len(block)
            if size > limit:
                raise InputError("table_too_large", problem="it unpacks to too many bytes")
            yield block


def _measure(part: bytes) -> None:
    """Refuse a part that would need room for too many cells, or is not the kind of XML that was looked through."""
    if b"\0" in part or b"<!DOCTYPE" in part:
        raise InputError("table_broken", format="XLSX", problem="it is not as workbooks are")
    row = column = rows = columns = 0
    for token in _TOKEN.finditer(part):
        is_row, is_cell, letters, digits, number = token.groups()
        if is_row:
            row, column = row + 1, 0
        elif is_cell:
            column += 1
        elif letters:
            column, row = _column(letters), int(digits)
        else:
            row = int(number)
        rows, columns = max(rows, row), max(columns, column)
    if rows * columns > limits()["workbook"]["cells"]:
        raise InputError("table_too_large", problem="its sheet reaches over too many cells")


def _column(letters: bytes) -> int:
    """The number of a column, from 1.

    >>> _column(b"A"), _column(b"XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
