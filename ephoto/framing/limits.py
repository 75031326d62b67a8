"""The frame solver's own allowances, read from limits.toml."""

from __future__ import annotations

from dataclasses import dataclass

from ephoto.core.numbers import numbers

__all__ = ["Limits", "limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    length_error: float
    place_error: float
    covered_strain: float
    held_strain: float
    absorbed_px: float
    identity_slack_px: float
    scale_span: float
    enlarge_warn: float
    enlarge_forbidden: float
    open_side: float


def limits() -> Limits:
    """The values of limits.toml; its comments give the reasons."""
    return numbers(Limits, __package__, "limits.toml")
