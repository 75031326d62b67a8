"""The audit trail of a unit, how far feeds were read, and which nonces were used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from ephoto.workflow.store.frame import Frame
from ephoto.workflow.store.rows import Audit
from ephoto.workflow.store.tables import AUDIT, CURSOR, NONCE

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Trail"]


class Trail(Frame):
    """Part of `Unit`."""

    def audit(
        self, action: str, *, application_id: str = "", receiver: str = "", count: int = 1, detail: str = ""
    ) -> None:
        """Append a line: what was done, to which application, who received it. Never a name, a number or a picture."""
        values = {"action": action, "application_id": application_id, "receiver": receiver, "detail": detail}
        self._db.execute(insert(AUDIT).values(at=self._clock(), count=count, **values))

    def audits(self, *, application_id: str | None = None, after: int | None = None) -> Iterator[Audit]:
        """The lines in the order of their appending, from behind number `after` on; read a page at a time."""
        query = select(AUDIT)
        if application_id is not None:
            query = query.where(AUDIT.c.application_id == application_id)
        yield from (Audit(**row) for row in self._pages(query, AUDIT.c.seq, after, None))

    def cursor(self, feed: str) -> str | None:
        """How far a feed was read."""
        row = self._one(select(CURSOR.c.cursor).where(CURSOR.c.feed == feed))
        return None if row is None else str(row["cursor"])

    def set_cursor(self, feed: str, cursor: str) -> None:
        self._put(CURSOR, {"feed": feed, "cursor": cursor}, update=("cursor",))

    def claim_nonce(self, key_id: str, nonce: str, mark: str, *, until_s: float, now_s: float) -> str | None:
        """See core.signing.NonceStore."""
        self._db.execute(delete(NONCE).where(NONCE.c.until_s < now_s))
        if self._put(NONCE, {"key_id": key_id, "nonce": nonce, "mark": mark, "until_s": until_s}):
            return None
        row = self._one(select(NONCE.c.mark).where(NONCE.c.key_id == key_id, NONCE.c.nonce == nonce))
        return None if row is None else str(row["mark"])
