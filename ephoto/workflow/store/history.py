"""The history of a unit: appended to, read, never changed. Triggers in the database say so too."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select

from ephoto.core.errors import InputError
from ephoto.workflow.lifecycle.events import Event
from ephoto.workflow.store.cards import Cards
from ephoto.workflow.store.rows import Entry, Parked
from ephoto.workflow.store.tables import HISTORY, PARKED

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

__all__ = ["History"]

# What every event asks is put together once: that costs more than the asking.
_APPEND = insert(HISTORY).returning(HISTORY.c.seq)
_ENTRY = select(HISTORY).where(HISTORY.c.event_id == bindparam("wanted"))
_HISTORY = select(HISTORY).where(HISTORY.c.application_id == bindparam("wanted")).order_by(HISTORY.c.seq)
_PARKED = (
    select(PARKED)
    .join(HISTORY, HISTORY.c.event_id == PARKED.c.event_id)
    .where(PARKED.c.application_id == bindparam("wanted"))
    .order_by(HISTORY.c.seq)
)


class History(Cards):
    """Part of `Unit`."""

    def append(self, entry: Entry) -> int:
        """Append one; gives its number. Its application is locked first, so that entries of one come one by one.

        Raises
        ------
        InputError
            "wf.application_unknown": neither its application nor its card is known; as the unit ends,
            "wf.event_conflict": its id is there. Ask `entry` first.
        """
        event = entry.event
        application_id = event.application_id
        if not application_id:
            card = self.card_by_no(event.card_no)
            if card is None:
                raise InputError("wf.application_unknown")
            application_id = card.application_id
        self._lock(application_id)
        hidden = {
            "occurred_at": event.occurred_at.isoformat(),
            "card_no": event.card_no,
            "actor": event.actor,
            "payload": dict(event.payload),
            "digest": entry.digest,
        }
        values = {
            "event_id": event.event_id,
            "application_id": application_id,
            "type": event.type,
            "source": event.source,
            "occurred_at": event.occurred_at.timestamp(),
            "recorded_at": entry.recorded_at,
            "derived_from": entry.derived_from,
        }
        sealed = self._sealed(hidden, _about(values))
        return int(self._db.execute(_APPEND, {**values, "sealed": sealed}).scalar_one())

    def entry(self, event_id: str) -> Entry | None:
        row = self._one(_ENTRY, wanted=event_id)
        return None if row is None else self._entry(row)

    def history(self, application_id: str) -> list[Entry]:
        """All entries of an application, in the order of their appending."""
        return [self._entry(row) for row in self._all(_HISTORY, wanted=application_id)]

    def park(self, parked: Parked) -> None:
        """Note that an event of the history waits; one that waits already keeps its time."""
        values = {"event_id": parked.event_id, "application_id": parked.application_id, "until": parked.until}
        self._put(PARKED, values)

    def unpark(self, event_id: str) -> None:
        self._db.execute(delete(PARKED).where(PARKED.c.event_id == event_id))

    def parked(self, application_id: str) -> list[Parked]:
        """What waits of an application, in the order of its appending."""
        return [Parked(**row) for row in self._all(_PARKED, wanted=application_id)]

    def parked_until(self, now: float) -> list[Parked]:
        """What has waited for its whole time, longest over first."""
        query = select(PARKED).where(PARKED.c.until <= now).order_by(PARKED.c.until, PARKED.c.event_id)
        return [Parked(**row) for row in self._all(query)]

    def _entry(self, row: RowMapping) -> Entry:
        hidden = self._opened(row["sealed"], _about(row))
        event = Event(
            event_id=row["event_id"],
            type=row["type"],
            occurred_at=datetime.fromisoformat(hidden["occurred_at"]),
            application_id=row["application_id"],
            card_no=hidden["card_no"],
            source=row["source"],
            actor=hidden["actor"],
            payload=hidden["payload"],
        )
        return Entry(row["seq"], event, row["recorded_at"], hidden["digest"], row["derived_from"])


def _about(values: Any) -> str:
    """The plain columns are a part of what is sealed, so that they cannot be changed apart from it."""
    plain = ("event_id", "application_id", "type", "source", "derived_from")
    return "history:" + "\n".join(str(values[name] or "") for name in plain)
