"""What all parts of a unit stand on: one transaction, the vault, and the clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from ephoto.core.errors import InputError
from ephoto.workflow.store.tables import APPLICATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection, RowMapping, Select, Table

    from ephoto.core.signing import Clock
    from ephoto.workflow.store.limits import Limits
    from ephoto.workflow.vault import Vault

__all__ = ["Frame"]


class Frame:
    """Of one transaction; not to be used after it has ended."""

    def __init__(self, connection: Connection, vault: Vault, clock: Clock, limits: Limits) -> None:
        self.vault = vault
        self._db = connection
        self._clock = clock
        self._limits = limits
        self._locked: set[str] = set()  # applications that no other unit changes before this one ends

    @property
    def connection(self) -> Connection:
        """For what belongs to the store itself: its layout."""
        return self._db

    def mark(self, kind: str, value: str) -> str:
        """See `Vault.mark`."""
        return self.vault.mark(kind, value)

    def _sealed(self, value: Mapping[str, Any], about: str) -> bytes:
        said = json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return self.vault.seal(said.encode(), about)

    def _opened(self, sealed: bytes, about: str) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(self.vault.open(sealed, about))
        return made

    def _lock(self, application_id: str) -> None:
        """InputError("wf.application_unknown") where there is none."""
        if application_id not in self._locked:
            query = select(APPLICATION.c.id).where(APPLICATION.c.id == application_id).with_for_update()
            if self._one(query) is None:
                raise InputError("wf.application_unknown")
            self._locked.add(application_id)

    def _one(self, query: Select[Any], **values: Any) -> RowMapping | None:
        return self._db.execute(query, values).mappings().first()

    def _all(self, query: Select[Any], **values: Any) -> list[RowMapping]:
        return list(self._db.execute(query, values).mappings())

    def _pages(self, query: Select[Any], key: Any, after: Any, most: int | None) -> Iterator[RowMapping]:
        """Rows in the order of a unique column, a page at a time: memory does not grow, and rows may change."""
        page = self._limits.page
        while most is None or most > 0:
            wanted = page if most is None else min(page, most)
            found = self._all((query if after is None else query.where(key > after)).order_by(key).limit(wanted))
            yield from found
            if len(found) < wanted:
                return
            after = found[-1][key.name]
            most = None if most is None else most - wanted

    def _put(self, table: Table, values: Mapping[str, Any], *, update: tuple[str, ...] = ()) -> bool:
        """Insert a row; where its key is there, change these columns, or nothing. Whether a row was written."""
        keys = [column.name for column in table.primary_key]
        make = postgresql.insert if self._db.dialect.name == "postgresql" else sqlite.insert
        statement: Any = make(table).values(**values)
        if update:
            statement = statement.on_conflict_do_update(
                index_elements=keys, set_={name: statement.excluded[name] for name in update}
            )
        else:
            statement = statement.on_conflict_do_nothing()
        return self._db.execute(statement).rowcount == 1
