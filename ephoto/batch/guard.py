"""What stands before a ledger: a lock, and a look at what is there under its name."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_kind", "guarded"]

_HEAD = b"SQLite format 3\0"  # https://www.sqlite.org/fileformat.html, 1.3.1


def check_kind(path: Path) -> None:
    """Refuse a file that is no database, before a lock is put beside it."""
    if path.is_dir():
        raise EnvironmentFault("ledger_failed", path=str(path), problem="it is a folder")
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(len(_HEAD))
        if head not in (b"", _HEAD):
            raise EnvironmentFault("ledger_failed", path=str(path), problem="it is there and is no ledger")


def guarded(path: Path) -> sqlite3.Connection:
    """A lock that the system lets go with the process, on every system that SQLite knows."""
    guard = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        guard.execute("PRAGMA journal_mode=MEMORY")
        guard.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        guard.close()
        if "locked" in str(error):
            raise EnvironmentFault("ledger_busy", path=str(path.with_suffix(""))) from None
        raise
    return guard
