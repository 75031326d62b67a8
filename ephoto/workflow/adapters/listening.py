"""An HTTP server on one port, by uvicorn: for an ASGI application, with limits, until it is told to stop.

It speaks plain HTTP and listens on this machine alone, if nothing else is said: what comes from other machines comes
through a proxy that ends TLS and leaves path and query as they were signed. URLs, headers and bodies are never logged.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault
from ephoto.workflow.problems import Limits, limits

try:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
except ImportError as error:
    raise EnvironmentFault("extra_missing", name="ephoto.workflow", package="uvicorn", extra="workflow") from error

if TYPE_CHECKING:
    import asyncio
    import threading
    from collections.abc import Callable

    from starlette.types import ASGIApp

__all__ = ["LOOPBACK", "serve"]

LOOPBACK = "127.0.0.1"
_MOST_PORT = 65535


def serve(
    application: ASGIApp,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    ready: Callable[[int], None] | None = None,
    stop: threading.Event | None = None,
    most: Limits | None = None,
) -> None:
    """Serve until `stop` is set, or SIGINT or SIGTERM comes; what is being answered then is answered first.

    Signals are taken in the main thread only, and raised again after the end, as uvicorn does.

    Parameters
    ----------
    port : 0 takes a free one
    ready : is called with the port once connections are taken
    most : how much and how long; without it as receiving.toml has it

    Raises
    ------
    EnvironmentFault
        "listen_failed": the port is taken or may not be used, or the host is not this machine's.
    """
    most = most or limits()
    config = uvicorn.Config(
        application,
        loop="asyncio",
        http=_bounded(most.head_s),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=most.connections + 1,  # uvicorn counts the one that asks
        timeout_keep_alive=most.keep_alive_s,
        timeout_graceful_shutdown=most.stop_s,
    )
    with _listening(host, port) as door:
        _Server(config, ready, stop).run(sockets=[door])


def _listening(host: str, port: int) -> socket.socket:
    if not 0 <= port <= _MOST_PORT:
        raise EnvironmentFault("listen_failed", host=host, port=port, problem="there is none with this number")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise EnvironmentFault("listen_failed", host=host, port=port, problem=error.strerror or str(error)) from error


class _Server(uvicorn.Server):
    """Says when it is ready, and looks for the wish to stop, ten times a second."""

    def __init__(
        self, config: uvicorn.Config, ready: Callable[[int], None] | None, stop: threading.Event | None
    ) -> None:
        super().__init__(config)
        self._ready, self._stop = ready, stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready is not None and sockets:
            self._ready(sockets[0].getsockname()[1])

    async def on_tick(self, counter: int) -> bool:
        if self._stop is not None and self._stop.is_set():
            self.should_exit = True
        return await super().on_tick(counter)


class _Bounded(H11Protocol):
    """A line on which a request's head must be there in time, the first one and each that follows on it."""

    head_s: float
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._waits():
            self._expect()
        else:
            self._cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def _waits(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect(self) -> None:
        if self._late is None:  # a byte now and then does not begin the time anew
            self._late = self.loop.call_later(self.head_s, self._hang_up)

    def _cancel(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _hang_up(self) -> None:
        self._late = None
        if self._waits():
            self.transport.close()


def _bounded(head_s: float) -> type[_Bounded]:
    """uvicorn makes a line's object of a class: the time is the class's own."""
    return type("_Line", (_Bounded,), {"head_s": head_s})
