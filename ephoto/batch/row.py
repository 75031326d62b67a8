"""One photo as the ledger has it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

__all__ = ["COLUMNS", "Row"]

COLUMNS = (
    "n, key, input, locator, id, size, mtime_ns, sha256, output, state, error, findings, passed, card_sha256, "
    "card_bytes, aside, timings_ms"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One photo as the ledger has it; see ledger.sql."""

    n: int
    key: str
    input: str
    locator: str
    id: str
    size: int | None
    mtime_ns: int | None
    sha256: str | None
    output: str | None
    state: str
    error: dict[str, Any] | None
    findings: list[dict[str, Any]]
    passed: bool | None
    card_sha256: str | None
    card_bytes: int | None
    aside: str | None
    timings_ms: dict[str, float]

    @classmethod
    def of(cls, raw: tuple[Any, ...]) -> Row:
        (
            n,
            key,
            name,
            locator,
            id_,
            size,
            mtime,
            sha,
            output,
            state,
            error,
            findings,
            passed,
            card,
            length,
            aside,
            took,
        ) = raw
        return cls(
            n, key, name, os.fsdecode(locator), id_, size, mtime, sha, output, state,
            None if error is None else json.loads(error),
            [] if findings is None else json.loads(findings),
            None if passed is None else bool(passed),
            card, length, aside,
            {} if took is None else json.loads(took),
        )  # fmt: skip
