"""An SQLite file that one process has at a time, its errors in our words."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from contextlib import ExitStack, closing, contextmanager, suppress
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ephoto.batch.guard import check_kind, guarded
from ephoto.core.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Database"]

_LAYOUT = 1  # of ledger.sql, kept in the file
# What SQLite calls by names of its own. A full disk shows itself where it grows: the log, or the memory it is read by.
_SYSTEM = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR_SHMSIZE: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}


class Database:
    """What `ledger.sql` describes, in WAL mode. Used from several threads, one at a time: within `told`.

    With `sync` each entry is on the disk before the next step; without, the last entries may be lost when the power is
    cut, never when the process dies.

    Raises
    ------
    EnvironmentFault
        "ledger_busy" while another process has it; "ledger_failed" where it cannot be opened or written.
    """

    def __init__(self, path: Path, *, sync: bool) -> None:
        self.path = path
        self.discarded = False  # removed when it is closed
        self._lock = threading.RLock()
        with self.told():
            check_kind(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            with ExitStack() as undone:
                self._guard = guarded(path.with_name(path.name + ".lock"))
                undone.callback(self._guard.close)
                self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
                undone.callback(self.db.close)
                self.db.execute("PRAGMA journal_mode=WAL")
                self.db.execute(f"PRAGMA synchronous={'FULL' if sync else 'NORMAL'}")
                self._lay_out()
                undone.pop_all()

    def close(self) -> None:
        with self.told(), closing(self._guard):  # the lock goes last: what is written at the end is written alone
            self.db.close()
            if self.discarded:
                for ending in ("", "-wal", "-shm", ".lock", ".lock-journal"):
                    with suppress(OSError):  # as Windows says of what is open
                        self.path.with_name(self.path.name + ending).unlink(missing_ok=True)

    def do(self, sql: str, *values: Any) -> None:
        with self.told():
            self.db.execute(sql, values)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """All or nothing of what is done in between."""
        with self.told():
            self.db.execute("BEGIN")
            try:
                yield
            except BaseException:
                if self.db.in_transaction:  # a full disk has ended it already
                    self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    @contextmanager
    def told(self) -> Iterator[None]:
        """One thread's turn; errors come out as "ledger_failed"."""
        with self._lock:
            try:
                yield
            except (sqlite3.Error, OSError) as error:
                if isinstance(error, EnvironmentFault):
                    raise
                raise EnvironmentFault("ledger_failed", path=str(self.path), problem=_problem(error)) from None

    def _lay_out(self) -> None:
        layout = int(self.db.execute("PRAGMA user_version").fetchone()[0])
        there = self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if there and layout != _LAYOUT:
            problem = "another version of ephoto wrote it, or another program"
            raise EnvironmentFault("ledger_failed", path=str(self.path), problem=problem)
        # All of it or nothing: a disk that is full in between must not leave half a ledger.
        script = files(__package__).joinpath("ledger.sql").read_text("utf-8")
        self.db.executescript(f"BEGIN;\n{script}\nPRAGMA user_version={_LAYOUT};\nCOMMIT;")


def _problem(error: sqlite3.Error | OSError) -> str:
    """In the system's words, a full disk above all."""
    number = _SYSTEM.get(getattr(error, "sqlite_errorcode", None) or 0)
    if number is not None:
        return os.strerror(number)
    return getattr(error, "strerror", None) or str(error)
