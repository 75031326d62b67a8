"""A batch that goes on: photos are made as they arrive in a folder, until it is asked to end.

One run of the ledger, open all the time, so that no other batch writes to the same place; one set of workers, warm
between photos.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

from ephoto.batch.arrivals import Arrivals
from ephoto.batch.folder import Folder
from ephoto.batch.notices import Notices
from ephoto.batch.opening import opened
from ephoto.batch.planning import check_wishes, settle
from ephoto.batch.rules import rules
from ephoto.batch.turns import Turns
from ephoto.batch.work import Recipe
from ephoto.batch.zip_sink import ZipSink
from ephoto.core.errors import EphotoError, UsageError
from ephoto.pipeline.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from ephoto.batch.job import Job, Summary
    from ephoto.batch.notices import Bell
    from ephoto.batch.turns import Status

__all__ = ["watch"]


def watch(
    job: Job,
    ledger_path: Path,
    bell: Bell,
    *,
    version: str,
    now: Callable[[], datetime],
    bug: Callable[[BaseException], EphotoError],
    tell: Callable[[Status], None] = lambda status: None,
    poll: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Summary:
    """Make cards of all photos that are in a folder and of those that arrive, until the bell is rung for the end.

    Parameters
    ----------
    job : its source a Folder, its sink no zip; photos that wait from an earlier run are gone on with
    ledger_path, version, now, bug : as `run` takes them
    tell : called after each look, and several times a second while cards are made
    poll : look at the folder again and again instead of waiting for the system's notices
    clock : seconds that only go on

    Returns
    -------
    Summary
        Of this watch. `made` and `failed` count photos, one that was replaced as what it was in the end, and one that
        was taken away since too; `stopped` is None where it was asked to end.

    Raises
    ------
    UsageError
        "watch_input" where IN is no folder, "watch_output" where OUT is a zip.
    InputError, EnvironmentFault
        Where nothing was begun; "extra_missing" without watchfiles.
    """
    if not isinstance(job.source, Folder):
        raise UsageError("watch_input")
    if isinstance(job.sink, ZipSink):
        raise UsageError("watch_output", path=job.sink.shown)
    arrivals = Arrivals(job.source)
    job = replace(job, source=arrivals, resume=True)
    with ExitStack() as stack:
        ledger = stack.enter_context(opened(job.sink, ledger_path))
        anew = check_wishes(ledger.last_run(), job, ledger)
        ears = None if poll else stack.enter_context(closing(Notices(arrivals.base, bell)))
        recipe = Recipe(arrivals.reader, job.wishes)
        pool = stack.enter_context(Workers("ephoto.batch.work:maker", recipe, job.workers))
        pool.warm_up()
        settle(job, ledger)
        with ledger.planning():
            number = ledger.start(job.fingerprint(), version, now().isoformat())
            if anew:
                ledger.begin_anew()
        turns = Turns(job, arrivals, ledger, number, pool, bell, bug, tell, clock, poll=poll)
        _go_on(turns, arrivals, bell, ears)
        return turns.end(now)


def _go_on(turns: Turns, arrivals: Arrivals, bell: Bell, ears: Notices | None) -> None:
    turns.turn(None)
    while not (bell.ended or turns.over):
        paths = bell.wait(min(turns.rest_s, rules().arrival_poll_s))  # an unmounted disk rings no bell
        if not arrivals.is_there():
            turns.missing()
            if arrivals.find_again():
                if ears is not None:
                    ears.listen()
                turns.turn(None)
            continue
        try:
            if ears is not None:
                ears.check()
        except EphotoError as error:
            turns.stopped = error
            return
        if paths is None or paths or turns.rest_s == 0.0:
            turns.turn(paths)
