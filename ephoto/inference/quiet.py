"""Keeping the chatter of native runtimes out of stderr."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quiet_opencv", "quiet_stderr"]

_LOCK = threading.Lock()


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send stderr nowhere for a while: native code writes to the descriptor itself, past Python."""
    with _LOCK:
        try:
            kept = os.dup(2)
        except OSError:  # no stderr at all
            yield
            return
        sink = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(sink, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(sink)


class _Level:
    """OpenCV's level of logging, which is the whole process's: silent while anybody wants that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted_by, self._before = 0, 0

    def silence(self) -> None:
        from cv2.utils import logging

        with self._lock:
            if not self._wanted_by:
                self._before = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
            self._wanted_by += 1

    def restore(self) -> None:
        from cv2.utils import logging

        with self._lock:
            self._wanted_by -= 1
            if not self._wanted_by:
                logging.setLogLevel(self._before)


_LEVEL = _Level()


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """While videos are opened and read: OpenCV prints no warnings. Stderr itself stays open, for what we say there."""
    _LEVEL.silence()
    try:
        yield
    finally:
        _LEVEL.restore()
