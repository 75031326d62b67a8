"""`--report`: a table of all photos for people and their spreadsheets, out of the ledger."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.batch.products import entry
from ephoto.core.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.batch.ledger import Ledger

__all__ = ["COLUMNS", "check_report", "write_report"]

COLUMNS = (
    "input", "id", "state", "output", "passed", "error", "failed_rules", "warned_rules", "bytes", "sha256",
    "quarantine",
)  # fmt: skip


def check_report(path: str, *, force: bool) -> None:
    """Refuse what cannot be written before any work.

    Raises
    ------
    UsageError
        "suffix_mismatch".
    EnvironmentFault
        "output_exists"; "extra_missing" where the package for the format is not there.
    """
    from ephoto.tables import check_writable

    check_writable(path)
    if os.path.lexists(path) and not force:
        raise EnvironmentFault("output_exists", path=path)
    if not Path(path).absolute().parent.is_dir():
        raise UsageError("bad_option", option="--report", value=path, allowed="a file in a folder that is there")


def write_report(path: str, ledger: Ledger, run: int, spec_id: str) -> None:
    """The table, whole or not at all.

    Raises
    ------
    EnvironmentFault
    """
    from ephoto.tables import write

    write(path, COLUMNS, _rows(ledger, run, spec_id), overwrite=True)


def _rows(ledger: Ledger, run: int, spec_id: str) -> Iterator[list[str]]:
    for row in ledger.rows(run=run):
        told = entry(row, spec_id)
        bad = [f["code"] for f in told["findings"] if f["required"] and f["status"] in ("fail", "unknown")]
        warned = [f["code"] for f in told["findings"] if f["code"] not in bad]
        cells = told | {
            "error": "" if told["error"] is None else told["error"]["code"],
            "failed_rules": " ".join(bad),
            "warned_rules": " ".join(warned),
        }
        yield ["" if cells[column] is None else str(cells[column]) for column in COLUMNS]
