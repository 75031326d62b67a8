"""A polite end: what asks a program to end is taken as Ctrl-C, so that the photos in hand are finished."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ended_politely"]


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


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
