"""What providers.toml says."""

from __future__ import annotations

from dataclasses import dataclass

from ephoto.core.numbers import numbers

__all__ = ["Limits", "limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """See providers.toml."""

    ticket_s: float
    kept_s: float
    best_frame_s: float
    max_frame_bytes: int
    max_body_bytes: int
    max_window_s: float
    busy_s: float
    status: dict[str, int]


def limits() -> Limits:
    return numbers(Limits, __package__, "providers.toml")
