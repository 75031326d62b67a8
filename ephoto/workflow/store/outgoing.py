"""Messages to others, written in the transaction that they tell of: a transactional outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from ephoto.workflow.store.frame import Frame
from ephoto.workflow.store.rows import Outgoing
from ephoto.workflow.store.tables import OUTBOX

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

__all__ = ["Messages"]

_WAITING, _SENT, _DEAD = "waiting", "sent", "dead"


class Messages(Frame):
    """Part of `Unit`. Who delivers uses `outbox.Outbox`, where each of these steps is a unit of its own."""

    def enqueue(self, target: str, event_id: str, body: bytes) -> bool:
        """Leave a message for a target; nobody sees it before this unit ends well.

        Whether it is new: one event goes to one target once, whatever comes of it.
        """
        now = self._clock()
        values = {"target": target, "event_id": event_id, "state": _WAITING, "attempts": 0, "last_code": ""}
        sealed = self.vault.seal(body, _about(target, event_id))
        return self._put(OUTBOX, {**values, "created_at": now, "next_at": now, "sealed": sealed})

    def claim(
        self, target: str, now: float, lease_s: float, limit: int = 10, *, only: str | None = None
    ) -> list[Outgoing]:
        """Take messages that are due, oldest first: nobody else gets them for `lease_s` seconds.

        Who dies with them has not lost them: when the lease is over they are due again. With `only`, an event's id,
        that one alone, due or not: for targets that know a message again when it comes twice.
        """
        wanted = OUTBOX.c.next_at <= now if only is None else OUTBOX.c.event_id == only
        due = self._all(
            select(OUTBOX)
            .where(OUTBOX.c.target == target, OUTBOX.c.state == _WAITING, wanted)
            .order_by(OUTBOX.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        taken = [row["id"] for row in due]
        if taken:
            changes = {"attempts": OUTBOX.c.attempts + 1, "next_at": now + lease_s}
            self._db.execute(update(OUTBOX).where(OUTBOX.c.id.in_(taken)).values(changes))
        return [self._outgoing(row, row["attempts"] + 1) for row in due]

    def sent(self, message_id: int) -> None:
        """It has arrived. Its body is not kept: the history has what it told.

        Also of one whose lease is over, or that is claimed anew: it has arrived all the same.
        """
        changes = {"state": _SENT, "ended_at": self._clock(), "sealed": None, "last_code": ""}
        where = (OUTBOX.c.id == message_id, OUTBOX.c.state != _SENT)
        self._db.execute(update(OUTBOX).where(*where).values(changes))

    def failed(self, message_id: int, code: str, next_at: float | None, *, attempt: int | None = None) -> bool:
        """It has not arrived, for the reason `code`: due again at `next_at`, or never without one.

        With `attempt`, the claim's `attempts`, nothing is done where somebody else has claimed it meanwhile. Whether
        anything was done.
        """
        where = [OUTBOX.c.id == message_id, OUTBOX.c.state == _WAITING]
        where += [] if attempt is None else [OUTBOX.c.attempts == attempt]
        changes: dict[str, Any] = {"last_code": code}
        if next_at is None:
            changes |= {"state": _DEAD, "ended_at": self._clock()}
        else:
            changes |= {"next_at": next_at}
        return self._db.execute(update(OUTBOX).where(*where).values(changes)).rowcount == 1

    def revive(self, target: str) -> int:
        """Make a target's dead messages due again, counted from the beginning; gives how many."""
        changes = {"state": _WAITING, "attempts": 0, "next_at": self._clock(), "ended_at": None}
        where = (OUTBOX.c.target == target, OUTBOX.c.state == _DEAD)
        return self._db.execute(update(OUTBOX).where(*where).values(changes)).rowcount

    def waiting(self, target: str | None = None) -> int:
        """How many messages have neither arrived nor been given up."""
        return self._counted(_WAITING, target)

    def dead(self, target: str | None = None) -> int:
        """How many were given up; they are kept."""
        return self._counted(_DEAD, target)

    def due_at(self, target: str) -> float | None:
        """When the next one of a target is due, or its lease over; None where nothing waits."""
        query = select(func.min(OUTBOX.c.next_at)).where(OUTBOX.c.target == target, OUTBOX.c.state == _WAITING)
        found: float | None = self._db.execute(query).scalar_one()
        return found

    def _counted(self, state: str, target: str | None) -> int:
        query = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.state == state)
        query = query if target is None else query.where(OUTBOX.c.target == target)
        return int(self._db.execute(query).scalar_one())

    def _outgoing(self, row: RowMapping, attempts: int) -> Outgoing:
        body = self.vault.open(row["sealed"], _about(row["target"], row["event_id"]))
        return Outgoing(row["id"], row["target"], row["event_id"], body, attempts, row["created_at"])


def _about(target: str, event_id: str) -> str:
    return f"outgoing:{target}\n{event_id}"
