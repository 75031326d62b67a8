"""Mobile numbers of mainland China."""

from __future__ import annotations

import re

from ephoto.tables import plain_id

__all__ = ["plain_mobile"]

_SHAPE = re.compile(r"(?:\+86|0086)?(1[3-9][0-9]{9})")
_SET_APART = str.maketrans("", "", "-‐‑–—()")  # hyphens and dashes of all kinds, and brackets


def plain_mobile(text: str) -> str:
    """Eleven digits, without +86 or 0086, spaces and hyphens; "" where the text is no such number.

    >>> plain_mobile("+86 138-0013-8000"), plain_mobile("010 6552 0000")
    ('13800138000', '')
    """
    found = _SHAPE.fullmatch(plain_id(text).translate(_SET_APART))
    return found[1] if found else ""
