"""Face engines by name: ephoto's own, optional ones, and those of other packages (entry points `ephoto.faces`)."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ephoto.core.settings import Settings
    from ephoto.core.types import FaceEngine

__all__ = ["GROUP", "build", "known"]

GROUP = "ephoto.faces"


def build(name: str, settings: Settings) -> FaceEngine:
    """The engine of that name, loaded and ready.

    An entry point of the group names a callable that takes Settings and gives a core.types.FaceEngine.

    Raises
    ------
    UsageError
        "engine_unknown" with the known names.
    EnvironmentFault
        "extra_missing" where the engine's package is not installed; "model_missing", "model_corrupt".
    """
    if name in _OWN:
        return _OWN[name](settings)
    for point in entry_points(group=GROUP):
        if point.name == name:
            engine: FaceEngine = point.load()(settings)
            return engine
    raise UsageError("engine_unknown", kind="faces", name=name, known=known())


def known() -> list[str]:
    """All names, ephoto's own first."""
    others = {point.name for point in entry_points(group=GROUP)}
    return [*_OWN, *sorted(others - set(_OWN))]


def _embedded(settings: Settings) -> FaceEngine:
    from ephoto.faces.embedded import EmbeddedFaces

    return EmbeddedFaces(settings)


def _mediapipe(settings: Settings) -> FaceEngine:
    raise EnvironmentFault("extra_missing", name="mediapipe", package="mediapipe", extra="mediapipe")


_OWN: dict[str, Callable[[Settings], FaceEngine]] = {"embedded": _embedded, "mediapipe": _mediapipe}
