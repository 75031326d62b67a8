"""Numbers that live in a TOML file beside the module that uses them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

__all__ = ["numbers"]

Numbers = TypeVar("Numbers")


def numbers(kind: type[Numbers], package: str, file: str) -> Numbers:
    """The file's values as an instance of `kind`, read once; a list becomes a tuple.

    A key that `kind` does not have, or one that is missing, is a TypeError.
    """
    key: Any = kind  # a class is hashable, which mypy does not see through the type variable
    made: Numbers = _read(key, package, file)
    return made


@cache
def _read(kind: Any, package: str, file: str) -> Any:
    raw = tomllib.loads(files(package).joinpath(file).read_text("utf-8"))
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()})
