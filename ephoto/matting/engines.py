"""Matting engines by name: ephoto's own, optional ones, and those of other packages (entry points `ephoto.matting`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault
from ephoto.core.registry import Registry

if TYPE_CHECKING:
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
    if name.startswith(_REMBG) and len(name) > len(_REMBG):
        raise EnvironmentFault("extra_missing", name=name, package="rembg", extra="rembg")
    return _REGISTRY.build(name, settings)


def known() -> list[str]:
    """All names, ephoto's own first; `rembg:NAME` stands for rembg's sessions."""
    return _REGISTRY.known()


def _selfie(settings: Settings) -> MattingEngine:
    from ephoto.matting.selfie import Selfie

    return Selfie(settings)


def _mediapipe(settings: Settings) -> MattingEngine:
    raise EnvironmentFault("extra_missing", name="mediapipe", package="mediapipe", extra="mediapipe")


_REGISTRY: Registry[MattingEngine] = Registry(
    "matte", GROUP, {"selfie": _selfie, "mediapipe": _mediapipe}, (f"{_REMBG}NAME",)
)
