"""Documents as a form: application/x-www-form-urlencoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from ephoto.core.errors import InputError
from ephoto.workflow.wire.limits import limits
from ephoto.workflow.wire.transforms import word

__all__ = ["read", "write"]


def write(values: Mapping[str, Any], codec: str) -> bytes:
    """Pairs in the document's order; an inner object's keys are joined to its name by a dot.

    Raises
    ------
    InputError
        "wf.field_unfit": a list, or a text that the encoding lacks.
    """
    pairs = list(_pairs(values, ""))
    try:
        return urlencode(pairs, encoding=codec, errors="strict").encode("ascii")
    except UnicodeEncodeError:
        raise InputError("wf.field_unfit", field="-", problem="its encoding lacks a sign") from None


def read(body: bytes, codec: str) -> Mapping[str, Any]:
    """Names and texts.

    Raises
    ------
    ValueError
        It is no form, or a name comes twice.
    """
    pairs = parse_qsl(
        body.decode("ascii"),
        keep_blank_values=True,
        strict_parsing=True,
        encoding=codec,
        errors="strict",
        max_num_fields=limits().max_nodes,
    )
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name twice")
    return made


def _pairs(values: Mapping[str, Any], before: str) -> list[tuple[str, str]]:
    made: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            made += _pairs(value, f"{before}{key}.")
        elif isinstance(value, (list, tuple)):
            raise InputError("wf.field_unfit", field=before + key, problem="a form cannot hold a list")
        else:
            made.append((before + key, word(value)))
    return made
