"""/control: what a test or a tour asks of the sandbox. Unsigned, and for this machine alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from ephoto.core.errors import InputError, UsageError
from ephoto.sandbox.bodies import json_object
from ephoto.sandbox.exchange import as_json, body_of, refused, response
from ephoto.sandbox.faults import Fault, Faults
from ephoto.sandbox.refusals import Refused, held_against
from ephoto.sandbox.words import Deliver, Order

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from ephoto.sandbox.books import Books
    from ephoto.sandbox.bureau import Bureau
    from ephoto.sandbox.printer import Printer
    from ephoto.sandbox.sftp import SftpServer
    from ephoto.sandbox.telling import Teller
    from ephoto.sandbox.webhooks import Webhooks

__all__ = ["Control"]

_MOST_BYTES = 1_000_000
_HERE = ("127.0.0.1", "::1", "localhost", "[::1]")


class Control:
    """The routes of /control and what they do."""

    def __init__(
        self,
        books: Books,
        teller: Teller,
        webhooks: Webhooks,
        faults: Faults,
        bureau: Bureau,
        printer: Printer,
        sftp: SftpServer,
    ) -> None:
        self._books, self._teller, self._webhooks = books, teller, webhooks
        self._faults, self._bureau, self._printer, self._sftp = faults, bureau, printer, sftp

    def routes(self) -> list[BaseRoute]:
        from starlette.routing import Route

        gets = {"ready": lambda said: {"ready": True}, "state": self._state}
        posts: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "events": self._events, "replay": self._replay, "slow": self._slow, "cut": self._cut, "busy": self._busy,
            "wrong-signature": self._wrongly, "hold": self._hold, "release": self._release, "callback": self._callback,
            "bureau": self._set_bureau, "produce": self._produce, "printer": self._set_printer,
            "cut-sftp": self._cut_sftp,
        }  # fmt: skip
        made: list[BaseRoute] = [Route(f"/control/{name}", _endpoint(work), methods=["GET"])
                                 for name, work in gets.items()]  # fmt: skip
        made += [Route(f"/control/{name}", _endpoint(work), methods=["POST"]) for name, work in posts.items()]
        return made

    def _state(self, said: dict[str, Any]) -> dict[str, Any]:
        return self._books.told() | {"webhook": self._webhooks.told()}

    def _events(self, said: dict[str, Any]) -> dict[str, Any]:
        """Tell an event: its own keys, and deliver and copies."""
        deliver, copies = said.pop("deliver", "both"), _whole(said, "copies", 1)
        if deliver not in get_args(Deliver):
            raise InputError("wf.field_unfit", field="deliver", problem="it is another word")
        held_against({"schema": "ephoto.event/1", "event_id": "evt-00000000", "occurred_at": _SOME_TIME, **said},
                     "ephoto.event/1")  # fmt: skip
        return self._teller.tell(said, deliver=deliver, copies=copies)

    def _replay(self, said: dict[str, Any]) -> dict[str, Any]:
        status = self._webhooks.replay()
        if status is None:
            raise Refused(404, "wf.application_unknown")
        return {"status": status}

    def _slow(self, said: dict[str, Any]) -> dict[str, Any]:
        fault = Fault(said.pop("when", "during"), seconds=_number(said, "seconds"))
        return self._asked(fault, said)

    def _cut(self, said: dict[str, Any]) -> dict[str, Any]:
        return self._asked(Fault(said.pop("when", "after"), cut=True), said)

    def _cut_sftp(self, said: dict[str, Any]) -> dict[str, Any]:
        self._sftp.cut_after(_whole(said, "bytes", 0, most=10**9))
        return {}

    def _busy(self, said: dict[str, Any]) -> dict[str, Any]:
        return self._asked(Fault("before", status=_whole(said, "status", 503)), said)

    def _asked(self, fault: Fault, said: dict[str, Any]) -> dict[str, Any]:
        self._faults.ask(fault, _whole(said, "times", 1))
        return {}

    def _wrongly(self, said: dict[str, Any]) -> dict[str, Any]:
        self._webhooks.sign_wrongly(_whole(said, "times", 1))
        return {}

    def _hold(self, said: dict[str, Any]) -> dict[str, Any]:
        self._webhooks.hold()
        return {}

    def _release(self, said: dict[str, Any]) -> dict[str, Any]:
        order = said.pop("order", "as_made")
        if order not in get_args(Order):
            raise InputError("wf.field_unfit", field="order", problem="it is another word")
        return {"released": self._webhooks.release(order)}

    def _callback(self, said: dict[str, Any]) -> dict[str, Any]:
        self._webhooks.point_to(str(said.pop("url", "")))
        return {}

    def _set_bureau(self, said: dict[str, Any]) -> dict[str, Any]:
        self._bureau.on_request(said.pop("produce", "on_request") == "on_request")
        return {}

    def _set_printer(self, said: dict[str, Any]) -> dict[str, Any]:
        self._printer.switch(said.pop("on", True) is True)
        return {}

    def _produce(self, said: dict[str, Any]) -> dict[str, Any]:
        first = _whole(said, "first", 0)
        return {"receipts": self._bureau.produce(str(said.pop("batch_no", "")), first=first)}


_SOME_TIME = "1970-01-01T00:00:00Z"


def _endpoint(work: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Any]:
    from starlette.concurrency import run_in_threadpool

    async def endpoint(request: Request) -> Response:
        try:
            _check_from_here(request)
            body = await body_of(request, _MOST_BYTES)
            said = json_object(body) if body else {}
            return response(as_json(await run_in_threadpool(work, said)))
        except Refused as error:
            return response(refused(error))
        except InputError as error:
            return response(refused(Refused(400, error.code, **error.values)))
        except UsageError:
            return response(refused(Refused(400, "wf.body_invalid")))

    return endpoint


def _check_from_here(request: Request) -> None:
    """Only this machine, and no page in its browser, which could send here too."""
    host = request.headers.get("host", "").rsplit(":", 1)[0]
    client = request.client.host if request.client is not None else ""
    if client not in _HERE or host not in _HERE or "origin" in request.headers:
        raise Refused(403, "wf.rejected_by_target")


def _whole(said: dict[str, Any], key: str, default: int, *, most: int = 10_000) -> int:
    value = said.pop(key, default)
    if type(value) is not int or not 0 <= value <= most:
        raise InputError("wf.field_unfit", field=key, problem="a number is out of range")
    return value


def _number(said: dict[str, Any], key: str) -> float:
    value = said.pop(key, None)
    if type(value) not in (int, float):
        raise InputError("wf.field_unfit", field=key, problem="a number is out of range")
    return float(value)
