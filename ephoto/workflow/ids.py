"""Ids that sort by the time at which they were made."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from ephoto.core.signing import Clock

__all__ = ["new_id"]

_TIME_BITS, _A_BITS, _B_BITS = 48, 12, 62


def new_id(clock: Clock, rng: Random) -> str:
    """A UUID of version 7 (RFC 9562, 5.7): 48 bits of milliseconds since 1970 UTC, 74 of chance.

    Two of one millisecond are in no order.

    Parameters
    ----------
    clock : seconds since 1970 UTC
    rng : random.SystemRandom() where nobody may guess an id
    """
    milliseconds = int(clock() * 1000) & ((1 << _TIME_BITS) - 1)
    number = milliseconds << 80 | 7 << 76 | rng.getrandbits(_A_BITS) << 64 | 0b10 << 62 | rng.getrandbits(_B_BITS)
    return str(uuid.UUID(int=number))
