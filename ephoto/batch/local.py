"""The work on one machine: threads that wait, processes that work."""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from ephoto.batch.work import Recipe
from ephoto.pipeline.workers import NotBuilt, Workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from ephoto.batch.desk import Desk
    from ephoto.batch.job import Progress
    from ephoto.batch.row import Row

__all__ = ["staffed", "work"]

_LOOK_S = 0.1  # between two looks at the counts


def work(desk: Desk, tell: Callable[[Progress], None], maker: str = "ephoto.batch.work:maker") -> bool:
    """Make all cards that wait. Gives false where Ctrl-C ended it early; a second Ctrl-C does not wait.

    `maker`, "module:function", makes what works in each process out of a Recipe.

    Each worker has two threads: while one photo is worked on, the card before it is written and its bytes are synced.
    """
    job = desk.job
    recipe = Recipe(job.source.reader, job.wishes)
    workers = min(job.workers, max(desk.progress.waiting, 1))
    with Workers(maker, recipe, workers) as pool:
        if desk.progress.waiting:
            pool.warm_up()
        return staffed(desk, pool, workers, tell)


def staffed(
    desk: Desk,
    pool: Workers,
    workers: int,
    tell: Callable[[Progress], None],
    spared: Callable[[Row, object], bool] = lambda row, result: False,
) -> bool:
    """The same with workers that are there already; what is `spared` is put back and not entered."""
    serve = partial(_serve, desk, pool, spared)
    threads = [threading.Thread(target=serve, daemon=True) for _ in range(2 * workers)]
    for thread in threads:
        thread.start()
    return _watched(threads, desk, tell)


def _watched(threads: list[threading.Thread], desk: Desk, tell: Callable[[Progress], None]) -> bool:
    whole = True
    while any(thread.is_alive() for thread in threads):
        try:
            tell(desk.progress)
            time.sleep(_LOOK_S)
        except KeyboardInterrupt:
            if not whole:
                raise
            whole = False
            desk.stop.set()
    tell(desk.progress)
    return whole


def _serve(desk: Desk, pool: Workers, spared: Callable[[Row, object], bool]) -> None:
    reader = desk.job.source.reader
    try:
        for row in desk.rows():
            try:
                result = pool.call(reader.read(row.locator) if reader.local else row.locator)
            except NotBuilt as failure:
                desk.halt(failure.error)
                desk.leave()
                return
            except Exception as error:  # one photo's fault, or a bug that it shows: the others go on
                result = error
            if pool.closed:  # a second Ctrl-C: nothing of it is the photo's fault
                return
            if spared(row, result):
                desk.put_back(row)
            else:
                desk.finish(row, result)
    except BaseException as error:
        desk.halt(error)
