"""What may be done to a value on its way: no expressions, only these."""

from __future__ import annotations

import base64
import re
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Literal, get_args

from ephoto.workflow.masks import mask_account, mask_address, mask_card, mask_id, mask_mobile, mask_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ENCODINGS", "MASKS", "Mask", "PicturesAs", "Scalar", "dated", "encoded", "masked", "read_date", "word"]
__all__ += ["fits_date", "fits_zone"]

Scalar = str | bool | int | float
PicturesAs = Literal["base64", "hex"]
Mask = Literal["id", "mobile", "name", "account", "card", "address"]
ENCODINGS: tuple[PicturesAs, ...] = get_args(PicturesAs)
MASKS: tuple[Mask, ...] = get_args(Mask)

_MASKS: Mapping[Mask, Callable[[str], str]] = {
    "id": mask_id,
    "mobile": mask_mobile,
    "name": mask_name,
    "account": mask_account,
    "card": mask_card,
    "address": mask_address,
}
_DIRECTIVE = re.compile("%(.?)", re.DOTALL)
_DIGITS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
_ZONE = re.compile(r"Z|[+-](?:0\d|1[0-4]):[0-5]\d")


def word(value: Scalar) -> str:
    """A value as a word: true and false as JSON writes them.

    >>> word(True), word(12), word("a")
    ('true', '12', 'a')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def fits_date(pattern: str) -> bool:
    """Whether a pattern says a date with %Y %m %d, and perhaps a time with %H %M %S, each once."""
    said = _DIRECTIVE.findall(pattern)
    return {"Y", "m", "d"} <= set(said) <= set(_DIGITS) and len(said) == len(set(said)) and pattern.isprintable()


def fits_zone(text: str) -> bool:
    """Whether it is a zone as RFC 3339 writes it.

    >>> fits_zone("+08:00"), fits_zone("CST")
    (True, False)
    """
    return bool(_ZONE.fullmatch(text))


def dated(text: str, pattern: str) -> str:
    """An ISO 8601 date, or an RFC 3339 time in its own zone, written by a pattern.

    Raises
    ------
    ValueError
        It is none, or the pattern asks for hours of a date.

    >>> dated("1988-02-29", "%Y%m%d"), dated("2026-01-15T10:00:00+08:00", "%Y-%m-%d %H:%M")
    ('19880229', '2026-01-15 10:00')
    """
    day = date.fromisoformat(text) if len(text) <= len("YYYY-MM-DD") else datetime.fromisoformat(text)
    if not isinstance(day, datetime) and re.search("%[HMS]", pattern):
        raise ValueError("no time of day")
    parts = {"Y": f"{day.year:04}", "m": f"{day.month:02}", "d": f"{day.day:02}"}
    if isinstance(day, datetime):
        parts |= {"H": f"{day.hour:02}", "M": f"{day.minute:02}", "S": f"{day.second:02}"}
    # Not strftime: it leaves years before 1000 short on some systems.
    return _DIRECTIVE.sub(lambda found: parts[found[1]], pattern)


def read_date(text: str, pattern: str, zone: str) -> str:
    """The other way: an ISO 8601 date, or, where the pattern has hours, an RFC 3339 time in the given zone.

    Raises
    ------
    ValueError
        It does not follow the pattern, or there is no such day.

    >>> read_date("20260115100000", "%Y%m%d%H%M%S", "+08:00"), read_date("20260115", "%Y%m%d", "Z")
    ('2026-01-15T10:00:00+08:00', '2026-01-15')
    """
    parts = _DIRECTIVE.split(pattern)
    shape = "".join(
        f"(?P<{part}>[0-9]{{{_DIGITS[part]}}})" if k % 2 else re.escape(part) for k, part in enumerate(parts)
    )
    found = re.fullmatch(shape, text)
    if found is None:
        raise ValueError("another form")
    got = {name: int(digits) for name, digits in found.groupdict().items()}
    day = date(got["Y"], got["m"], got["d"])
    if not set(got) & set("HMS"):
        return day.isoformat()
    away = timedelta() if zone == "Z" else _offset(zone)
    clock = (got.get("H", 0), got.get("M", 0), got.get("S", 0))
    return datetime(day.year, day.month, day.day, *clock, tzinfo=timezone(away)).isoformat()


def _offset(zone: str) -> timedelta:
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return timedelta(minutes=-minutes if zone[0] == "-" else minutes)


def encoded(data: bytes, way: PicturesAs) -> str:
    """Bytes as text: base64 without line ends and without data: in front, or small hexadecimal digits."""
    return base64.b64encode(data).decode("ascii") if way == "base64" else data.hex()


def masked(text: str, mask: Mask) -> str:
    """What may be shown of it; see masks.py."""
    return _MASKS[mask](text)
