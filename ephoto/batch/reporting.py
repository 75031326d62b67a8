"""`--report`: a table of all photos for people and their spreadsheets, out of the ledger."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.batch.naming import folded
from ephoto.batch.products import entry
from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.tables.writing import SUFFIXES_OUT, needs, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.batch.ledger import Ledger
    from ephoto.tables.writing import Cell

__all__ = ["COLUMNS", "check_report", "write_report"]

COLUMNS: dict[str, type] = {
    "input": str, "id": str, "state": str, "output": str, "passed": bool, "error": str, "failed_rules": str,
    "warned_rules": str, "bytes": int, "sha256": str, "quarantine": str,
}  # fmt: skip


def check_report(path: str, *, force: bool, inputs: tuple[Path, ...] = ()) -> None:
    """Refuse what cannot be written before any work, and what would take the place of one of the `inputs`.

    Raises
    ------
    UsageError
        "table_format", "bad_option", "same_file".
    EnvironmentFault
        "output_exists"; "extra_missing" where the package for the format is not there.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES_OUT:
        raise UsageError("table_format", path=path, allowed=SUFFIXES_OUT)
    needs(suffix)
    if any(_is_one(path, given) for given in inputs):
        raise UsageError("same_file", path=path)
    if os.path.lexists(path) and not force:
        raise EnvironmentFault("output_exists", path=path)
    if not Path(path).absolute().parent.is_dir():
        raise UsageError("bad_option", option="--report", value=path, allowed="a file in a folder that is there")


def _is_one(one: str, other: Path) -> bool:
    """Whether two names lead to one file, or would on a disk without regard to case."""
    if folded(os.path.realpath(one)) == folded(os.path.realpath(other)):
        return True
    with suppress(OSError, ValueError):
        return other.samefile(one)
    return False


def write_report(path: str, ledger: Ledger, run: int, spec_id: str) -> None:
    """The table, whole or not at all.

    Raises
    ------
    EnvironmentFault
    """
    write(path, COLUMNS, _rows(ledger, run, spec_id), overwrite=True)


def _rows(ledger: Ledger, run: int, spec_id: str) -> Iterator[dict[str, Cell]]:
    for row in ledger.rows(run=run):
        told = entry(row, spec_id)
        bad = [f["code"] for f in told["findings"] if f["required"] and f["status"] in ("fail", "unknown")]
        warned = [f["code"] for f in told["findings"] if f["code"] not in bad]
        cells = told | {
            "error": None if told["error"] is None else told["error"]["code"],
            "failed_rules": " ".join(bad),
            "warned_rules": " ".join(warned),
        }
        yield {column: cells[column] for column in COLUMNS}
