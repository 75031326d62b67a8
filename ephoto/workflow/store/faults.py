"""What a database says went wrong: whether to try again, and as ephoto's errors."""

from __future__ import annotations

import errno
import os
import sqlite3
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ephoto.core.errors import EnvironmentFault, EphotoError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAULTS", "clashed", "crossed", "told"]

# pg8000 hands on what a socket says where it reads, and SQLAlchemy does not take that for the driver's.
_SOCKET: Final = (ConnectionError, TimeoutError)
FAULTS: Final = (DBAPIError, PoolTimeout, *_SOCKET)

# What SQLite calls by names of its own. A full disk shows itself where it grows: the log, or the memory it is read by.
_SYSTEM = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR_SHMSIZE: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}
# SQLSTATE (PostgreSQL, appendix A): serialization failure, deadlock, a lock that stayed.
_CROSSED = {"40001", "40P01", "55P03"}
_CLASHED = "23505"
_UNREACHED = {"08", "57"}  # classes: connection, operator intervention
_TAKEN: Mapping[str, Any] = {"problem": "another application has it"}
# What may be there once only, by the index that says so; SQLite names table and column instead, with a point.
_ONCE: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    ("ephoto_application_person", "wf.duplicate_application", {}),
    ("ephoto_application_pkey", "wf.duplicate_application", {}),
    ("ephoto_application_idempotency_mark", "wf.idempotency_conflict", {}),
    ("ephoto_application_external_mark", "wf.field_unfit", {"field": "external_no", **_TAKEN}),
    ("ephoto_card_card_mark", "wf.field_unfit", {"field": "card_no", **_TAKEN}),
    ("ephoto_history_event_id", "wf.event_conflict", {}),
    ("ephoto_batch_row_application_id", "wf.in_open_batch", {}),
    ("ephoto_batch_pkey", "wf.field_unfit", {"field": "batch_no", "problem": "another batch has it"}),
    ("ephoto_receipt_pkey", "wf.event_conflict", {}),
)
# Of primary keys SQLite names the column, PostgreSQL the index.
_PRIMARY = {
    "ephoto_application_id": "ephoto_application_pkey",
    "ephoto_batch_batch_no": "ephoto_batch_pkey",
    "ephoto_receipt_receipt_no": "ephoto_receipt_pkey",
}


def crossed(error: BaseException) -> bool:
    """Whether the step met another one's and may be done again from its beginning."""
    return isinstance(error, DBAPIError) and (_sqlstate(error) in _CROSSED or _busy(error))


def clashed(error: BaseException) -> bool:
    """Whether a row was added meanwhile that the step would see when it is done again."""
    return isinstance(error, DBAPIError) and _once(error) is not None


def told(error: BaseException, where: str) -> EphotoError:
    """A database's error as ephoto's. No text of a statement or of its values goes in.

    InputError where something may be there once only, or an application is not there at all; else
    EnvironmentFault("store_failed").
    """
    if isinstance(error, DBAPIError):
        once = _once(error)
        if once is not None:
            return InputError(once[0], **once[1])
        if _sqlstate(error) == "23503" or _extended(error) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            return InputError("wf.application_unknown")
    return EnvironmentFault("store_failed", where=where, problem=_problem(error))


def _once(error: DBAPIError) -> tuple[str, Mapping[str, Any]] | None:
    if _sqlstate(error) == _CLASHED:
        name = str(_details(error).get("n", ""))
    elif _primary(error) == sqlite3.SQLITE_CONSTRAINT:
        first = str(error.orig).rpartition(": ")[2].split(", ")[0].replace(".", "_")
        name = _PRIMARY.get(first, first)
    else:
        return None
    return next(((code, values) for known, code, values in _ONCE if known == name), None)


def _problem(error: BaseException) -> str:
    """In the system's words, or in ours; of a PostgreSQL server's own words none, since they may quote a value."""
    if isinstance(error, PoolTimeout):
        return "others keep it busy"
    if isinstance(error, DBAPIError):
        state = _sqlstate(error)
        if state:
            return _by_state(state)
        if isinstance(error.orig, sqlite3.Error):
            return _by_sqlite(error)
    if isinstance(error, (DBAPIError, *_SOCKET)):
        return "the server does not answer"
    return str(error)


def _by_state(state: str) -> str:
    if state in _CROSSED:
        return "others keep it busy"
    if state.startswith("28") or state == "42501":
        return "the server refuses this user"
    if state == "3D000":
        return "the server has no such database"
    if state == "53100":
        return os.strerror(errno.ENOSPC)
    if state == "25006":
        return os.strerror(errno.EROFS)
    if state[:2] in _UNREACHED:
        return "the server does not answer"
    if state == "23000":
        return "what has happened is never changed"
    return f"SQLSTATE {state}"


def _by_sqlite(error: DBAPIError) -> str:
    if _busy(error):
        return "others keep it busy"
    if _primary(error) == sqlite3.SQLITE_NOTADB:
        return "it is there and holds something else"
    if _extended(error) == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
        return "what has happened is never changed"
    number = _SYSTEM.get(_extended(error), _SYSTEM.get(_primary(error)))
    return str(error.orig) if number is None else os.strerror(number)


def _busy(error: DBAPIError) -> bool:
    return _primary(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _extended(error: DBAPIError) -> int:
    return getattr(error.orig, "sqlite_errorcode", None) or 0


def _primary(error: DBAPIError) -> int:
    return _extended(error) & 0xFF


def _sqlstate(error: DBAPIError) -> str:
    return str(_details(error).get("C", ""))


def _details(error: DBAPIError) -> Mapping[str, Any]:
    """What pg8000 gives of the server's message: C its SQLSTATE, n the constraint."""
    args = getattr(error.orig, "args", ())
    return args[0] if args and isinstance(args[0], dict) else {}
