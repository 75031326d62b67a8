"""Processes that share the work of many photos: started when needed, lent to one thread at a time, replaced if killed.

Why processes: docs/decisions/0006-workers.md.
"""

from __future__ import annotations

import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault
from ephoto.core.settings import worker_environment
from ephoto.pipeline.child import COMMAND, REFUSED, TRACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

__all__ = ["NotBuilt", "RemoteBug", "Workers"]

PATIENCE_S = 600.0  # a photo takes a second at most; a worker that is busy for ten minutes is stuck
FAREWELL_S = 5.0  # an idle worker ends as soon as its pipe is closed


class RemoteBug(Exception):
    """An exception that nobody meant, in a worker; its text ends with the worker's own trace."""

    def __init__(self, problem: str, trace: str) -> None:
        super().__init__(problem, trace)
        self.problem = problem

    def __str__(self) -> str:
        return "\n".join(self.args)


class NotBuilt(Exception):
    """A worker could not be started or built: `error` says why. No fault of the message that it was started for."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Workers:
    """Up to `count` processes, each holding what `factory` makes of `recipe`.

    Parameters
    ----------
    factory : str
        "module:function"; called once a process with `recipe`, it gives the callable that answers messages.
    recipe, and every message and answer : anything that pickles
    count : int
    patience_s : float
        A worker that is busy longer than that is stuck, and killed.

    Attributes
    ----------
    closed : bool
        Whether the processes were told to end: an answer that does not come then is nobody's fault.
    """

    def __init__(self, factory: str, recipe: Any, count: int, patience_s: float = PATIENCE_S) -> None:
        self._start, self._patience_s = (factory, recipe), patience_s
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()  # None: a place whose process is not there yet
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self.closed = False
        self._over = threading.Event()
        threading.Thread(target=self._look_after, name="ephoto-watchdog", daemon=True).start()
        for _ in range(count):
            self._idle.put(None)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close(at_once=kind is not None)

    def warm_up(self) -> None:
        """Start one process, so that an engine that cannot be built is told before any work.

        Raises
        ------
        EphotoError
        """
        try:
            self._tried(lambda worker: None)
        except NotBuilt as failure:
            raise failure.error from None

    def call(self, message: Any) -> Any:
        """The answer of some worker; from any thread, waiting until a worker is free.

        A message whose worker is killed meanwhile goes to another one, once: the system that wants memory back does
        not ask which photo is to blame. One that was stuck is not tried again: it would be stuck again.

        Raises
        ------
        EphotoError
            What the worker raised; EnvironmentFault("worker_died") where the second one was killed too, or is stuck.
        RemoteBug
        NotBuilt
        """
        return self._tried(lambda worker: worker.call(message))

    @property
    def pids(self) -> tuple[int, ...]:
        """Process numbers of the workers that are there."""
        with self._lock:
            return tuple(worker.pid for worker in self._all)

    def close(self, *, at_once: bool = False) -> None:
        """End all processes; none is left when this returns.

        An idle one ends as soon as its pipe is closed; one that works is given a moment, and none if it must be
        `at_once`.
        """
        self._over.set()
        with self._lock:
            self.closed = True
            workers, self._all = self._all, set()
        for worker in workers:
            worker.dismiss(at_once=at_once)
        until = time.monotonic() + FAREWELL_S
        for worker in workers:
            worker.end(max(0.0, until - time.monotonic()))

    def _tried(self, work: Callable[[_Worker], Any]) -> Any:
        built = False
        for left in (1, 0):
            try:
                with self._lent() as worker:
                    built = True
                    return work(worker)
            except _Lost as lost:
                if left and not lost.stuck and not self.closed:
                    continue
                # Two that died before they could answer anything are no fault of the message.
                raise lost.fault if built or self.closed else NotBuilt(lost.fault) from None
        raise AssertionError("unreachable")

    @contextmanager
    def _lent(self) -> Iterator[_Worker]:
        worker = self._idle.get()
        try:
            if self.closed:
                raise _Lost(EnvironmentFault("worker_died", problem="it was told to end"))
            if worker is None:
                worker = self._started()
                worker.build(self._start)
            yield worker
        finally:
            if worker is not None and not worker.alive:
                with self._lock:
                    self._all.discard(worker)
                worker.end()
                worker = None
            self._idle.put(worker)

    def _look_after(self) -> None:
        """End workers that are stuck."""
        while not self._over.wait(self._patience_s / 20):
            with self._lock:
                workers = tuple(self._all)
            for worker in workers:
                worker.lose_patience(time.monotonic())

    def _started(self) -> _Worker:
        try:
            worker = _Worker(self._patience_s)
        except OSError as error:  # no more processes, or no memory for one
            raise NotBuilt(EnvironmentFault("worker_died", problem=error.strerror or str(error))) from None
        with self._lock:
            self._all.add(worker)
            closed = self.closed
        if closed:  # meanwhile: whoever closed did not see this one
            worker.dismiss(at_once=True)
        return worker


class _Lost(Exception):
    """A worker that is no more, though nobody meant it; `fault` is how that is told."""

    def __init__(self, fault: EnvironmentFault, *, stuck: bool = False) -> None:
        super().__init__(fault)
        self.fault, self.stuck = fault, stuck


class _Worker:
    def __init__(self, patience_s: float) -> None:
        self.alive = True
        self._patience_s = patience_s
        self._late = False
        self._busy_since: float | None = None
        # A session of its own: Ctrl-C is for the parent, which lets the photos in hand be finished.
        self._process = subprocess.Popen(
            [sys.executable, "-c", COMMAND.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=worker_environment(),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def build(self, recipe: tuple[str, Any]) -> None:
        """Have it build what answers; one that cannot is of no further use."""
        try:
            self.call(recipe)
        except _Lost:
            raise
        except Exception as error:
            self.alive = False
            raise NotBuilt(error) from None

    def call(self, message: Any) -> Any:
        try:
            kind, value = self._asked(message)
        except BaseException:  # an answer that nobody waits for any more must not be taken for the next photo's
            self.alive = False
            raise
        if kind == REFUSED:
            raise value
        if kind == TRACE:
            raise RemoteBug(*value)
        return value

    def _asked(self, message: Any) -> tuple[str, Any]:
        self._busy_since = time.monotonic()
        try:
            pickle.dump(message, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)  # type: ignore[arg-type]
            self._process.stdin.flush()  # type: ignore[union-attr]
            answer: tuple[str, Any] = pickle.load(self._process.stdout)  # type: ignore[arg-type]
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):  # ValueError: closed by `end`
            raise self._death() from None
        finally:
            self._busy_since = None
        return answer

    def dismiss(self, *, at_once: bool = False) -> None:
        self.alive = False
        if at_once:
            self._process.kill()
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]

    def end(self, patience_s: float = FAREWELL_S) -> None:
        self.dismiss()
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]

    def lose_patience(self, now: float) -> None:
        """End the process if it has been busy for too long."""
        since = self._busy_since
        if since is not None and now - since > self._patience_s:
            self._late = True
            self._process.kill()

    def _death(self) -> _Lost:
        self.alive = False
        self._process.kill()
        code = self._process.wait()
        problem = f"it took more than {self._patience_s:.0f} s" if self._late else _named(code)
        return _Lost(EnvironmentFault("worker_died", problem=problem), stuck=self._late)


def _named(code: int) -> str:
    if code >= 0:
        return f"it ended with code {code}"
    try:
        return f"it was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was ended by signal {-code}"
