"""What store.toml says."""

from __future__ import annotations

from dataclasses import dataclass

from ephoto.core.numbers import numbers

__all__ = ["Limits", "limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """See store.toml."""

    busy_s: float
    tries: int
    clash_tries: int
    pause_s: float
    most_pause_s: float
    socket_s: float
    tidy_s: float
    idle_s: float
    connections: int
    page: int


def limits() -> Limits:
    return numbers(Limits, __package__, "store.toml")
