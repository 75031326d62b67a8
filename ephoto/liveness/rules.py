"""What liveness.toml says."""

from __future__ import annotations

from dataclasses import dataclass

from ephoto.core.numbers import numbers

__all__ = ["Rules", "rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """See liveness.toml."""

    gestures: tuple[int, int]
    seconds_each: float


def rules() -> Rules:
    return numbers(Rules, __package__, "liveness.toml")
