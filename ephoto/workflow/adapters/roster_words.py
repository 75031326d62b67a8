"""What the cells of a roster say: words and dates of many hands in our own terms (roster.toml)."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from ephoto.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.workflow.values import IdType, Sex

__all__ = ["day_of", "id_type_of", "sex_of", "taken_codes", "until_of"]

# 19900307, 1990-03-07, 1990/3/7, 1990.3.7, 1990年3月7日; a date's cell of a workbook comes as 1990-03-07
_DAY = re.compile(r"(\d{4})(?:(\d{2})(\d{2})|[-/.年](\d{1,2})[-/.月](\d{1,2})日?)", re.ASCII)
_MIDNIGHT = re.compile(r"[T ]00:00(:00)?$")


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("roster.toml").read_text("utf-8"))


@cache
def _words(kind: str) -> Mapping[str, str]:
    return {_folded(word): ours for ours, words in _table()[kind].items() for word in words}


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def taken_codes() -> frozenset[str]:
    """Codes of another system's answer that are told as they are."""
    return frozenset(_table()["answers"]["codes"])


def sex_of(text: str) -> Sex:
    """ "M" or "F".

    Raises
    ------
    InputError
        "wf.field_unfit".
    """
    return cast("Sex", _known("sex", text))


def id_type_of(text: str) -> IdType:
    """The kind of document.

    Raises
    ------
    InputError
        "wf.field_unfit".
    """
    return cast("IdType", _known("id_type", text))


def _known(kind: str, text: str) -> str:
    word = _words(kind).get(_folded(text))
    if word is None:
        raise InputError("wf.field_unfit", field=kind, problem="it is none of the words that are allowed here")
    return word


def day_of(text: str, field: str) -> str:
    """A day as ISO 8601 has it.

    >>> day_of("1990年3月7日", "birth_date"), day_of("１９９００３０７", "birth_date")
    ('1990-03-07', '1990-03-07')

    Raises
    ------
    InputError
        "wf.field_unfit".
    """
    found = _DAY.fullmatch(_folded(_MIDNIGHT.sub("", text)))
    if found:
        year, *parts = (int(part) for part in found.groups() if part)
        try:
            return date(year, *parts).isoformat()
        except ValueError:
            pass
    raise InputError("wf.field_unfit", field=field, problem="it is no date")


def until_of(text: str, field: str) -> str:
    """The same, or "long_term" for documents that do not run out.

    Raises
    ------
    InputError
        "wf.field_unfit".
    """
    return "long_term" if _folded(text) in _words("dates") else day_of(text, field)
