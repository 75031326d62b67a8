"""Keeping the chatter of native runtimes out of stderr."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quiet_stderr"]

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
