"""The turns of a watch: look at what has changed, enter what is whole, make its cards, keep the manifest."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING

from ephoto.batch.desk import Desk
from ephoto.batch.job import Summary
from ephoto.batch.local import staffed
from ephoto.batch.naming import masked
from ephoto.batch.planning import plan_one, recheck, withdrawn
from ephoto.batch.products import MANIFEST, written_manifest
from ephoto.batch.rules import rules
from ephoto.batch.run import publish
from ephoto.batch.scribe import Scribe
from ephoto.batch.work import Refusal
from ephoto.core.errors import EphotoError, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ephoto.batch.arrivals import Arrivals, Look
    from ephoto.batch.items import Item
    from ephoto.batch.job import Job, Progress
    from ephoto.batch.ledger import Ledger
    from ephoto.batch.notices import Bell
    from ephoto.batch.row import Row
    from ephoto.pipeline.workers import Workers

__all__ = ["Status", "Turns"]


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of a watch since it began.

    Attributes
    ----------
    done, failed : cards made, and how often there was none
    in_hand, left : photos being made now; those that wait for a worker, with these
    arriving : files that are not whole yet
    there : whether IN can be reached
    """

    done: int
    failed: int
    in_hand: int
    left: int
    arriving: int
    there: bool


@dataclass(slots=True)
class Turns:
    """All of it runs in one thread but `_spared`. Times are seconds of `clock`.

    Attributes
    ----------
    stopped : EphotoError or None
        What ended the watch early.
    over : bool
        Whether there is no next turn.
    """

    job: Job
    arrivals: Arrivals
    ledger: Ledger
    number: int
    pool: Workers
    bell: Bell
    bug: Callable[[BaseException], EphotoError]
    tell: Callable[[Status], None]
    clock: Callable[[], float]
    _: KW_ONLY
    poll: bool
    stopped: EphotoError | None = field(default=None, init=False)
    over: bool = field(default=False, init=False)
    _done: int = field(default=0, init=False)
    _failed: int = field(default=0, init=False)
    # What became of photos, by their number in the ledger.
    _outcomes: dict[int, str] = field(default_factory=dict, init=False)
    _began: float = field(init=False)
    _scribe: Scribe = field(init=False)
    _whole_at: float = field(default=0.0, init=False)  # the next look at the whole folder
    _due_at: float | None = field(default=None, init=False)  # the next file that will have been still for long enough
    _planned: bool = field(default=False, init=False)
    _there: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._scribe = Scribe(self._describe, self.clock, lambda: self.bell.ring(frozenset()))

    @property
    def rest_s(self) -> float:
        """How long there is nothing to do, unless the bell rings."""
        times = (self._whole_at, self._due_at, self._scribe.due_at)
        return max(min(time for time in times if time is not None) - self.clock(), 0.0)

    def turn(self, paths: set[str] | None) -> None:
        """One turn; `paths` have changed, None: perhaps any. What must end the watch is in `stopped`."""
        try:
            found = self._look(paths)
            if found is not None:
                self._enter(found)
                self._make()
                if self._planned:
                    self._scribe.go_on()
        except EphotoError as error:
            self.stopped = error
        self.over = self.over or self.stopped is not None
        self._say()

    def missing(self) -> None:
        """IN cannot be reached: wait for it, and write the manifest meanwhile if there is news."""
        self._whole_at, self._due_at = self.clock() + rules().arrival_poll_s, None
        try:
            self._scribe.go_on()
        except EphotoError as error:
            self.stopped, self.over = error, True
        if self._there:
            self._there = False
            self._say()

    def end(self, now: Callable[[], datetime]) -> Summary:
        """Enter the end of the watch, write the manifest, give the summary."""
        seconds = self.clock() - self._began
        self._scribe.close()
        try:
            if self._planned:
                publish(self.job, self.ledger, self.number)
            if self._planned and not self.arrivals.waiting and not self._counts()["waiting"]:
                self.ledger.end(self.number, now().isoformat())
        except EphotoError as error:
            self.stopped = self.stopped or error
        return self._summary(seconds)

    # ---- a turn's parts

    def _look(self, paths: set[str] | None) -> Look | None:
        now_s = self.clock()
        found = None
        if paths is not None and now_s < self._whole_at:
            found = self.arrivals.look_at(paths, now_s)
        if found is None:
            try:
                found = self.arrivals.look(now_s)
            except InputError:
                if not self._planned:
                    raise
                self.missing()
                return None
            # A folder that has just been made is looked at twice: what was put into it meanwhile may not be told.
            soon = paths is None or self.poll
            rest_s = rules().arrival_poll_s if soon else rules().arrival_again_s
            self._whole_at = self.clock() + max(rest_s, self.clock() - now_s)
        self._there, self._due_at = True, found.next_s
        return found

    def _enter(self, found: Look) -> None:
        if found.gone or found.items:
            with self.ledger.planning():
                for key in found.gone:
                    self.ledger.unseen(key)
                for item in found.items:
                    self._plan(item)
            self._scribe.note()
        if not self._planned and (found.items or not self.arrivals.waiting):
            recheck(self.job, self.ledger, self.number)
            self._planned = True

    def _plan(self, item: Item) -> None:
        self.ledger.unseen(item.key)
        twin = plan_one(self.job, self.ledger, self.number, item)
        if twin is not None:
            error = UsageError("same_output", path=masked(self.job.naming.name(item)))
            self.ledger.plan(self.number, item, None, error)

    def _make(self) -> None:
        """Make what waits; also what an earlier turn could not, because IN went away."""
        pending = [row.n for row in self.ledger.rows("waiting", run=self.number)]
        if not pending:
            return
        desk = Desk(self.job, self.ledger, self.number, self.bug)

        def told(progress: Progress) -> None:
            if self.bell.ended:
                desk.stop.set()
            self._say(progress)

        staffed(desk, self.pool, min(self.job.workers, len(pending)), told, self._spared)
        self._done += desk.progress.done
        self._failed += desk.progress.failed
        if desk.progress.failed:
            with withdrawn(self.job, self.ledger):
                pass
        fates = {n: self.ledger.state(n) for n in pending}
        self._outcomes |= {n: fate for n, fate in fates.items() if fate in ("done", "failed")}  # not what was spared
        self._scribe.note()
        self.over = self.job.on_fail == "stop" and desk.progress.failed > 0
        if desk.fault is not None and desk.fault.code != "input_gone":
            self.stopped = desk.fault

    def _spared(self, row: Row, result: object) -> bool:
        error = result.error if isinstance(result, Refusal) else result
        return isinstance(error, InputError) and self.arrivals.spared(row.key, error.code, self.clock())

    def _describe(self) -> None:
        with written_manifest(self.ledger, self.number, self.job.spec.id) as manifest:
            self.job.sink.publish(MANIFEST, manifest)

    # ---- telling

    def _say(self, progress: Progress | None = None) -> None:
        done = failed = in_hand = left = 0
        if progress is not None:
            done, failed, in_hand, left = progress.done, progress.failed, progress.in_hand, progress.left
        counts = (self._done + done, self._failed + failed, in_hand, left)
        self.tell(Status(*counts, self.arrivals.waiting, self._there))

    def _counts(self) -> dict[str, int]:
        return self.ledger.counts(self.number)

    def _summary(self, seconds: float) -> Summary:
        standing = {row.n: row.state for row in self.ledger.rows(run=self.number)}
        fates = list((self._outcomes | standing).values())
        made = sum(state == "done" for state in self._outcomes.values())
        left = fates.count("waiting") + fates.count("delivering")
        reasons = self.ledger.reasons(self.number)
        return Summary(
            photos=len(fates) + self.arrivals.waiting,
            made=made,
            failed=fates.count("failed"),
            unchanged=fates.count("done") - made,
            left=left + self.arrivals.waiting,
            gone=self._counts()["gone"] - sum(n not in standing for n in self._outcomes),
            passed_over=self.arrivals.passed_over,
            seconds=seconds,
            errors=reasons.errors,
            problems=reasons.problems,
            rules=reasons.rules,
            quarantine=self.job.sink.quarantine if self.ledger.any_aside(self.number) else None,
            stopped=self.stopped,
        )
