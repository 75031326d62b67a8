"""The store: units of work on SQLite or PostgreSQL, each all or nothing."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from ephoto.core.errors import EnvironmentFault
from ephoto.workflow.store.limits import limits
from ephoto.workflow.store.nonces import Nonces
from ephoto.workflow.store.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from ephoto.core.signing import Clock
    from ephoto.workflow.store.unit import Unit
    from ephoto.workflow.vault import Vault

__all__ = ["Store"]

T = TypeVar("T")


class Store:
    """One database, shared by threads and processes. Closed by `close`, or as a context manager.

    Attributes
    ----------
    vault : what seals it
    nonces : a core.signing.NonceStore that all processes on this database share
    outbox : messages that wait to be delivered
    where : the database in messages; no user and no password
    """

    def __init__(self, engine: Engine, where: str, vault: Vault, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self.vault, self.where = vault, where
        self.nonces, self.outbox = Nonces(self), Outbox(self)
        self._closed = False

    @classmethod
    def open(cls, url: str, vault: Vault, clock: Clock) -> Store:
        """Open a database, or make its layout where there is none.

        Parameters
        ----------
        url
            "sqlite:///file.db" (four slashes before an absolute path's first name), or
            "postgresql://user:password@host/database".
        clock
            Seconds since 1970 UTC.

        Raises
        ------
        UsageError
            "bad_option": another kind of URL.
        EnvironmentFault
            "store_failed": it cannot be reached or written, holds something else, or was begun with another key;
            "vault_sealed": none of the keys is its own; "extra_missing".
        """
        try:
            from ephoto.workflow.store.engine import engine_of, named
            from ephoto.workflow.store.layout import lay_out
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "sqlalchemy":
                raise
            raise EnvironmentFault(
                "extra_missing", name="ephoto.workflow", package="sqlalchemy", extra="workflow"
            ) from error
        store = cls(engine_of(url), named(url), vault, clock)
        try:
            store.run(lambda unit: lay_out(unit.connection, vault, store.where))
        except BaseException:
            store.close()
            raise
        return store

    def run(self, step: Callable[[Unit], T]) -> T:
        """What a step gives that is done in one transaction, on the disk when this returns.

        A step that met another one's (a deadlock, a lock that stayed, a row added meanwhile) is undone and done again
        from its beginning, a few times (store.toml): it does nothing but with its unit.

        Raises
        ------
        EnvironmentFault
            "store_failed". It may have been done nevertheless where the connection broke at the very end: a step that
            must not be doubled looks whether it was.
        InputError
            As the unit's methods say; what the step raises.
        """
        from ephoto.workflow.store.faults import FAULTS, clashed, crossed, told

        rules = limits()
        for attempt in range(1, rules.tries + 1):
            try:
                with self._transaction() as unit:
                    return step(unit)
            except FAULTS as error:
                again = (crossed(error) and attempt < rules.tries) or (clashed(error) and attempt < rules.clash_tries)
                if not again:
                    raise told(error, self.where) from None
            time.sleep(random.uniform(0, min(rules.pause_s * 2 ** (attempt - 1), rules.most_pause_s)))
        raise AssertionError("the last try returns or raises")

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """One transaction: kept when the block ends well, undone on any exception. It is not tried again.

        Raises
        ------
        EnvironmentFault, InputError
            As `run`.
        """
        with self._told(), self._transaction() as unit:
            yield unit

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """A unit to read with only: everything as it was at one moment, and nobody is kept from writing.

        Raises
        ------
        EnvironmentFault
            "store_failed", also where something is written.
        """
        from ephoto.workflow.store.engine import read_only

        with self._told(), self._transaction(begin="BEGIN") as unit, read_only(unit.connection):
            yield unit

    def tidy(self) -> None:
        """Leave as little as possible of what was deleted in the database's files.

        SQLite has overwritten it already; its log, which still has the pages from before, is emptied, unless somebody
        reads just now. PostgreSQL gives the space free for what comes next; what lay there is sealed.
        """
        from ephoto.workflow.store.engine import BEGIN

        sqlite = self._engine.dialect.name == "sqlite"
        with self._told(), self._engine.connect() as connection:
            plain = connection.execution_options(isolation_level="AUTOCOMMIT", **{BEGIN: "BEGIN"})
            plain.exec_driver_sql("COMMIT")  # none of it is done within a transaction, and one has begun by itself
            if not sqlite:
                plain.exec_driver_sql("VACUUM ephoto_photo")
                return
            plain.exec_driver_sql(f"PRAGMA busy_timeout={int(limits().tidy_s * 1000)}")
            try:
                plain.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                plain.exec_driver_sql(f"PRAGMA busy_timeout={int(limits().busy_s * 1000)}")

    def close(self) -> None:
        """Nothing can be done with it any more."""
        self._closed = True
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        from ephoto.workflow.store.faults import FAULTS, told

        try:
            yield
        except FAULTS as error:
            raise told(error, self.where) from None

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[Unit]:
        from ephoto.workflow.store.engine import BEGIN
        from ephoto.workflow.store.unit import Unit

        if self._closed:
            raise EnvironmentFault("store_failed", where=self.where, problem="it is closed")
        with self._engine.connect() as connection:
            connection = connection.execution_options(**{BEGIN: begin})
            with connection.begin():
                yield Unit(connection, self.vault, self._clock, limits())
