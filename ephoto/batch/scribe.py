"""The manifest of a batch that goes on: written anew now and then, beside the work."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ephoto.batch.rules import rules

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Scribe"]


class Scribe:
    """Writes in a thread of its own, one at a time: a manifest of a hundred thousand photos takes seconds, and a photo
    that arrives shall not wait for it. It rests the longer the longer that takes.

    Parameters
    ----------
    write : writes the manifest as things stand
    clock : seconds that only go on
    written : called after each writing, from its thread
    """

    def __init__(self, write: Callable[[], None], clock: Callable[[], float], written: Callable[[], None]) -> None:
        self._write, self._clock, self._written = write, clock, written
        self._thread: threading.Thread | None = None
        self._fault: BaseException | None = None
        self._rested_at = clock()
        self._news = False

    def note(self) -> None:
        """Something has changed."""
        self._news = True

    @property
    def due_at(self) -> float | None:
        """When there will be something to write, if so."""
        busy = self._thread is not None and self._thread.is_alive()
        return self._rested_at if self._news and not busy else None

    def go_on(self) -> None:
        """Write, if it is time.

        Raises
        ------
        EphotoError
            What the last writing failed with.
        """
        if self._fault is not None:
            raise self._fault
        due_at = self.due_at
        if due_at is not None and self._clock() >= due_at:
            self._news = False
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Wait for what is being written."""
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        start = self._clock()
        try:
            self._write()
        except BaseException as error:  # told by the thread that all depends on
            self._fault = error
        end = self._clock()
        self._rested_at = end + (end - start) / rules().manifest_share
        self._written()
