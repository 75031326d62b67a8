"""Events of banks and human resources, in by a signed webhook: a Receiver as an application for ASGI servers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast, get_args

from ephoto.core.errors import EnvironmentFault
from ephoto.workflow.problems import Limits, Reply, limits, problem
from ephoto.workflow.receiving import Receiver, too_large
from ephoto.workflow.values import Source

try:
    import anyio
    import anyio.to_thread
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import Response
except ImportError as error:
    raise EnvironmentFault("extra_missing", name="ephoto.workflow", package="starlette", extra="workflow") from error

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from ephoto.core.signing import Verifier
    from ephoto.workflow.reported import Record
    from ephoto.workflow.wire.mapping import WireMapping

__all__ = ["App", "app", "webhook"]


def webhook(mapping: WireMapping, record: Record, verifier: Verifier) -> Receiver:
    """The receiver for a counterpart, as its mapping's table [webhook] has it: source ("bank" without it), path and
    max_bytes (as receiving.toml has them).

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    table, most = mapping.table("webhook"), limits()
    sources = [one for one in get_args(Source) if one != "ephoto"]  # nobody else speaks for ourselves
    source = table.take("source", "bank", ", ".join(sources), sources.__contains__)
    path = table.take("path", most.path, "a path that begins with /", lambda word: word.startswith("/"))
    size = table.take("max_bytes", most.max_bytes, f"1 to {most.max_bytes}", lambda n: 0 < n <= most.max_bytes)
    table.done()
    return Receiver(record, verifier, source=cast("Source", source), path=path, max_bytes=size)


def _untold(_: Exception) -> None:
    """For whoever wants to know nothing of bugs."""


def app(receiver: Receiver, on_bug: Callable[[Exception], None] = _untold, most: Limits | None = None) -> App:
    """The receiver for an ASGI server; `adapters.listening.serve` is one with limits.

    Parameters
    ----------
    on_bug : is told what was no EphotoError. Its text may hold a person's data: keep it as such. The sender is told
        500 and will send again.
    most : how much and how long; without it as receiving.toml has it
    """
    return App(receiver, on_bug, most or limits())


class App:
    """ASGI: reads no more than the receiver takes, no longer than receiving.toml says, and logs nothing."""

    def __init__(self, receiver: Receiver, on_bug: Callable[[Exception], None], most: Limits) -> None:
        self._receiver, self._on_bug, self._most = receiver, on_bug, most
        self._recording: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(scope["type"])  # the server is set up for HTTP alone
        request = Request(scope, receive)
        try:
            reply = await self._reply(request)
        except ClientDisconnect:
            return  # nobody is there to be told
        except Exception as error:  # one bug must not end the others' messages, nor be told to strangers
            self._on_bug(error)
            reply = problem("wf.server_failed")
        response = Response(reply.body, reply.status, dict(reply.headers), reply.content_type)
        await response(scope, receive, send)

    async def _reply(self, request: Request) -> Reply:
        try:
            async with asyncio.timeout(self._most.body_s):
                body = await _body(request, self._receiver.max_bytes)
        except TimeoutError:
            return problem("wf.too_slow", headers={"Connection": "close"})
        if body is None:
            return too_large(self._receiver.max_bytes)
        path: bytes = request.scope["raw_path"]
        query: bytes = request.scope["query_string"]
        # latin-1: whatever the bytes are, the receiver decides on them
        message = (request.method, path.decode("latin-1"), query.decode("latin-1"), request.headers, body)
        if self._recording is None:
            self._recording = anyio.CapacityLimiter(self._most.workers)
        return await anyio.to_thread.run_sync(self._receiver.receive, *message, limiter=self._recording)


async def _body(request: Request, most: int) -> bytes | None:
    """The body; None if it is, or says that it is, larger."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        return None
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > most:
            return None
    return b"".join(parts)
