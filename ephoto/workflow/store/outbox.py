"""The outbox as who delivers sees it: each step is a transaction of its own.

A message is claimed, delivered, and then told sent. Who dies between leaves it claimed until the lease is over; it is
delivered again then, and the receiver knows it by its event's id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ephoto.workflow.store.database import Store
    from ephoto.workflow.store.rows import Outgoing

__all__ = ["Outbox"]


class Outbox:
    """Errors of every method: EnvironmentFault("store_failed")."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def claim(self, target: str, now: float, lease_s: float, limit: int = 10) -> list[Outgoing]:
        """Messages that are due, oldest first, which nobody else gets for `lease_s` seconds from `now` on."""
        return self._store.run(lambda unit: unit.claim(target, now, lease_s, limit))

    def sent(self, message_id: int) -> None:
        """It has arrived."""
        self._store.run(lambda unit: unit.sent(message_id))

    def failed(self, message_id: int, code: str, next_at: float | None, *, attempt: int | None = None) -> bool:
        """It has not: due again at `next_at`, or given up and kept where that is None. See `Messages.failed`."""
        return self._store.run(lambda unit: unit.failed(message_id, code, next_at, attempt=attempt))

    def revive(self, target: str) -> int:
        """What was given up is due again; how many."""
        return self._store.run(lambda unit: unit.revive(target))

    def waiting(self, target: str | None = None) -> int:
        """How many have neither arrived nor been given up."""
        return self._store.run(lambda unit: unit.waiting(target))

    def dead(self, target: str | None = None) -> int:
        """How many were given up."""
        return self._store.run(lambda unit: unit.dead(target))

    def due_at(self, target: str) -> float | None:
        """When the next one is due, in seconds since 1970 UTC."""
        return self._store.run(lambda unit: unit.due_at(target))
