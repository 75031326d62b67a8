"""From a URL to connections that are as the store wants them."""

from __future__ import annotations

import logging
import socket
import ssl
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.files import database_file
from ephoto.workflow.store.limits import limits

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

__all__ = ["BEGIN", "engine_of", "named", "read_only"]

BEGIN = "ephoto_begin"  # option of a connection: the statement that begins its transactions in SQLite
# A connection that broke is told by an error of ours; the pool's own trace of it goes only where a program logs.
logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())

_ALLOWED = "sqlite:///file, postgresql://host/database"
_MODES = {"disable": False, "prefer": None, "require": True, "verify-ca": True, "verify-full": True}


def engine_of(url: str) -> Engine:
    """An engine for "sqlite:///file" or "postgresql://..."; nothing is connected yet.

    In a PostgreSQL URL `sslmode` is "prefer" (default: TLS where the server has it, whoever it is), "disable", or one
    of "require", "verify-ca" and "verify-full", which all verify the server's certificate and its name; `sslrootcert`
    names the file of whom to trust. What else is there goes to pg8000.

    Raises
    ------
    UsageError
        "bad_option": another kind of URL.
    EnvironmentFault
        "extra_missing" without pg8000; "store_failed" where SQLite's file cannot be made.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    try:
        return _postgresql(parsed)
    except ImportError as error:
        raise EnvironmentFault("extra_missing", name="PostgreSQL", package="pg8000", extra="postgres") from error


def named(url: str) -> str:
    """The database in messages: no user, no password, no options."""
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        return str(parsed.database)
    return f"{parsed.host or 'localhost'}:{parsed.port or 5432}/{parsed.database or ''}"


@contextmanager
def read_only(connection: Connection) -> Iterator[None]:
    """A transaction that has just begun sees one moment, and writes nothing. SQLite's do the first by themselves."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
        return
    connection.exec_driver_sql("PRAGMA query_only=ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA query_only=OFF")


def _parsed(url: str) -> URL:
    kind = url.partition(":")[0]
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None or parsed.drivername not in ("sqlite", "postgresql", "postgresql+pg8000"):
        raise UsageError("bad_option", option="database", value=kind, allowed=_ALLOWED)
    if parsed.drivername == "sqlite" and (parsed.database or "") in ("", ":memory:"):
        raise UsageError("bad_option", option="database", value=kind, allowed=_ALLOWED)
    return parsed.set(drivername="sqlite" if parsed.drivername == "sqlite" else "postgresql+pg8000")


def _pool() -> dict[str, Any]:
    most = limits().connections
    return {"pool_size": most, "max_overflow": most, "pool_timeout": limits().busy_s, "hide_parameters": True}


def _sqlite(url: URL) -> Engine:
    path = Path(str(url.database))
    try:
        database_file(path)
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise EnvironmentFault("store_failed", where=str(path), problem=problem) from None
    connecting = {"timeout": limits().busy_s, "check_same_thread": False, "isolation_level": None}
    engine = create_engine(url, connect_args=connecting, **_pool())
    event.listen(engine, "connect", _as_wanted)
    event.listen(engine, "begin", _begin)
    return engine


def _as_wanted(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, and not where sqlite3 guesses
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA trusted_schema=OFF")


def _begin(connection: Connection) -> None:
    # At once for writing: two that read first and write then could not both go on.
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN IMMEDIATE"))


def _postgresql(url: URL) -> Engine:
    mode = str(url.query.get("sslmode", "prefer"))
    if mode not in _MODES:
        raise UsageError("bad_option", option="sslmode", value=mode, allowed=", ".join(_MODES))
    connecting: dict[str, Any] = {"timeout": limits().socket_s, "application_name": "ephoto"}
    if _MODES[mode] is False:
        connecting["ssl_context"] = False
    if _MODES[mode]:
        roots = url.query.get("sslrootcert")
        try:
            connecting["ssl_context"] = ssl.create_default_context(cafile=None if roots is None else str(roots))
        except OSError as error:
            problem = error.strerror or str(error)
            raise EnvironmentFault("store_failed", where=f"{url.host}/{url.database}", problem=problem) from None
    engine = create_engine(
        url.difference_update_query(["sslmode", "sslrootcert"]),
        connect_args=connecting,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",
        **_pool(),
    )
    event.listen(engine, "connect", _at_once)
    event.listen(engine, "connect", _bounded)
    return engine


def _at_once(connection: Any, _record: object) -> None:
    """pg8000 sends a statement in parts, and the system held the last one back: a photo took 24 ms, and takes 6."""
    used = getattr(connection, "_usock", None)  # pg8000 1.31 has no public way to it
    if isinstance(used, socket.socket) and used.family in (socket.AF_INET, socket.AF_INET6):
        used.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _bounded(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = {int(limits().busy_s * 1000)}")
    cursor.execute(f"SET idle_in_transaction_session_timeout = {int(limits().idle_s * 1000)}")
    cursor.close()
    connection.commit()
