"""Engines by name: a room's own first, then those that other packages register by entry point."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Generic, TypeVar

from ephoto.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ephoto.core.settings import Settings

__all__ = ["Registry"]

Engine = TypeVar("Engine")


@dataclass(frozen=True, slots=True)
class Registry(Generic[Engine]):
    """The engines of one kind.

    `own` maps names to what builds them; an entry point of `group` names a callable that takes Settings and gives
    an engine. `patterns` are told beside the names: families of names that a room resolves itself.
    """

    kind: str
    group: str
    own: dict[str, Callable[[Settings], Engine]]
    patterns: tuple[str, ...] = ()

    def build(self, name: str, settings: Settings) -> Engine:
        """The engine of that name, loaded and ready; UsageError("engine_unknown") with the known names."""
        if name in self.own:
            return self.own[name](settings)
        for point in entry_points(group=self.group):
            if point.name == name:
                engine: Engine = point.load()(settings)
                return engine
        raise UsageError("engine_unknown", kind=self.kind, name=name, known=self.known())

    def known(self) -> list[str]:
        """All names, the room's own first."""
        own = [*self.own, *self.patterns]
        return [*own, *sorted({point.name for point in entry_points(group=self.group)} - set(own))]
