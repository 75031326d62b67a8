"""The frame solver's own allowances, read from limits.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Limits", "limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    covered_strain: float
    held_strain: float
    absorbed_px: float
    identity_slack_px: float
    scale_span: float
    enlarge_warn: float
    enlarge_forbidden: float
    open_side: float


@cache
def limits() -> Limits:
    """The values of limits.toml; its comments give the reasons."""
    return Limits(**tomllib.loads(files(__package__).joinpath("limits.toml").read_text("utf-8")))
