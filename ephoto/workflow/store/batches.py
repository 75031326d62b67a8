"""Batches for the bureau, and its receipts, of a unit."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, insert, select, update

from ephoto.core.errors import InputError
from ephoto.workflow.store.frame import Frame
from ephoto.workflow.store.rows import Batch, BatchRow
from ephoto.workflow.store.tables import BATCH, BATCH_ROW, RECEIPT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

__all__ = ["Batches"]


class Batches(Frame):
    """Part of `Unit`."""

    def add_batch(self, batch_no: str, attempt: int, mode: str, sender: str, receiver: str, created_at: float) -> Batch:
        """Enter a batch without rows.

        Raises
        ------
        InputError
            As the unit ends: "wf.field_unfit", the number is taken.
        """
        batch = Batch(batch_no, attempt, mode, sender, receiver, created_at)
        values = {name: getattr(batch, name) for name in Batch.__slots__}
        self._db.execute(insert(BATCH).values(**values))
        return batch

    def batch(self, batch_no: str, lock: bool = False) -> Batch | None:
        query = select(BATCH).where(BATCH.c.batch_no == batch_no)
        row = self._one(query.with_for_update() if lock else query)
        return None if row is None else Batch(**row)

    def batches(self, *, open_only: bool = False) -> Iterator[Batch]:
        """In the order of their numbers; `open_only`: those with a row that has no result yet."""
        query = select(BATCH)
        if open_only:
            query = query.where(exists().where(BATCH_ROW.c.batch_no == BATCH.c.batch_no, BATCH_ROW.c.result.is_(None)))
        yield from (Batch(**row) for row in self._pages(query, BATCH.c.batch_no, None, None))

    def last_batch_no(self, prefix: str) -> str | None:
        """The last batch number, in the order of numbers, that begins so."""
        query = select(func.max(BATCH.c.batch_no)).where(BATCH.c.batch_no.startswith(prefix, autoescape=True))
        found: str | None = self._db.execute(query).scalar_one()
        return found

    def next_attempt(self, batch_no: str) -> int:
        """The batch is handed in once more; gives how often with this time."""
        changed = update(BATCH).where(BATCH.c.batch_no == batch_no).values(attempt=BATCH.c.attempt + 1)
        row = self._db.execute(changed.returning(BATCH.c.attempt)).first()
        if row is None:
            raise InputError("wf.application_unknown")
        return int(row[0])

    def add_batch_rows(self, batch_no: str, rows: Iterable[tuple[int, str]]) -> int:
        """Enter row numbers with their applications, as many as come; gives how many.

        Raises
        ------
        InputError
            As the unit ends: "wf.in_open_batch", one is in an open batch already; "wf.application_unknown".
        """
        count, left = 0, iter(rows)
        while page := list(islice(left, self._limits.page)):
            values = [{"batch_no": batch_no, "row_no": row_no, "application_id": name} for row_no, name in page]
            self._db.execute(insert(BATCH_ROW).values(values))
            count += len(page)
        return count

    def batch_row(self, batch_no: str, row_no: int) -> BatchRow | None:
        row = self._one(select(BATCH_ROW).where(BATCH_ROW.c.batch_no == batch_no, BATCH_ROW.c.row_no == row_no))
        return None if row is None else BatchRow(**row)

    def batch_rows(self, batch_no: str) -> Iterator[BatchRow]:
        """By row number, read a page at a time."""
        query = select(BATCH_ROW).where(BATCH_ROW.c.batch_no == batch_no)
        yield from (BatchRow(**row) for row in self._pages(query, BATCH_ROW.c.row_no, None, None))

    def open_batch_of(self, application_id: str) -> str | None:
        """The one batch that has the application and no result for it yet."""
        where = (BATCH_ROW.c.application_id == application_id, BATCH_ROW.c.result.is_(None))
        row = self._one(select(BATCH_ROW.c.batch_no).where(*where))
        return None if row is None else str(row["batch_no"])

    def close_batch_row(self, batch_no: str, row_no: int, result: str) -> bool:
        """Give an open row its result; the first one stays. Whether it was open."""
        where = (BATCH_ROW.c.batch_no == batch_no, BATCH_ROW.c.row_no == row_no, BATCH_ROW.c.result.is_(None))
        return self._db.execute(update(BATCH_ROW).where(*where).values(result=result)).rowcount == 1

    def close_batch(self, batch_no: str, result: str) -> int:
        """Give all open rows of a batch one result, as where it never reached the bureau; gives how many."""
        where = (BATCH_ROW.c.batch_no == batch_no, BATCH_ROW.c.result.is_(None))
        return self._db.execute(update(BATCH_ROW).where(*where).values(result=result)).rowcount

    def leave_batches(self, application_ids: Collection[str]) -> int:
        """Give the open rows of these applications the result "failed", wherever they are; gives how many.

        For those that are packed anew: what became of them was told by another way than a receipt.
        """
        where = (BATCH_ROW.c.application_id.in_(application_ids), BATCH_ROW.c.result.is_(None))
        return self._db.execute(update(BATCH_ROW).where(*where).values(result="failed")).rowcount

    def receipt(self, receipt_no: str) -> str | None:
        """The digest of a receipt that was read, if it was."""
        row = self._one(select(RECEIPT.c.digest).where(RECEIPT.c.receipt_no == receipt_no))
        return None if row is None else str(row["digest"])

    def add_receipt(self, receipt_no: str, batch_no: str, digest: str) -> None:
        """Note that a receipt was read.

        Raises
        ------
        InputError
            As the unit ends: "wf.event_conflict", it was read before. Ask `receipt` first.
        """
        values = {"receipt_no": receipt_no, "batch_no": batch_no, "digest": digest, "recorded_at": self._clock()}
        self._db.execute(insert(RECEIPT).values(**values))
