"""Documents as CSV: a header and a row, or a header and the rows of a list."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from ephoto.core.cells import defused
from ephoto.core.errors import InputError
from ephoto.tables import read as read_table
from ephoto.workflow.wire.transforms import word

__all__ = ["read", "write"]


def write(values: Mapping[str, Any], codec: str, *, bom: bool) -> bytes:
    """CRLF, cells that a spreadsheet would run with an apostrophe in front. Of a document that holds a list of rows,
    the rows, each with the document's other values.

    Raises
    ------
    InputError
        "wf.field_unfit": two lists, an inner object, or a text that the encoding lacks.
    """
    lists = [key for key, value in values.items() if isinstance(value, list)]
    if len(lists) > 1 or any(isinstance(value, Mapping) for value in values.values()):
        raise InputError("wf.field_unfit", field="-", problem="CSV holds one list of plain rows")
    plain = {key: value for key, value in values.items() if key not in lists}
    rows = [plain | dict(row) for row in values[lists[0]]] if lists else [plain]
    header = list(dict.fromkeys(key for row in rows for key in row))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([defused(name) for name in header])
    for row in rows:
        writer.writerow([_cell(key, row.get(key)) for key in header])
    try:
        return (("\ufeff" if bom else "") + out.getvalue()).encode(codec)
    except UnicodeEncodeError:
        raise InputError("wf.field_unfit", field="-", problem="its encoding lacks a sign") from None


def read(body: bytes, codec: str) -> Mapping[str, Any]:
    """A table's rows, as {"rows": [...]}.

    Raises
    ------
    InputError
        "table_..." as the room of tables has them.
    """
    table = read_table(body, name="answer.csv", encoding=codec if codec != "utf-8" else None)
    return {"rows": [dict(row.cells) for row in table]}


def _cell(key: str, value: Any) -> str:
    if isinstance(value, (Mapping, list)):
        raise InputError("wf.field_unfit", field=key, problem="CSV holds one list of plain rows")
    return "" if value is None else defused(word(value))
