"""Matting engines by name: ephoto's own, optional ones, and those of other packages (entry points `ephoto.matting`)."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ephoto.core.settings import Settings
    from ephoto.core.types import MattingEngine

__all__ = ["GROUP", "build", "known"]

GROUP = "ephoto.matting"
_REMBG = "rembg:"


def build(name: str, settings: Settings) -> MattingEngine:
    """The engine of that name, loaded and ready.

    An entry point of the group names a callable that takes Settings and gives a core.types.MattingEngine.

    Raises
    ------
    UsageError
        "engine_unknown" with the known names.
    EnvironmentFault
        "extra_missing" where the engine's package is not installed; "model_missing", "model_corrupt".
    """
    if name in _OWN:
        return _OWN[name](settings)
    if name.startswith(_REMBG) and len(name) > len(_REMBG):
        raise EnvironmentFault("extra_missing", name=name, package="rembg", extra="rembg")
    for point in entry_points(group=GROUP):
        if point.name == name:
            engine: MattingEngine = point.load()(settings)
            return engine
    raise UsageError("engine_unknown", kind="matte", name=name, known=known())


def known() -> list[str]:
    """All names, ephoto's own first; `rembg:NAME` stands for rembg's sessions."""
    own = [*_OWN, f"{_REMBG}NAME"]
    return [*own, *sorted({point.name for point in entry_points(group=GROUP)} - set(own))]


def _selfie(settings: Settings) -> MattingEngine:
    from ephoto.matting.selfie import Selfie

    return Selfie(settings)


def _mediapipe(settings: Settings) -> MattingEngine:
    raise EnvironmentFault("extra_missing", name="mediapipe", package="mediapipe", extra="mediapipe")


_OWN: dict[str, Callable[[Settings], MattingEngine]] = {"selfie": _selfie, "mediapipe": _mediapipe}
