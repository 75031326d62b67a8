"""Provinces and counties by the digits that stand for them in ID numbers (regions.toml)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["county_names", "is_province", "is_residence_permit", "known_county", "province_names"]


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files(__package__).joinpath("regions.toml").read_text("utf-8"))


@cache
def _with_counties() -> frozenset[str]:
    """Provinces whose counties are listed."""
    return frozenset(county[:2] for county in _tables()["counties"])


def is_province(two: str) -> bool:
    return two in _tables()["provinces"]


def is_residence_permit(two: str) -> bool:
    """Whether the digits begin a residence permit of someone from Hong Kong, Macao or Taiwan."""
    return two in _tables()["residence_permits"]


def known_county(six: str) -> bool:
    """Whether a county's digits are in the list; true where its province's counties are not listed at all."""
    return six in _tables()["counties"] or six[:2] not in _with_counties()


def province_names() -> tuple[str, ...]:
    """Every province's name, those of the residence permits too."""
    return (*_tables()["provinces"].values(), *_tables()["residence_permits"].values())


@cache
def county_names(province: str) -> tuple[str, ...]:
    """The counties of a province by its name; none where they are not listed."""
    two = [digits for digits, name in _tables()["provinces"].items() if name == province]
    return tuple(name for six, name in _tables()["counties"].items() if six[:2] in two and six[2:] != "0000")
