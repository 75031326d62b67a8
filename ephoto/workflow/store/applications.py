"""Applications of a unit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, insert, select, update

from ephoto.core.errors import InputError
from ephoto.workflow.store.frame import Frame
from ephoto.workflow.store.rows import ENDED, ApplicationRow
from ephoto.workflow.store.tables import APPLICATION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import RowMapping

    from ephoto.workflow.values import ApplicationState

__all__ = ["Applications"]

_KEY, _EXTERNAL = "idempotency", "external_no"  # kinds of marks
# What every event asks is put together once: that costs more than the asking.
_ONE = select(APPLICATION).where(APPLICATION.c.id == bindparam("wanted"))
_ONE_LOCKED = _ONE.with_for_update()
_MOVE = update(APPLICATION).where(APPLICATION.c.id == bindparam("wanted"))
_MOVE_ON = _MOVE.values(state=bindparam("state"), updated_at=bindparam("now"), ended_at=None)
_MOVE_TO_END = _MOVE.values(
    state=bindparam("state"),
    updated_at=bindparam("now"),
    ended_at=case(
        (APPLICATION.c.state.in_(ENDED), func.coalesce(APPLICATION.c.ended_at, bindparam("now"))),
        else_=bindparam("now"),
    ),
)


class Applications(Frame):
    """Part of `Unit`."""

    def add_application(self, row: ApplicationRow) -> ApplicationRow:
        """Enter a new one; it is locked. Gives it with its times.

        Raises
        ------
        InputError
            As the unit ends: "wf.duplicate_application", the person has an open one, or the id is taken;
            "wf.idempotency_conflict", the key is taken; "wf.application_unknown", the predecessor is not there.
        """
        now = self._clock()
        row = replace(row, created_at=row.created_at or now, updated_at=row.updated_at or now)
        values = self._values(row)
        values["ended_at"] = row.updated_at if row.state in ENDED else None
        self._db.execute(insert(APPLICATION).values(id=row.id, created_at=row.created_at, **values))
        self._locked.add(row.id)
        return row

    def application(self, application_id: str, lock: bool = False) -> ApplicationRow:
        """The application; with `lock`, no other unit locks or changes it before this one ends.

        Raises
        ------
        InputError
            "wf.application_unknown".
        """
        row = self._one(_ONE_LOCKED if lock else _ONE, wanted=application_id)
        if row is None:
            raise InputError("wf.application_unknown")
        if lock:
            self._locked.add(application_id)
        return self._application(row)

    def save_application(self, row: ApplicationRow) -> ApplicationRow:
        """Write what it is now; gives it with its new time. Its id and `created_at` stay.

        Raises
        ------
        ValueError
            This unit has not locked it: what it was made from may have changed meanwhile.
        InputError
            As `add_application`.
        """
        if row.id not in self._locked:
            raise ValueError("an application is locked before it is saved")
        row = replace(row, updated_at=self._clock())
        ended = self._one(select(APPLICATION.c.ended_at).where(APPLICATION.c.id == row.id))
        since = None if ended is None else ended["ended_at"]
        values = self._values(row)
        # From one end to the next (received, closed) the time goes on: a photo is kept no longer for it.
        values["ended_at"] = (since or row.updated_at) if row.state in ENDED else None
        self._db.execute(update(APPLICATION).where(APPLICATION.c.id == row.id).values(**values))
        return row

    def move_application(self, application_id: str, state: ApplicationState) -> None:
        """Write that it is in another state, and nothing else; otherwise as `save_application`."""
        if application_id not in self._locked:
            raise ValueError("an application is locked before it is saved")
        values = {"wanted": application_id, "state": state, "now": self._clock()}
        self._db.execute(_MOVE_TO_END if state in ENDED else _MOVE_ON, values)

    def applications(
        self,
        *,
        state: str | None = None,
        kind: str | None = None,
        person: str | None = None,
        route: str | None = None,
        after: str | None = None,
        limit: int | None = 100,
    ) -> Iterator[ApplicationRow]:
        """In the order of their ids, from behind `after` on; read a page at a time. `limit` None: all."""
        query = select(APPLICATION)
        for column, wanted in (("state", state), ("kind", kind), ("person", person), ("route", route)):
            if wanted is not None:
                query = query.where(APPLICATION.c[column] == wanted)
        yield from map(self._application, self._pages(query, APPLICATION.c.id, after, limit))

    def open_application_of(self, person: str) -> ApplicationRow | None:
        """The one application of a person (a mark) that has not ended, if there is one."""
        return self._found(APPLICATION.c.person == person, APPLICATION.c.state.not_in(ENDED))

    def by_idempotency_key(self, key: str) -> ApplicationRow | None:
        return self._found(APPLICATION.c.idempotency_mark == self.mark(_KEY, key))

    def by_external_no(self, number: str) -> ApplicationRow | None:
        return self._found(APPLICATION.c.external_mark == self.mark(_EXTERNAL, number))

    def successors(self, application_id: str) -> list[ApplicationRow]:
        """Applications whose card takes the place of this one's, oldest first."""
        query = select(APPLICATION).where(APPLICATION.c.predecessor_id == application_id)
        found = self._all(query.order_by(APPLICATION.c.created_at, APPLICATION.c.id))
        return [self._application(row) for row in found]

    def _found(self, *where: Any) -> ApplicationRow | None:
        row = self._one(select(APPLICATION).where(*where))
        return None if row is None else self._application(row)

    def _values(self, row: ApplicationRow) -> dict[str, Any]:
        hidden: Mapping[str, Any] = {
            "document": dict(row.document),
            "idempotency_key": row.idempotency_key,
            "payload_hash": row.payload_hash,
            "external_no": row.external_no,
        }
        key, number = row.idempotency_key, row.external_no
        return {
            "person": row.person,
            "kind": row.kind,
            "route": row.route,
            "state": row.state,
            "photo_id": row.photo_id,
            "predecessor_id": row.predecessor_id,
            "idempotency_mark": None if key is None else self.mark(_KEY, key),
            "external_mark": None if number is None else self.mark(_EXTERNAL, number),
            "updated_at": row.updated_at,
            "sealed": self._sealed(hidden, _about(row.id)),
        }

    def _application(self, row: RowMapping) -> ApplicationRow:
        hidden = self._opened(row["sealed"], _about(row["id"]))
        plain = ("id", "person", "kind", "route", "state", "photo_id", "predecessor_id", "created_at", "updated_at")
        return ApplicationRow(**{name: row[name] for name in plain}, **hidden)


def _about(application_id: str) -> str:
    return f"application:{application_id}"
