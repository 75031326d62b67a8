"""Every photo of IN entered into the ledger, before any work: what is refused is refused here."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from ephoto.batch.naming import folded, masked
from ephoto.batch.sinks import QUARANTINE
from ephoto.core.errors import EphotoError, InputError, UsageError

if TYPE_CHECKING:
    from ephoto.batch.items import Item
    from ephoto.batch.job import Job
    from ephoto.batch.ledger import LastRun, Ledger, Row

__all__ = ["check_wishes", "plan", "recheck", "settle"]

_PAIRS_SHOWN = 5


def check_wishes(last: LastRun | None, job: Job, ledger: Ledger) -> bool:
    """Refuse to mix two ways of making cards, or to go on with a batch that was cut short without being asked to.

    Gives true where all is to be made anew.

    Raises
    ------
    UsageError
        "batch_other_wishes", "batch_unfinished".
    """
    if last is None or not last.made:
        return False
    if last.wishes != job.fingerprint():
        if job.force:
            return True
        raise UsageError("batch_other_wishes", path=str(ledger.path))
    if not last.ended and not job.resume:
        raise UsageError("batch_unfinished", path=str(ledger.path))
    return False


def plan(job: Job, ledger: Ledger, run: int, *, anew: bool) -> None:
    """Enter every photo; those whose name or row is unfit fail at once. With `anew` all wait, done or not.

    Raises
    ------
    InputError
        Where IN cannot be listed.
    UsageError
        "same_output" where two photos would give one card.
    """
    pairs: list[str] = []
    for item in job.source.items():
        output: str | None = None
        error = item.error
        if error is None:
            try:
                output = _free_of_quarantine(job.naming.name(item))
            except InputError as found:
                error = found
        twin = ledger.plan(run, item, output, error, anew=anew, retry=job.retry)
        if twin is not None:
            pairs.append(f"{_shown(item)} = {masked(twin)}")
    if pairs:
        raise UsageError("same_output", path="; ".join(pairs[:_PAIRS_SHOWN]), count=len(pairs))


def settle(job: Job, ledger: Ledger) -> None:
    """Cards that were being handed over when the last run ended: delivered or not, one by one."""
    for row in ledger.rows("delivering"):
        if row.output is not None and row.card_sha256 and job.sink.holds(row.output, row.card_sha256):
            if row.aside is not None:
                job.sink.release(row.aside)
            ledger.done(row.n)
        else:
            ledger.wait_again(row.n)


def recheck(job: Job, ledger: Ledger, run: int) -> None:
    """Cards that are gone wait again; with `verify`, also those whose photo or card has other bytes than then."""
    for row in ledger.rows("done", run=run):
        if not _stands(job, row):
            ledger.wait_again(row.n)


def _stands(job: Job, row: Row) -> bool:
    if row.output is None or row.card_sha256 is None:
        return False
    if not job.verify:
        return job.sink.has(row.output)
    if not job.sink.holds(row.output, row.card_sha256):
        return False
    try:
        return hashlib.sha256(job.source.reader.read(row.locator)).hexdigest() == row.sha256
    except EphotoError:
        return False


def _free_of_quarantine(output: str) -> str:
    if folded(output).startswith(f"{QUARANTINE}/"):
        raise InputError("name_unsafe", problem="photos without a card are put there")
    return output


def _shown(item: Item) -> str:
    return f"row {item.row}" if item.row else masked(item.key)
