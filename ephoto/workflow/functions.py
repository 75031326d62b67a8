"""The card's six functions, and which of them work (functions.toml)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from ephoto.workflow.values import CardFunction, CardState, Switch

__all__ = ["working_functions"]


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("functions.toml").read_text("utf-8"))


def working_functions(state: CardState, switches: Set[Switch]) -> Mapping[CardFunction, bool]:
    """Each function, and whether a card in that state with those switches on serves it."""
    needs: Mapping[CardFunction, Switch] = _table()["needs"]
    return {function: state in _table()["works_in"] and switch in switches for function, switch in needs.items()}
