"""What single fields of an application may hold, and what is said of one that is unfit."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ephoto.tables import plain_id
from ephoto.workflow.mobile import plain_mobile

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = [
    "Code",
    "Day",
    "DocumentId",
    "IdText",
    "MobileText",
    "Moment",
    "Sha256",
    "SpecVersion",
    "Text",
    "Until",
    "problem_of",
]

LONG_TERM = "long_term"
_LAST_DAY = date(9999, 12, 31)  # stands for "long-term" in batch files
_LONG_TERM_WORDS = frozenset({LONG_TERM, "长期"})
_DAY = re.compile(r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_UNPRINTED = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control signs, halves of characters, separators of lines

# By pydantic's name of what is wrong; core/messages has each in both languages.
_PROBLEMS = {
    "extra_forbidden": "unknown key",
    "string_type": "it is no text",
    "string_unicode": "it holds half a character",
    "string_too_long": "it is too long",
    "too_long": "it is too long",
    "string_too_short": "it is empty",
    "string_pattern_mismatch": "it has other signs, or another length",
    "literal_error": "it is none of the words that are allowed here",
    "bool_type": "it is neither true nor false",
    "int_type": "it is no whole number",
    "greater_than_equal": "it is too small",
    "tuple_type": "it is no list",
    "frozen_set_type": "it is no list",
    "too_short": "it is empty",
    "model_type": "it is no table",
}
_OTHERWISE = "it is of another kind"


def _printed(text: str) -> str:
    if any(unicodedata.category(sign) in _UNPRINTED for sign in text):
        raise ValueError("it holds control signs")
    return text


def _day(given: Any) -> Any:
    """A date, or a text such as 2026-01-15 or 20260115."""
    if given is None or (isinstance(given, date) and not isinstance(given, datetime)):
        return given
    found = _DAY.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise ValueError("it is no date")
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        raise ValueError("it is no date") from None


def _until(given: Any) -> Any:
    """A date, or "long_term" for what batch files write as 9999-12-31."""
    if given in _LONG_TERM_WORDS:
        return LONG_TERM
    day = _day(given)
    return LONG_TERM if day == _LAST_DAY else day


def _moment(given: Any) -> Any:
    """A time with a zone, or its RFC 3339 text; the zone becomes a plain difference in whole minutes."""
    if given is None:
        return given
    try:
        time = datetime.fromisoformat(given) if isinstance(given, str) else given
        off = time.utcoffset()
        if off is None:
            raise ValueError
        return time.astimezone(timezone(off) if off % timedelta(minutes=1) == timedelta() else UTC)
    except (AttributeError, OverflowError, ValueError):
        raise ValueError("it is no RFC 3339 time with a zone") from None


def _id_text(given: Any) -> Any:
    return plain_id(given) if isinstance(given, str) else given


def _mobile_text(given: Any) -> Any:
    return (plain_mobile(given) or given) if isinstance(given, str) else given


Text = Annotated[str, AfterValidator(_printed)]
IdText = Annotated[Text, BeforeValidator(_id_text), Field(max_length=32)]
MobileText = Annotated[Text, BeforeValidator(_mobile_text), Field(max_length=32)]
Day = Annotated[date, BeforeValidator(_day)]
Until = Annotated[date | Literal["long_term"], BeforeValidator(_until)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
# As contracts/common.1.json has them; "" is for none.
Code = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]{0,31})?$")]
DocumentId = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{7,63})?$")]
Sha256 = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
SpecVersion = Annotated[str, Field(pattern=r"^([a-z0-9-]+@[0-9]+)?$", max_length=64)]


def problem_of(error: ValidationError) -> tuple[str, str]:
    """The first field that is wrong, with dots, and what is wrong with it, in English; "" where it is missing.

    Nothing of what was given is told, not even a key unless it could be a field's.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    steps = [str(step) if isinstance(step, int) or _FIELD.fullmatch(step) else "..." for step in first["loc"]]
    if first["type"] == "missing":
        return ".".join(steps), ""
    if first["type"] == "value_error":
        return ".".join(steps), str(first["ctx"]["error"])
    return ".".join(steps) or "-", _PROBLEMS.get(first["type"], _OTHERWISE)
