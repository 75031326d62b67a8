"""One batch from its plan to its summary."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ephoto.batch.desk import Desk
from ephoto.batch.job import Summary
from ephoto.batch.local import work
from ephoto.batch.opening import opened
from ephoto.batch.planning import check_wishes, plan, recheck, settle, withdrawn
from ephoto.batch.products import MANIFEST, written_manifest
from ephoto.core.errors import EphotoError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from ephoto.batch.job import Job, Progress
    from ephoto.batch.ledger import Ledger

__all__ = ["publish", "run"]


def run(
    job: Job,
    ledger_path: Path,
    *,
    version: str,
    now: Callable[[], datetime],
    bug: Callable[[BaseException], EphotoError],
    tell: Callable[[Progress], None] = lambda progress: None,
    crew: Callable[[Desk, Callable[[Progress], None]], bool] = work,
    after: Callable[[Ledger, int], None] = lambda ledger, run: None,
) -> Summary:
    """Make the card of every photo that has none yet.

    Parameters
    ----------
    job, ledger_path : what is asked for, and where the ledger is kept
    version : of the program, for the ledger
    now : the clock, in UTC
    bug : makes one of our errors out of an exception that nobody meant
    tell : called several times a second with the counts
    crew : who does the work: `local.work` or `on_ray.work`
    after : called with the ledger and the run's number when all is entered, for reports

    Raises
    ------
    UsageError, InputError, EnvironmentFault
        Where nothing was begun. What stops a batch under way is in the summary.
    """
    with opened(job.sink, ledger_path) as ledger:
        last = ledger.last_run()
        anew = check_wishes(last, job, ledger)
        with ledger.planning():
            number = ledger.start(job.fingerprint(), version, now().isoformat())
            if anew:
                ledger.begin_anew()
            plan(job, ledger, number)
        settle(job, ledger)
        recheck(job, ledger, number)
        desk = Desk(job, ledger, number, bug)
        start = time.perf_counter()
        try:
            whole = crew(desk, tell)
        except UsageError:  # an engine that is not known
            raise
        except EphotoError as error:
            desk.halt(error)
            whole = True
        seconds = time.perf_counter() - start
        stopped = desk.fault or (None if whole else EphotoError("interrupted"))
        try:
            same = last is not None and last.ended and ledger.same_photos(number, last)
            if ledger.changes or not same or not job.sink.has(MANIFEST):
                publish(job, ledger, number)
            if not desk.progress.left:
                ledger.end(number, now().isoformat())
            after(ledger, number)
        except EphotoError as error:
            stopped = stopped or error
        return _summary(job, ledger, number, desk, seconds, stopped)


def publish(job: Job, ledger: Ledger, number: int) -> None:
    """Write the manifest; where nothing waits any more, with all that belongs to a batch that is whole."""
    counts = ledger.counts(number)
    with written_manifest(ledger, number, job.spec.id, timed=job.sink.timed) as manifest:
        if counts["waiting"] or counts["delivering"]:
            job.sink.publish(MANIFEST, manifest)
            return
        with withdrawn(job, ledger):
            job.sink.finish((output for _, output in ledger.outputs(number)), {MANIFEST: manifest})


def _summary(job: Job, ledger: Ledger, number: int, desk: Desk, seconds: float, stopped: EphotoError | None) -> Summary:
    counts = ledger.counts(number)
    reasons = ledger.reasons(number)
    return Summary(
        photos=desk.progress.photos,
        made=desk.progress.done,
        failed=counts["failed"],
        unchanged=counts["done"] - desk.progress.done,
        left=counts["waiting"] + counts["delivering"],
        gone=counts["gone"],
        passed_over=job.source.passed_over,
        seconds=seconds,
        errors=reasons.errors,
        problems=reasons.problems,
        rules=reasons.rules,
        quarantine=job.sink.quarantine if ledger.any_aside(number) else None,
        stopped=stopped,
    )
