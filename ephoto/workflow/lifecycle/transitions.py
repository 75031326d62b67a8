"""The state machine as data: which event is legal where, and what follows (transitions.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.workflow.values import EventType, Source, Switch

__all__ = ["Transition", "of_application", "of_card", "rank"]

SAME = "="


@dataclass(frozen=True, slots=True)
class Transition:
    """One event's row of transitions.toml, which explains each part."""

    type: EventType
    by: tuple[Source, ...]
    before: frozenset[str]
    after: str
    passed: frozenset[str] = frozenset()
    same: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    on_file: tuple[str, ...] = ()
    delivery: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    switch: Switch | None = None

    def next(self, state: str) -> str:
        """The state that follows on `state`."""
        return state if self.after == SAME else self.after


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("transitions.toml").read_text("utf-8"))


@cache
def of_application() -> Mapping[EventType, Transition]:
    """The application's events, in the file's order."""
    return _read("application")


@cache
def of_card() -> Mapping[EventType, Transition]:
    """The card's events, in the file's order."""
    return _read("card")


@cache
def rank(type: EventType) -> int:
    """The event's place in the file: earlier ones come first where two happened at one moment."""
    return [*of_application(), *of_card()].index(type)


def _read(table: str) -> Mapping[EventType, Transition]:
    made = {}
    for name, row in _tables()[table].items():
        type = cast("EventType", name)
        lists = {key: tuple(row.get(key, ())) for key in ("same", "needs", "on_file", "delivery", "failed")}
        made[type] = Transition(
            type,
            tuple(row["by"]),
            frozenset(row["from"]),
            row["to"],
            frozenset(row.get("passed", ())),
            switch=row.get("switch"),
            **lists,
        )
    return made
