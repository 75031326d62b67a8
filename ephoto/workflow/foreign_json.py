"""JSON from outside as the database can take it: an object, not too deep, without half characters."""

from __future__ import annotations

import math
from typing import Any

from ephoto.core.errors import InputError
from ephoto.core.strict_json import parsed

__all__ = ["check_parts", "is_storable", "read_object"]


def read_object(body: bytes, *, depth: int) -> dict[str, Any]:
    """The object that a body holds.

    Parameters
    ----------
    body : UTF-8, without a byte order mark
    depth : how deep lists and objects may lie in each other

    Raises
    ------
    InputError
        "wf.body_invalid" with its problem: no JSON or no object, a key twice, a number that is not finite, half a
        character or a zero byte (which no database takes), too deep. Nothing of what it holds is repeated.
    """
    try:
        document = parsed(body.decode("utf-8"))
    except ValueError:  # of the decoder too, whose error holds the text
        raise InputError("wf.body_invalid", problem="it is not JSON") from None
    if not isinstance(document, dict):
        raise InputError("wf.body_invalid", problem="it is not an object")
    check_parts(document, depth)
    return document


def check_parts(document: dict[str, Any], depth: int) -> None:
    """Refuse what no database takes, or what is too deep, in a document however it was read.

    Step by step instead of by recursion: how deep it is is the sender's choice.

    Raises
    ------
    InputError
        "wf.body_invalid" with its problem.
    """
    level: list[Any] = [document]
    for _ in range(depth):
        inner: list[Any] = []
        for part in level:
            if isinstance(part, str):
                _check_text(part)
            elif isinstance(part, float) and not math.isfinite(part):  # 1e999
                raise InputError("wf.body_invalid", problem="it is not JSON")
            elif isinstance(part, dict):
                inner += part.keys()
                inner += part.values()
            elif isinstance(part, list):
                inner += part
        if not inner:
            return
        level = inner
    raise InputError("wf.body_invalid", problem="it is nested too deeply")


def is_storable(document: dict[str, Any], depth: int) -> bool:
    """Whether `check_parts` lets it pass."""
    try:
        check_parts(document, depth)
    except InputError:
        return False
    return True


def _check_text(text: str) -> None:
    if "\0" in text:
        raise InputError("wf.body_invalid", problem="it holds a zero byte")
    if not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise InputError("wf.body_invalid", problem="it holds half a character")
