"""Which failures of a request are tried again, and how long to wait before."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ephoto.workflow.wire.limits import limits

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Patience", "is_passing", "retry_after_s"]

_PASSING = frozenset({408, 425, 429})
_BUSY = 409
_FIRST_OF_SERVER, _NEVER = 500, frozenset({501, 505})
_RUNNING = "wf.in_progress"
_SECONDS = re.compile("[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Patience:
    """How many times, and how long at most between two."""

    retries: int
    max_backoff_s: float
    rng: Callable[[], float]  # from 0 to 1

    def wait_s(self, tried: int, asked_s: float | None) -> float:
        """Seconds before the next try after `tried` of them: by chance up to a bound that doubles, and at least what
        the server asked for; never more than `max_backoff_s`.
        """
        bound = min(self.max_backoff_s, limits().first_backoff_s * 2.0 ** min(tried - 1, 32))
        return min(self.max_backoff_s, max(self.rng() * bound, asked_s or 0.0))


def is_passing(status: int, code: str) -> bool:
    """Whether an answer says that another try may go better. `code` is that of a problem document, if it was one: a 409
    that names another reason than a request still running stays what it is.

    >>> is_passing(503, ""), is_passing(409, "wf.in_progress"), is_passing(409, "wf.duplicate_application")
    (True, True, False)
    """
    if status == _BUSY:
        return code in ("", _RUNNING)
    return status in _PASSING or (status >= _FIRST_OF_SERVER and status not in _NEVER)


def retry_after_s(header: str, now_s: float) -> float | None:
    """The header Retry-After (RFC 9110, 10.2.3) in seconds from now: a number or a date; None if it is neither.

    >>> retry_after_s("120", 0.0), retry_after_s("Thu, 01 Jan 1970 00:01:00 GMT", 50.0), retry_after_s("soon", 0.0)
    (120.0, 10.0, None)
    """
    text = header.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        time = parsedate_to_datetime(text)
        return max(0.0, (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() - now_s)
    except (ValueError, OverflowError, TypeError):
        return None
