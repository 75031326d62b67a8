"""manifest.jsonl of a batch of cards, read by what its schema "ephoto.batch/1" says: line by line, within limits."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import InputError
from ephoto.tables.encoding import lines_of
from ephoto.tables.source import source_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["BatchCard", "cards_of"]

SCHEMA, MANIFEST = "ephoto.batch/1", "manifest.jsonl"
_SHA256 = re.compile("[0-9a-f]{64}")
_CODE = re.compile("[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class BatchCard:
    """One line: what became of a photo.

    Attributes
    ----------
    line : its number in manifest.jsonl, from 1
    key : the id of the batch's own table, or the card's name without its end; a person's number, as a rule
    output : the card's path under the batch's folder, with /; "" where there is none
    problem : why no card of it may be used, in codes; "" for a good one
    """

    line: int
    key: str = field(repr=False)
    spec: str
    output: str = field(repr=False)
    size: int = 0
    sha256: str = ""
    problem: str = ""


def cards_of(folder: Path) -> Iterator[BatchCard]:
    """Every line of a batch's manifest.

    Raises
    ------
    InputError
        "not_found", "not_readable"; "table_row" for a line that is none of the schema's.
    """
    source = source_of(folder / MANIFEST, None)
    for number, line in enumerate(lines_of(source, "utf-8"), 1):
        if line.strip():
            yield _card(_object(line, number), number)


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise InputError("table_row", row=number, problem="it is not JSON") from None
    if not isinstance(value, dict):
        raise InputError("table_row", row=number, problem="it is not an object")
    return value


def _card(told: dict[str, Any], number: int) -> BatchCard:
    state, spec, key = told.get("state"), told.get("spec"), told.get("id")
    right = told.get("schema") == SCHEMA and isinstance(spec, str) and isinstance(told.get("input"), str)
    if not right or not (key is None or isinstance(key, str)):
        raise InputError("table_row", row=number, problem="it is no line of a batch's manifest")
    if state != "done":
        return BatchCard(number, key or _stem(told["input"]), str(spec), "", problem=_why_none(told))
    output, size, sha256 = told.get("output"), told.get("bytes"), told.get("sha256")
    right = isinstance(output, str) and type(size) is int and isinstance(sha256, str) and _SHA256.fullmatch(sha256)
    if not right or _leads_out(str(output)):
        raise InputError("table_row", row=number, problem="it is no line of a batch's manifest")
    problem = "" if told.get("passed") is True else _failed(told)
    return BatchCard(number, key or _stem(str(output)), str(spec), str(output), size or 0, str(sha256), problem)


def _stem(path: str) -> str:
    name = path.replace("\\", "/").rpartition("/")[2]
    return name.rpartition(".")[0] or name


def _leads_out(path: str) -> bool:
    return not path or "\\" in path or "\0" in path or any(part in ("", ".", "..") for part in path.split("/"))


def _why_none(told: dict[str, Any]) -> str:
    error = told.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "unfinished"


def _failed(told: dict[str, Any]) -> str:
    """The required rules that the card does not meet."""
    findings = told.get("findings")
    failed = [one.get("code") for one in findings if isinstance(one, dict) and one.get("required")] if isinstance(
        findings, list
    ) else []  # fmt: skip
    codes = [code for code in failed if isinstance(code, str) and _CODE.fullmatch(code)]
    return ", ".join(codes) or "check_failed"
