"""The one place where a photo's fate is decided and entered: handed over, failed, or waiting because all must stop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ephoto.batch.job import Progress
from ephoto.batch.naming import safe_path
from ephoto.batch.work import Refusal
from ephoto.core.errors import EnvironmentFault, EphotoError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ephoto.batch.job import Job
    from ephoto.batch.ledger import Ledger
    from ephoto.batch.row import Row
    from ephoto.batch.work import Made

__all__ = ["Desk"]

_GONE = frozenset({"not_found", "not_readable"})  # what a photo fails with when the disk it is on was pulled out
_NO_PLACE = frozenset({"output_exists", "name_unsafe"})  # the card's name is at fault, not the disk
_TRIED_AGAIN = frozenset(
    {"not_found", "not_readable", "internal", "worker_died"}
)  # by the next run, beside faults of the environment


class Desk:
    """Rows out, results in, from any number of threads.

    Attributes
    ----------
    fault : EphotoError or None
        What all must stop for.
    stop : threading.Event
        Set when no more photos shall be begun.
    """

    def __init__(self, job: Job, ledger: Ledger, run: int, bug: Callable[[BaseException], EphotoError]) -> None:
        self.job, self._ledger, self._bug = job, ledger, bug
        counts = ledger.counts(run)
        self.progress = Progress(sum(counts.values()) - counts["gone"], counts["waiting"])
        self.fault: EphotoError | None = None
        self.stop = threading.Event()
        self._lock = threading.Lock()
        self._waiting = ledger.rows("waiting", run=run)

    def rows(self) -> Iterator[Row]:
        """Photos to be made, until there are none or all must stop; each goes to one caller."""
        while (row := self._next()) is not None:
            if self._free(row):
                yield row

    def halt(self, error: BaseException) -> None:
        """Stop all: what is in hand elsewhere is still finished."""
        fault = error if isinstance(error, EphotoError) else self._bug(error)
        with self._lock:
            self.fault = self.fault or fault
        self.stop.set()

    def finish(self, row: Row, result: Made | Refusal | BaseException) -> None:
        """Hand a card over, or enter why there is none.

        Raises
        ------
        EphotoError
            Where nothing more can be handed over or entered; the photo still waits then.
        """
        if isinstance(result, BaseException):
            result = Refusal(result if isinstance(result, EphotoError) else self._bug(result))
        if isinstance(result, Refusal):
            self._fail(row, result)
        else:
            self._hand_over(row, result)
        with self._lock:
            self.progress.in_hand -= 1

    def leave(self) -> None:
        """A photo that was begun and waits after all."""
        with self._lock:
            self.progress.in_hand -= 1

    def put_back(self, row: Row) -> None:
        """A photo that was begun and cannot be read yet: it is planned once more when it can be."""
        self._ledger.unseen(row.key)
        with self._lock:
            self.progress.in_hand -= 1
            self.progress.waiting -= 1

    def _next(self) -> Row | None:
        with self._lock:
            if self.stop.is_set():
                return None
            row = next(self._waiting, None)
            self.progress.in_hand += row is not None
            return row

    def _free(self, row: Row) -> bool:
        """Whether the card's name is free; a file that is not ours fails the photo.

        A batch that is gone on with makes the card to see: after a power cut a card may be there that the ledger no
        longer knows of.
        """
        if row.output is not None and self.job.sink.falls_on(row.output, self.job.source):  # planned by another release
            self.finish(row, InputError("name_unsafe", problem="it would lie among the photos"))
            return False
        if self.job.resume or not self._taken(row):
            return True
        self.finish(row, EnvironmentFault("output_exists", path=row.output))
        return False

    def _taken(self, row: Row) -> bool:
        """Whether a file has the card's name that the ledger knows nothing of."""
        if row.output is None or self.job.force or not self.job.sink.has(row.output):
            return False
        return not self._ledger.is_ours(row.output)

    def _hand_over(self, row: Row, made: Made) -> None:
        taken = self._taken(row)
        there = taken and self.job.sink.holds(str(row.output), made.card_sha256)
        if taken and not there:
            self._fail(row, Refusal(EnvironmentFault("output_exists", path=row.output), made.findings))
            return
        self._ledger.delivering(row, made)
        try:
            if not there:
                self.job.sink.deliver(str(row.output), made.data)
        except EphotoError as error:
            if error.code in _NO_PLACE:
                self._fail(row, Refusal(error, made.findings))
                return
            self._ledger.wait_again(row.n)
            raise
        if row.aside is not None:
            self.job.sink.release(row.aside)
        self._ledger.done(row.n)
        with self._lock:
            self.progress.done += 1

    def _fail(self, row: Row, refusal: Refusal) -> None:
        error = refusal.error
        seen = row.locator if row.size is not None else None  # one that never was there may just be mistyped
        if error.code in _GONE and not self.job.source.is_there(seen):
            raise InputError("input_gone", path=self.job.source.shown)
        aside = (self._aside(row) if self.job.on_fail == "quarantine" else None) or row.aside
        again = error.exit_code == EnvironmentFault.exit_code or error.code in _TRIED_AGAIN
        self._ledger.failed(row.n, error, refusal.findings, again=again, aside=aside)
        with self._lock:
            self.progress.failed += 1
        if self.job.on_fail == "stop":
            self.stop.set()

    def _aside(self, row: Row) -> str | None:
        """A copy of the photo in quarantine, if it can be read at all."""
        try:
            data = self.job.source.reader.read(row.locator)
        except EphotoError:
            return None
        try:
            return self.job.sink.set_aside(safe_path(row.key, row.n), data)
        except EphotoError as error:
            if error.code in _NO_PLACE:
                return None
            raise
