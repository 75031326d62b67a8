"""What a table may be at most: limits.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["limits"]


@cache
def limits() -> dict[str, Any]:
    """The limits by name; those of workbooks in tables of their own."""
    return tomllib.loads(files(__package__).joinpath("limits.toml").read_text("utf-8"))
