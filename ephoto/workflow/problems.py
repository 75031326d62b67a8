"""What HTTP answers where something went wrong: "ephoto.problem/1" (RFC 9457), in both languages."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ephoto.core.numbers import numbers
from ephoto.workflow.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["JSON", "PROBLEM", "Limits", "Reply", "limits", "problem", "status_of"]

JSON = "application/json"
PROBLEM = "application/problem+json"
_UNSIGNED, _OTHERWISE = 401, 422  # understood and not done
_MOST_CHARS = {"title": 200, "message": 400}  # as the schema has it


@dataclass(frozen=True, slots=True)
class Limits:
    """See receiving.toml."""

    path: str
    max_bytes: int
    depth: int
    head_s: float
    body_s: float
    keep_alive_s: int
    stop_s: int
    connections: int
    workers: int
    retry_after_s: int
    status: dict[str, int]


def limits() -> Limits:
    """What receiving.toml says."""
    return numbers(Limits, __package__, "receiving.toml")


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer: status, type and bytes of the body, and headers besides the type."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def status_of(code: str) -> int:
    """The HTTP status of a code of the workflow."""
    return limits().status.get(code, _OTHERWISE)


def problem(
    code: str,
    values: Mapping[str, Any] | None = None,
    *,
    findings: Sequence[Finding] = (),
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """The answer that tells a code, what its sentence needs, and findings with their places in the document.

    Without findings the code itself is the only one, for the whole document.
    """
    own = Finding(code, "", values or {})
    status = status_of(code)
    document = {
        "type": f"urn:ephoto:{code}",
        "title": own.message()[: _MOST_CHARS["title"]],
        "status": status,
        "code": code,
        "errors": [
            {
                "pointer": finding.pointer,
                "code": finding.code,
                "message": finding.message()[: _MOST_CHARS["message"]],
                "message_zh": finding.message("zh")[: _MOST_CHARS["message"]],
            }
            for finding in (findings or (own,))
        ],
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    asked = {"WWW-Authenticate": "Ephoto-Signature"} if status == _UNSIGNED else {}  # RFC 9110, 15.5.2
    return Reply(status, PROBLEM, body, asked | dict(headers or {}))
