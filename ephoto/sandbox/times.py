"""Times as they travel: RFC 3339 in China's zone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

__all__ = ["day", "moment", "stamped"]

_CHINA = timezone(timedelta(hours=8))


def stamped(seconds: float) -> str:
    """Seconds since 1970 UTC as RFC 3339.

    >>> stamped(0.25)
    '1970-01-01T08:00:00.250+08:00'
    """
    return datetime.fromtimestamp(seconds, _CHINA).isoformat(timespec="milliseconds")


def day(seconds: float) -> str:
    """The day of it in China.

    >>> day(0)
    '1970-01-01'
    """
    return datetime.fromtimestamp(seconds, _CHINA).date().isoformat()


def moment(text: str) -> float | None:
    """RFC 3339 with a zone as seconds since 1970 UTC; None if it is none.

    >>> moment("1970-01-01T08:00:00+08:00"), moment("yesterday")
    (0.0, None)
    """
    try:
        time = datetime.fromisoformat(text)
        return None if time.tzinfo is None else time.timestamp()
    except (ValueError, OverflowError):
        return None
