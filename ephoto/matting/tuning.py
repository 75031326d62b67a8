"""The matte's own numbers, read from tuning.toml."""

from __future__ import annotations

from dataclasses import dataclass

from ephoto.core.numbers import numbers

__all__ = ["Tuning", "tuning"]


@dataclass(frozen=True, slots=True)
class Tuning:
    level_face_px: float
    sure: float
    inner: float
    outer: float
    reach: float
    believed: float
    joined: float
    strand: float
    gap_mask: float
    gap_area: float
    epsilon: float
    prior_weight: float
    flat_variance: float
    prior_low: float
    prior_high: float
    steps: tuple[int, ...]
    soft: float
    soft_reach_px: int
    high_epsilon: float
    high_hold: float
    high_steps: tuple[int, ...]
    firm_variance: float
    firm_low: float
    firm_high: float
    steep: float
    haze: float
    contrast: float
    colour_radius: float
    strand_width: float
    faint: float
    least_seen: float
    fade: float
    band_fade: float


def tuning() -> Tuning:
    """The values of tuning.toml; its comments give the reasons."""
    return numbers(Tuning, __package__, "tuning.toml")
