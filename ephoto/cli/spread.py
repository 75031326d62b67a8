"""Options that several commands have, listed once: a dataclass of them as one parameter of each."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["spread"]


def spread(command: Callable[..., int]) -> Callable[..., int]:
    """The command as Typer sees it: each field of a dataclass among its parameters is an option of its own."""
    hints = get_type_hints(command, include_extras=True)
    taken: list[inspect.Parameter] = []
    groups: dict[str, Any] = {}
    for given in inspect.signature(command).parameters.values():
        kind = hints[given.name]
        if is_dataclass(kind):
            groups[given.name] = kind
            taken += _options(kind)
        else:
            # To Typer all are words with a default, in whatever order they stand here.
            taken.append(given.replace(annotation=kind, kind=inspect.Parameter.POSITIONAL_OR_KEYWORD))

    @wraps(command)
    def spread_out(**words: Any) -> int:
        gathered = {name: kind(**{f.name: words.pop(f.name) for f in fields(kind)}) for name, kind in groups.items()}
        return command(**words, **gathered)

    spread_out.__signature__ = inspect.Signature(taken, return_annotation=int)  # type: ignore[attr-defined]
    spread_out.__annotations__ = {one.name: one.annotation for one in taken} | {"return": int}
    return spread_out


def _options(kind: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(
            one.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty if one.default is MISSING else one.default,
            annotation=hints[one.name],
        )
        for one in fields(kind)
    ]
