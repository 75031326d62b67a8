"""The manifest that every batch leaves, for programs that are not ours: schema ephoto.batch/1, manifest.schema.json."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ephoto.batch.ledger import Ledger
    from ephoto.batch.row import Row

__all__ = ["MANIFEST", "SCHEMA", "entry", "written_manifest"]

SCHEMA = "ephoto.batch/1"
MANIFEST = "manifest.jsonl"


def entry(row: Row, spec_id: str, *, timed: bool = True) -> dict[str, Any]:
    """One line of the manifest; without times where the same photos shall give the same bytes."""
    made = row.state == "done"
    error = row.error if row.state == "failed" else None
    return {
        "schema": SCHEMA,
        "input": row.input,
        "id": row.id or None,
        "state": row.state,
        "spec": spec_id,
        "output": row.output if made else None,
        "bytes": row.card_bytes if made else None,
        "sha256": row.card_sha256 if made else None,
        "passed": row.passed if made else None,
        "error": error,
        "findings": row.findings if row.state in ("done", "failed") else [],
        "quarantine": row.aside if row.state == "failed" else None,
        "photo": {"bytes": row.size, "sha256": row.sha256 if made else None},
        "timings_ms": row.timings_ms if made and timed else {},
    }


@contextmanager
def written_manifest(ledger: Ledger, run: int, spec_id: str, *, timed: bool = True) -> Iterator[Path]:
    """The manifest in a file beside the ledger, to be moved or sent from there.

    Raises
    ------
    EnvironmentFault
        "output_failed".
    """
    # One name for all: what a killed run left is replaced by the next, under the ledger's lock.
    path = ledger.path.with_name(f"{ledger.path.name}.manifest.part")
    try:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for row in ledger.rows(run=run):
                file.write(json.dumps(entry(row, spec_id, timed=timed), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        yield path
    except OSError as error:
        if isinstance(error, EnvironmentFault):
            raise
        raise EnvironmentFault("output_failed", path=str(path), problem=error.strerror or str(error)) from None
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
