"""Every photo of IN entered into the ledger, before any work: what is refused is refused here."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ephoto.batch.naming import folded, masked
from ephoto.batch.products import MANIFEST
from ephoto.batch.sinks import QUARANTINE, told
from ephoto.core.errors import EnvironmentFault, EphotoError, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ephoto.batch.items import Item
    from ephoto.batch.job import Job
    from ephoto.batch.ledger import LastRun, Ledger
    from ephoto.batch.row import Row

__all__ = ["check_wishes", "plan", "plan_one", "recheck", "settle", "withdrawn"]

_TWINS = "same_names.jsonl"


def check_wishes(last: LastRun | None, job: Job, ledger: Ledger) -> bool:
    """Refuse to mix two ways of making cards, or to go on with a batch that was cut short without being asked to.

    Gives true where all is to be made anew.

    Raises
    ------
    UsageError
        "batch_other_wishes", "batch_unfinished".
    EnvironmentFault
        "output_exists" where a manifest is there that no batch of this ledger wrote.
    """
    if last is None and not job.force and job.sink.has(MANIFEST):
        raise EnvironmentFault("output_exists", path=f"{job.sink.shown}/{MANIFEST}")
    if last is None:
        return False
    if not last.made:
        return last.wishes != job.fingerprint()
    if last.wishes != job.fingerprint():
        if job.force:
            return True
        raise UsageError("batch_other_wishes", path=str(ledger.path))
    if not last.ended and not job.resume:
        raise UsageError("batch_unfinished", path=str(ledger.path))
    return False


def plan(job: Job, ledger: Ledger, run: int) -> None:
    """Enter every photo; those whose name or row is unfit fail at once.

    Raises
    ------
    InputError
        Where IN cannot be listed.
    UsageError
        "batch_same_output" where two photos would give one card; "batch_empty" without any photo, as a mistyped IN
        is likelier than an empty one.
    """
    empty, twins = True, []
    steady = job.naming.of_the_photo  # then what a known photo's card is called is known too
    for item in job.source.items():
        empty = False
        if steady and item.error is None and ledger.unchanged(run, item, retry=job.retry):
            continue
        twin = plan_one(job, ledger, run, item)
        if twin is not None:
            twins.append((twin, item))
    if empty:
        raise UsageError("batch_empty", path=job.source.shown)
    listed = ledger.path.with_name(_TWINS)
    listed.unlink(missing_ok=True)
    if twins:
        rows = _rows_of({key for key, _ in twins}, job) if twins[0][1].row else {}
        pairs = "; ".join(f"{_shown(key, rows.get(key))} = {_shown(item.key, item.row)}" for key, item in twins[:5])
        _write_twins(listed, twins, rows)
        raise UsageError("batch_same_output", count=len(twins), pairs=pairs, path=str(listed))


def plan_one(job: Job, ledger: Ledger, run: int, item: Item) -> str | None:
    """Enter one photo; gives the key of another that would give the same card, or None."""
    output: str | None = None
    error = item.error
    if error is None:
        try:
            output = _free(job, job.naming.name(item))
        except InputError as found:
            error = found
    return ledger.plan(run, item, output, error, retry=job.retry)


def settle(job: Job, ledger: Ledger) -> None:
    """Cards that were being handed over when the last run ended: delivered or not, one by one."""
    for row in ledger.rows("delivering"):
        if row.output is not None and row.card_sha256 and job.sink.holds(row.output, row.card_sha256):
            if row.aside is not None:
                job.sink.release(row.aside)
            ledger.done(row.n)
        else:
            ledger.wait_again(row.n)


@contextmanager
def withdrawn(job: Job, ledger: Ledger) -> Iterator[None]:
    """Take back cards that no photo stands behind any more, so that nobody prints a former face under that name.

    Only what still has the bytes that were handed over; what others have put there since is theirs. The ledger forgets
    them when the block has ended well: a run that dies in it is repeated.
    """
    stale = ledger.stale()
    for output, sha256 in stale:
        if job.sink.holds(output, sha256):
            job.sink.withdraw(output)
    yield
    for output, _ in stale:
        ledger.disown(output)


def recheck(job: Job, ledger: Ledger, run: int) -> None:
    """Cards that are gone wait again; with `verify`, also those whose photo or card has other bytes than then."""
    if job.verify:
        gone = (row.n for row in ledger.rows("done", run=run) if not _stands(job, row))
    else:
        gone = (n for n, output in ledger.outputs(run) if not job.sink.has(output))
    for n in gone:
        ledger.wait_again(n)


def _stands(job: Job, row: Row) -> bool:
    if not job.sink.holds(str(row.output), str(row.card_sha256)):
        return False
    try:
        return hashlib.sha256(job.source.reader.read(row.locator)).hexdigest() == row.sha256
    except EphotoError:
        return False


def _free(job: Job, output: str) -> str:
    """A card's name, if it lies neither in quarantine nor, where IN is in OUT, among the photos."""
    if folded(output).startswith(f"{QUARANTINE}/"):
        raise InputError("name_unsafe", problem="photos without a card are put there")
    if job.sink.falls_on(output, job.source):
        raise InputError("name_unsafe", problem="it would lie among the photos")
    return output


def _rows_of(keys: set[str], job: Job) -> dict[str, int]:
    """Where in the table photos stand: the ledger does not know. The first row counts."""
    rows: dict[str, int] = {}
    for item in job.source.items():
        if item.key in keys:
            rows.setdefault(item.key, item.row)
    return rows


def _shown(key: str, row: int | None) -> str:
    """What its owner knows a photo by, and nobody else."""
    return f"row {row}" if row else masked(key)


def _write_twins(path: Path, twins: list[tuple[str, Item]], rows: dict[str, int]) -> None:
    """In a file beside the ledger names may stand: which photos are meant, a pair a line."""
    lines = [
        json.dumps({"photo": key, "row": rows.get(key), "other": item.input or item.key, "other_row": item.row or None},
                   ensure_ascii=False)
        for key, item in twins
    ]  # fmt: skip
    with told(str(path)):
        path.write_text("\n".join(lines) + "\n", "utf-8")
