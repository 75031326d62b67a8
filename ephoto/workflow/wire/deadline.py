"""An end to one try, whatever the other side does: httpx bounds the time between two bytes, not that of all of them."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

__all__ = ["Deadline"]

_CONNECTED = frozenset({"connection.connect_tcp.complete", "connection.start_tls.complete"})


class Deadline:
    """While the block runs: after so many seconds the connection that `trace` has been told of is shut down.

    Parameters
    ----------
    seconds : from the block's begin
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.over = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._timer.cancel()

    def trace(self, name: str, told: Mapping[str, Any]) -> None:
        """What httpx tells by its extension "trace"."""
        if name in _CONNECTED:
            with self._lock:
                self._socket = told["return_value"].get_extra_info("socket")
            if self.over:  # it came about too late
                self._end()

    def _end(self) -> None:
        self.over = True
        with self._lock, suppress(OSError):
            if self._socket is not None:
                # That of the socket below TLS: a farewell would wait for its answer.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
