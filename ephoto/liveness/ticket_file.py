"""Tickets in an SQLite file that several processes share: whoever receives the answer, whoever asks for it."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault, EphotoError, InputError
from ephoto.core.files import database_file
from ephoto.liveness.limits import limits
from ephoto.liveness.provider import Ticket
from ephoto.liveness.tickets import Answer, Pending

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

__all__ = ["TicketFile"]

_LAYOUT = 1  # of tickets.sql, kept in the file
_FOREIGN = "it is there and holds no tickets"


class TicketFile:
    """A `TicketStore`, and a core.signing.NonceStore, in one file.

    Each step is on the disk before it is answered. Each process opens the file for itself; the file is readable for its
    owner only, and what is deleted is overwritten in it. Only a file system whose locks hold will do: a local one.

    Raises
    ------
    EnvironmentFault
        "tickets_failed", from every method: it cannot be opened or written, or another program's file is there.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        with self._told():
            database_file(self.path)
            self._db = sqlite3.connect(
                self.path, timeout=limits().busy_s, isolation_level=None, check_same_thread=False
            )
            try:
                self._lay_out()
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        with self._told():
            self._db.close()

    def __enter__(self) -> TicketFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, ticket: Ticket) -> None:
        now, most = ticket.issued_s, limits()
        with self._alone() as db:
            db.execute("DELETE FROM ticket WHERE expires_s < ?", (now - most.kept_s,))
            old = now - most.best_frame_s
            db.execute("UPDATE ticket SET frame = NULL WHERE frame IS NOT NULL AND expires_s < ?", (old,))
            row = (ticket.nonce, ticket.expires_s, json.dumps(ticket.to_dict()))
            db.execute("INSERT INTO ticket (nonce, expires_s, ticket) VALUES (?, ?, ?)", row)

    def change(self, nonce: str, step: Callable[[Pending], Pending]) -> Pending:
        with self._alone() as db:
            row = db.execute("SELECT ticket, answer, frame FROM ticket WHERE nonce = ?", (nonce,)).fetchone()
            if row is None:
                raise InputError("ticket_unknown")
            ticket, answer, frame = row
            answer = None if answer is None else Answer.from_dict(json.loads(answer))
            before = Pending(Ticket.from_dict(json.loads(ticket)), answer, frame)
            after = step(before)
            if after is before:
                return before
            text = None if after.answer is None else json.dumps(after.answer.to_dict())
            db.execute("UPDATE ticket SET answer = ?, frame = ? WHERE nonce = ?", (text, after.frame, nonce))
            # As the next one will read it, so that a repeated question has the same answer to the last digit.
            kept = None if text is None else Answer.from_dict(json.loads(text))
            return Pending(after.ticket, kept, after.frame)

    def claim(self, key_id: str, nonce: str, mark: str, *, until_s: float, now_s: float) -> str | None:
        """See core.signing.NonceStore."""
        with self._alone() as db:
            db.execute("DELETE FROM used WHERE until_s < ?", (now_s,))
            first = db.execute("SELECT mark FROM used WHERE key_id = ? AND nonce = ?", (key_id, nonce)).fetchone()
            if first is not None:
                return str(first[0])
            db.execute("INSERT INTO used VALUES (?, ?, ?, ?)", (key_id, nonce, mark, until_s))
            return None

    def _lay_out(self) -> None:
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        with self._alone() as db:
            layout = int(db.execute("PRAGMA user_version").fetchone()[0])
            there = int(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
            if layout == _LAYOUT:
                return
            if there:
                raise EnvironmentFault("tickets_failed", path=str(self.path), problem=_FOREIGN)
            script = files(__package__).joinpath("tickets.sql").read_text("utf-8")
            # executescript would commit what is open: statement by statement, so that nobody sees half a layout.
            for statement in _statements(script):
                db.execute(statement)
            db.execute(f"PRAGMA user_version={_LAYOUT}")

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and nobody else writes meanwhile: neither a thread nor another process."""
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")  # fails too, as long as somebody reads
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except EphotoError:
                raise
            except (sqlite3.Error, OSError) as error:
                foreign = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB
                problem = _FOREIGN if foreign else getattr(error, "strerror", None) or str(error)
                raise EnvironmentFault("tickets_failed", path=str(self.path), problem=problem) from None


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one at a time."""
    begun = ""
    for line in script.splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            yield begun
            begun = ""
