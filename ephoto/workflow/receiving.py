"""Events that others send: a signed message is verified, read, recorded, and answered only then. No server is in here.

What a message's sender is told: without a right signature, that it is wrong and nothing else. With one, what is wrong
with the message. That an application or a card is unknown is told to whoever holds a key, since the sender must know
that the event is not recorded.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault, EphotoError, InputError
from ephoto.workflow.findings import Finding
from ephoto.workflow.foreign_json import read_object
from ephoto.workflow.problems import JSON, Reply, limits, problem
from ephoto.workflow.reported import UnfitError, read_event, record_together

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.core.signing import Verifier
    from ephoto.workflow.reported import Record
    from ephoto.workflow.values import Source

__all__ = ["Receiver", "too_large"]

# core.signing's codes as they travel.
_SIGNING = {"signature_invalid": "wf.signature_invalid", "clock_skew": "wf.clock_skew", "replayed": "wf.replay"}
_WORKFLOW = "wf."


class Receiver:
    """Takes events of one source.

    Parameters
    ----------
    record : records an event and has committed it when it returns: `Office.record`
    verifier : knows the source's keys; its nonces are those of the database, shared by all processes that receive
    source : who is behind these keys
    path : where events are sent to; without it as receiving.toml has it
    max_bytes : of a body; likewise
    """

    def __init__(
        self,
        record: Record,
        verifier: Verifier,
        *,
        source: Source,
        path: str | None = None,
        max_bytes: int | None = None,
    ) -> None:
        self._record, self._verifier, self._source = record, verifier, source
        self._path = limits().path if path is None else path
        self._max_bytes = limits().max_bytes if max_bytes is None else max_bytes

    @property
    def max_bytes(self) -> int:
        """A server need not read more of a body than this, and one byte."""
        return self._max_bytes

    def receive(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """What to answer to a message. `path` and `query` are as in its request line, percent signs and all.

        200 says that the event is on the disk: "applied", "parked" until what comes before it is there, or "duplicate".
        A message that comes again byte for byte is refused (401, "wf.replay"), unless its first coming recorded
        nothing: whoever sends again after an error may have kept the signature. One that is signed anew is a
        "duplicate".
        503 says that nothing can be recorded now. Whatever is no EphotoError passes through: it is a bug.
        """
        if path != self._path:
            return problem("wf.path_unknown")
        if method != "POST":
            return problem("wf.method_unfit", headers={"Allow": "POST"})
        if len(body) > self._max_bytes:
            return too_large(self._max_bytes)
        try:
            return self._received(method, path, query, headers, body)
        except UnfitError as error:
            return problem(error.code, findings=error.findings)
        except EnvironmentFault:
            return problem("wf.try_later", headers={"Retry-After": str(limits().retry_after_s)})
        except EphotoError as error:
            return _refused(error)

    def _received(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        resent = self._verifier.verify(method, path, query, headers, body, resent="allow")
        event = read_event(read_object(body, depth=limits().depth), self._source)
        status = record_together(self._record, event)
        if resent and status == "duplicate":
            raise InputError("wf.replay")
        return Reply(200, JSON, json.dumps({"status": status}).encode())


def too_large(limit: int) -> Reply:
    """The answer to a body beyond the limit; the line is closed, since the rest of it is not read."""
    return problem("wf.body_too_large", {"limit": limit}, headers={"Connection": "close"})


def _refused(error: EphotoError) -> Reply:
    code = _SIGNING.get(error.code, error.code)
    if code == "wf.body_invalid":
        place = {"field": "/", "problem": error.values.get("problem", "")}
        return problem(code, findings=(Finding("wf.field_unfit", "", place),))
    if not code.startswith(_WORKFLOW):
        raise error
    values: Mapping[str, Any] = {} if error.code in _SIGNING else error.values
    return problem(code, values)
