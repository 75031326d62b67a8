"""Engines by name: a room's own first, then those that other packages register by entry point."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ephoto.core.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

    from ephoto.core.settings import Settings

__all__ = ["Registry", "find", "registered"]

Engine = TypeVar("Engine")


@dataclass(frozen=True, slots=True)
class Registry(Generic[Engine]):
    """The engines of one kind.

    `own` maps names to what builds them; an entry point of `group` names a callable that takes Settings and gives
    an engine. `families` are names with a part that the user gives, such as "rembg:NAME": what builds them takes that
    part and Settings.
    """

    kind: str
    group: str
    own: dict[str, Callable[[Settings], Engine]]
    families: dict[str, Callable[[str, Settings], Engine]] = field(default_factory=dict)

    def build(self, name: str, settings: Settings) -> Engine:
        """The engine of that name, loaded and ready.

        Raises
        ------
        UsageError
            "engine_unknown" with the known names.
        EnvironmentFault
            "engine_broken" where another package's engine cannot be loaded, beside what the builders raise.
        """
        if name in self.own:
            return self.own[name](settings)
        first, _, rest = name.partition(":")
        for family, made in self.families.items():
            if rest and family.partition(":")[0] == first:
                return made(rest, settings)
        made = find(self.group, name)
        if made is None:
            raise UsageError("engine_unknown", kind=self.kind, name=name, known=self.known())
        engine: Engine = made(settings)
        return engine

    def known(self) -> list[str]:
        """All names, the room's own first."""
        own = [*self.own, *self.families]
        return [*own, *(name for name in registered(self.group) if name not in own)]


def find(group: str, name: str) -> Any:
    """What an entry point of the group names, loaded; None if there is none of that name.

    Raises
    ------
    EnvironmentFault
        "engine_broken": its package cannot be loaded.
    """
    return next((_loaded(point) for point in entry_points(group=group) if point.name == name), None)


def registered(group: str) -> list[str]:
    """The names of a group's entry points."""
    return sorted({point.name for point in entry_points(group=group)})


def _loaded(point: EntryPoint) -> Any:
    """What an entry point names; a package that is broken is its own fault and no bug of ours."""
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise EnvironmentFault("engine_broken", name=point.name, place=point.value, problem=str(error)) from error
