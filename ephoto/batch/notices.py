"""What wakes a watch: the system's notices of changed files, and the wish to end."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["Bell", "Notices"]

_GATHER_MS, _STEP_MS, _TICK_MS = 200, 20, 300  # notices that come together are told together
_FAREWELL_S = 2.0


class Bell:
    """Rung from any thread and from a handler of signals: its queue is one of those that may be."""

    def __init__(self) -> None:
        self._rung: queue.SimpleQueue[frozenset[str] | None] = queue.SimpleQueue()
        self.ended = False

    def ring(self, paths: frozenset[str] | None = None) -> None:
        """Files have changed; None: look at all."""
        self._rung.put(paths)

    def end(self) -> None:
        """No more photos shall be begun."""
        self.ended = True
        self._rung.put(frozenset())

    def wait(self, seconds: float) -> set[str] | None:
        """Wait until it rings, or for so long; gives the paths of all that was rung for meanwhile, None for all."""
        paths: set[str] | None = set()
        try:
            rung = self._rung.get(timeout=max(seconds, 0.0))
            while True:
                paths = None if paths is None or rung is None else paths | rung
                rung = self._rung.get_nowait()
        except queue.Empty:
            return paths


class Notices:
    """The system's notices about a folder and all below it, from a thread of their own to a bell.

    Raises
    ------
    EnvironmentFault
        "extra_missing" where watchfiles is not installed.
    """

    def __init__(self, root: Path, bell: Bell) -> None:
        self._root, self._bell, self._watched = str(root), bell, _watcher()
        self._fault: str | None = None
        self._stop = threading.Event()
        self.listen()

    def listen(self) -> None:
        """From now on, or anew: the folder may be another one of the same name."""
        self._stop.set()
        self._fault, self._stop = None, threading.Event()
        self._thread = threading.Thread(target=self._listen, args=(self._stop,), daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Tell why no notices come any more, if so.

        Raises
        ------
        EnvironmentFault
            "watch_failed".
        """
        if self._fault is not None:
            raise EnvironmentFault("watch_failed", path=self._root, problem=self._fault)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(_FAREWELL_S)

    def _listen(self, stop: threading.Event) -> None:
        changes = self._watched(
            self._root, watch_filter=None, debounce=_GATHER_MS, step=_STEP_MS, rust_timeout=_TICK_MS,
            stop_event=stop, yield_on_timeout=True, raise_interrupt=False,
        )  # fmt: skip
        try:
            for k, found in enumerate(changes):
                if k == 0:
                    self._bell.ring()  # what came before the system began to tell
                if found:
                    self._bell.ring(frozenset(path for _, path in found))
        except Exception as error:  # the many ways in which a system has no notices to give
            self._fault = getattr(error, "strerror", None) or str(error) or type(error).__name__
            self._bell.ring()


def _watcher() -> Callable[..., Iterator[set[Any]]]:
    try:
        from watchfiles import watch
    except ImportError:
        raise EnvironmentFault("extra_missing", name="ephoto watch", package="watchfiles", extra="batch") from None
    return watch
