"""JSON from outside, read strictly: what two programs could read in two ways is read in none."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["parsed"]


def parsed(text: str) -> Any:
    """What a JSON text holds.

    Raises
    ------
    ValueError
        It is none, has a key twice, NaN or Infinity, or is nested beyond the parser's depth. The error is empty: the
        parser's own holds the whole text, and that may be somebody's data.

    Examples
    --------
    >>> parsed('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise ValueError from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError
    return made


def _no_constant(_: str) -> None:
    raise ValueError
