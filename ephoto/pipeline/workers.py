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
    from collections.abc import Iterator
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
    """

    def __init__(self, factory: str, recipe: Any, count: int) -> None:
        self._start = (factory, recipe)
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()  # None: a place whose process is not there yet
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._over = threading.Event()
        threading.Thread(target=self._look_after, name="ephoto-watchdog", daemon=True).start()
        for _ in range(count):
            self._idle.put(None)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def warm_up(self) -> None:
        """Start one process, so that an engine that cannot be built is told before any work.

        Raises
        ------
        EphotoError
        """
        try:
            with self._lent():
                pass
        except NotBuilt as failure:
            raise failure.error from None

    def call(self, message: Any) -> Any:
        """The answer of some worker; from any thread, waiting until a worker is free.

        A message whose worker is killed meanwhile goes to another one, once: the system that wants memory back does
        not ask which photo is to blame.

        Raises
        ------
        EphotoError
            What the worker raised; EnvironmentFault("worker_died") where the second one was killed too, or is stuck.
        RemoteBug
        NotBuilt
        """
        try:
            with self._lent() as worker:
                return worker.call(message)
        except EnvironmentFault as error:
            if error.code != "worker_died" or self._closed:
                raise
        with self._lent() as worker:
            return worker.call(message)

    @property
    def pids(self) -> tuple[int, ...]:
        """Process numbers of the workers that are there."""
        with self._lock:
            return tuple(worker.pid for worker in self._all)

    def close(self) -> None:
        """End all processes: idle ones at once, the others when their photo is done, or else by force."""
        self._over.set()
        with self._lock:
            self._closed = True
            workers, self._all = self._all, set()
        for worker in workers:
            worker.end()

    def _started(self) -> _Worker:
        try:
            worker = _Worker(*self._start)
        except OSError as error:  # no more processes, or no memory for one
            raise NotBuilt(EnvironmentFault("worker_died", problem=error.strerror or str(error))) from None
        with self._lock:
            self._all.add(worker)
        try:
            worker.answer()
        except Exception as error:
            with self._lock:
                self._all.discard(worker)
            worker.end()
            raise NotBuilt(error) from None
        return worker

    def _look_after(self) -> None:
        """End workers that are stuck."""
        while not self._over.wait(PATIENCE_S / 20):
            with self._lock:
                workers = tuple(self._all)
            for worker in workers:
                worker.lose_patience(time.monotonic())

    @contextmanager
    def _lent(self) -> Iterator[_Worker]:
        worker = self._idle.get()
        try:
            if worker is None:
                worker = self._started()
            yield worker
        finally:
            if worker is not None and not worker.alive:
                with self._lock:
                    self._all.discard(worker)
                worker.end()
                worker = None
            self._idle.put(worker)


class _Worker:
    def __init__(self, factory: str, recipe: Any) -> None:
        self.alive = True
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
        self._send((factory, recipe))

    @property
    def pid(self) -> int:
        return self._process.pid

    def call(self, message: Any) -> Any:
        self._send(message)
        return self.answer()

    def answer(self) -> Any:
        self._busy_since = time.monotonic()
        try:
            kind, value = pickle.load(self._process.stdout)  # type: ignore[arg-type]
        except (EOFError, OSError, pickle.UnpicklingError):
            raise self._death() from None
        finally:
            self._busy_since = None
        if kind == REFUSED:
            raise value
        if kind == TRACE:
            raise RemoteBug(*value)
        return value

    def end(self) -> None:
        self.alive = False
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(FAREWELL_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]

    def _send(self, message: Any) -> None:
        try:
            pickle.dump(message, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)  # type: ignore[arg-type]
            self._process.stdin.flush()  # type: ignore[union-attr]
        except OSError:
            raise self._death() from None

    def lose_patience(self, now: float) -> None:
        """End the process if it has been busy for too long."""
        since = self._busy_since
        if since is not None and now - since > PATIENCE_S:
            self._late = True
            self._process.kill()

    def _death(self) -> EnvironmentFault:
        self.alive = False
        self._process.kill()
        code = self._process.wait()
        if self._late:
            return EnvironmentFault("worker_died", problem=f"it took more than {PATIENCE_S:.0f} s")
        return EnvironmentFault("worker_died", problem=_named(code))


def _named(code: int) -> str:
    if code >= 0:
        return f"it ended with code {code}"
    try:
        return f"it was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was ended by signal {-code}"
