"""A photo that comes through the pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ephoto.core.settings import Settings

__all__ = ["read_photo"]


def read_photo(settings: Settings) -> bytes:
    """All of stdin, one byte more than may be read at most: the decoder refuses what is too long.

    Raises
    ------
    InputError
        "not_readable".
    """
    from ephoto.core.errors import InputError

    if sys.stdin is None:
        raise InputError("not_readable", path="-", problem="it is closed")
    try:
        return sys.stdin.buffer.read(settings.max_bytes + 1)
    except OSError as error:
        raise InputError("not_readable", path="-", problem=error.strerror or str(error)) from None
