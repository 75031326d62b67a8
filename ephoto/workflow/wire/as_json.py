"""Documents as JSON."""

from __future__ import annotations

import codecs
import json
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import InputError
from ephoto.core.strict_json import parsed
from ephoto.workflow.wire.limits import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["measured", "read", "text_of", "write"]


def write(values: Mapping[str, Any], codec: str) -> bytes:
    """One line, keys in their order, no spaces: the same document gives the same bytes."""
    try:
        return json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(codec)
    except ValueError:  # a number that is not finite, or half a character
        raise InputError("wf.field_unfit", field="-", problem="JSON cannot hold it") from None


def read(body: bytes, codec: str) -> Mapping[str, Any]:
    """An object.

    Raises
    ------
    ValueError
        It is none; it has a key twice, or a number that is not finite; or it is too deep or has too many values.
    """
    document = parsed(text_of(body, codec))
    if not isinstance(document, dict):
        raise ValueError("no object")
    measured(document)
    return document


def text_of(body: bytes, codec: str) -> str:
    """The text of an answer: by its mark, else in the encoding that the mapping names, strictly. Nothing is guessed:
    the bytes of many a Chinese word are UTF-8 and GB18030 both.

    >>> text_of("证".encode("gb18030"), "gb18030"), text_of(b"\\xef\\xbb\\xbfa", "gb18030")
    ('证', 'a')
    """
    if body.startswith(codecs.BOM_UTF8):
        return body[len(codecs.BOM_UTF8) :].decode("utf-8")
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16")
    return body.decode(codec)


def measured(document: Any) -> None:
    """Refuse what is deeper, or has more values, than limits.toml allows: a ValueError."""
    bounds = limits()
    level, depth, seen = [document], 0, 0
    while level:
        depth, seen = depth + 1, seen + len(level)
        if depth > bounds.max_depth or seen > bounds.max_nodes:
            raise ValueError("too deep or too large")
        level = [inner for one in level for inner in _inside(one)]


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
