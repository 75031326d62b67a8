"""A polite end: what asks a program to end is taken as Ctrl-C, so that the photos in hand are finished."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["asked_to_end", "ended_politely"]


@contextmanager
def ended_politely() -> Iterator[None]:
    """While it is open, SIGTERM raises KeyboardInterrupt as SIGINT does."""
    if threading.current_thread() is not threading.main_thread():  # only there can signals be taken
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def asked_to_end(end: Callable[[], None]) -> Iterator[None]:
    """While it is open, the first SIGINT or SIGTERM calls `end`, which may run between any two steps of the program;
    each one after that raises KeyboardInterrupt.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def take(number: int, frame: Any) -> None:
        for kind in before:
            signal.signal(kind, _interrupt)
        end()

    before = {kind: signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)}
    for kind in before:
        signal.signal(kind, take)
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
