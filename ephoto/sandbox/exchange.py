"""Requests in and answers out: bodies of bounded size, problems as JSON, and connections that are cut on purpose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault
from ephoto.sandbox.answers import Answered
from ephoto.sandbox.refusals import MEDIA_TYPE, Refused, problem

try:
    from starlette.responses import Response
except ImportError as error:
    raise EnvironmentFault("extra_missing", name="sandbox", package="starlette", extra="sandbox") from error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

__all__ = ["Cut", "as_json", "body_of", "refused", "response"]


class Cut(Response):
    """No answer: the headers promise bytes that never come, and the server closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


async def body_of(request: Request, most: int) -> bytes:
    """The body.

    Raises
    ------
    Refused
        413 "wf.body_invalid": it is larger than `most` bytes.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise Refused(413, "wf.body_invalid")
    return bytes(body)


def as_json(document: Mapping[str, Any], status: int = 200) -> Answered:
    """A document as an answer."""
    return Answered(status, "application/json", json.dumps(document, ensure_ascii=False).encode("utf-8"))


def refused(error: Refused) -> Answered:
    """A refusal as an answer."""
    return Answered(
        error.status, MEDIA_TYPE, json.dumps(problem(error), ensure_ascii=False).encode("utf-8"), error.retry_after_s
    )


def response(answered: Answered) -> Response:
    """An answer as starlette sends it."""
    headers = {"Retry-After": str(answered.retry_after_s)} if answered.retry_after_s else None
    return Response(answered.body, answered.status, headers, answered.media_type)
