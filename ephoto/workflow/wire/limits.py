"""Bounds of what is read from other systems, and of waiting for them (limits.toml)."""

from __future__ import annotations

from dataclasses import dataclass

from ephoto.core.numbers import numbers

__all__ = ["Limits", "limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """See limits.toml."""

    max_answer_bytes: int
    max_depth: int
    max_nodes: int
    detail_chars: int
    first_backoff_s: float
    connect_timeout_s: float
    max_window_s: float


def limits() -> Limits:
    return numbers(Limits, __package__, "limits.toml")
