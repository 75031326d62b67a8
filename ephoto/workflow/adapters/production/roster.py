"""The roster of a package: one row a person, in the columns, the format and the encoding that its receiver reads."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from ephoto.core.cells import defused
from ephoto.workflow.adapters.production.manifest import manifest_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from ephoto.workflow.adapters.production.config import PackageRules
    from ephoto.workflow.adapters.production.roster_columns import RosterColumns
    from ephoto.workflow.adapters.production.values import PackageRow

__all__ = ["cells_of", "outside_gbk", "write_roster"]


def write_roster(
    file: BinaryIO,
    rules: PackageRules,
    columns: RosterColumns,
    rows: Sequence[tuple[PackageRow, str]],
    folder: Path,
) -> None:
    """Write the roster to a file that is open.

    CSV has no byte more than its cells but the apostrophe that keeps a spreadsheet from running one as a formula: its
    first reader is a program. Numbers survive a spreadsheet as XLSX, whose cells are texts.

    Parameters
    ----------
    rows : with the path of each one's photo
    folder : where a workbook's parts may lie until they are packed

    Raises
    ------
    InputError
        "wf.field_unfit": a text cannot be written in the encoding; "wf.value_too_long".
    EnvironmentFault
        "extra_missing" for XLSX.
    """
    cells = (cells_of(columns, row, number, photo) for number, (row, photo) in enumerate(rows, 1))
    if rules.roster == "xlsx":
        from ephoto.tables.xlsx_out import write_xlsx

        write_xlsx(file, columns.header, cells, folder=folder)
        return
    for block in _csv_blocks(columns.header, cells, rules.encoding):
        file.write(block)


def cells_of(columns: RosterColumns, row: PackageRow, row_no: int, photo: str) -> list[str]:
    """A person's cells."""
    document: dict[str, Any] = dict(row.document) | manifest_row(row, row_no, photo)
    return columns.cells(document)


def outside_gbk(text: str) -> bool:
    """Whether a text has signs that GBK lacks and GB18030 has: those of real people's names."""
    try:
        text.encode("gbk")
    except UnicodeEncodeError:
        return True
    return False


def _csv_blocks(header: Sequence[str], rows: Iterable[Sequence[str]], encoding: str) -> Iterator[bytes]:
    out = io.StringIO(newline="")
    codec = "utf-8" if encoding == "utf-8-sig" else encoding
    writer = csv.writer(out)
    if encoding == "utf-8-sig":
        yield b"\xef\xbb\xbf"
    writer.writerow([defused(name) for name in header])
    for row in rows:
        writer.writerow([defused(cell) for cell in row])
        text = out.getvalue()
        out.seek(0)
        out.truncate()
        yield text.encode(codec)
    if text := out.getvalue():
        yield text.encode(codec)
