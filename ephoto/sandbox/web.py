"""The HTTP of the sandbox: /v1, where every request is signed, and /control, for whoever runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.sandbox.counter import Call, Counter
from ephoto.sandbox.exchange import Cut, body_of, refused, response
from ephoto.sandbox.refusals import Refused
from ephoto.sandbox.signatures import SIGNED_HEADERS, Gate, Message

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from ephoto.sandbox.answers import Answered
    from ephoto.sandbox.faults import Faults

__all__ = ["Door", "app"]


class Door:
    """Lets signed requests through to the counter.

    Parameters
    ----------
    most : bytes of a body
    ended : set when the sandbox ends, so that nobody waits on
    """

    def __init__(self, gate: Gate, faults: Faults, most: int, ended: threading.Event) -> None:
        self._gate, self._faults, self._most, self._ended = gate, faults, most, ended

    async def through(self, request: Request, work: Callable[[Call], Answered]) -> Response:
        """The response to a request."""
        from starlette.concurrency import run_in_threadpool

        body = None
        try:
            fault = self._faults.next("before")
            if fault is not None:
                await run_in_threadpool(self._ended.wait, fault.seconds)
                if fault.cut:
                    return Cut()
                if fault.status:
                    raise Refused(fault.status, "wf.rejected_by_target", retry_after_s=1)
            body = await body_of(request, self._most)
            call = await run_in_threadpool(self._admitted, request, body)
            answered = await run_in_threadpool(work, call)
        except Refused as error:
            answered = refused(error)
        fault = self._faults.next("after") if body is not None else None
        if fault is not None:
            await run_in_threadpool(self._ended.wait, fault.seconds)
            if fault.cut:
                return Cut()
        return response(answered)

    def pause(self) -> None:
        """What happens during the work on a request, if a fault was asked for."""
        fault = self._faults.next("during")
        if fault is not None:
            self._ended.wait(fault.seconds)

    def _admitted(self, request: Request, body: bytes) -> Call:
        path = request.scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or request.url.path
        query = request.scope.get("query_string", b"").decode("latin-1")
        names = [name for name, _ in request.headers.items() if name in SIGNED_HEADERS]
        if len(set(names)) < len(names):
            raise Refused(401, "wf.signature_invalid")  # of two headers of one name, nobody knows which was meant
        key = self._gate.admit(Message(request.method, path, query, body), dict(request.headers.items()))
        return Call(request.headers.get("content-type", ""), query, body, key)


def app(counter: Counter, door: Door, control: list[BaseRoute]) -> Starlette:
    """The application: routes of /v1 and those of `control`."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    def signed(path: str, method: str, work: Callable[[Call], Answered]) -> Route:
        async def endpoint(request: Request) -> Response:
            return await door.through(request, work)

        return Route(path, endpoint, methods=[method])

    async def status(request: Request) -> Response:
        return await door.through(request, lambda _: counter.status(request.path_params["external_no"]))

    async def nowhere(request: Request, error: Exception) -> Response:
        return response(refused(Refused(getattr(error, "status_code", 404), "wf.rejected_by_target")))

    async def broken(request: Request, error: Exception) -> Response:
        counter.note_fault(error)
        return response(refused(Refused(500, "wf.rejected_by_target")))

    routes = [
        signed("/v1/applications", "POST", counter.apply),
        Route("/v1/applications/{external_no}", status, methods=["GET"]),
        signed("/v1/replacements", "POST", counter.replace),
        signed("/v1/employer-checks", "POST", counter.employer),
        signed("/v1/events", "GET", counter.events),
        signed("/v1/notices", "POST", counter.notice),
        *control,
    ]
    return Starlette(routes=routes, exception_handlers={404: nowhere, 405: nowhere, 500: broken})
