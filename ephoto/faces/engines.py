"""Face engines by name: ephoto's own, optional ones, and those of other packages (entry points `ephoto.faces`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.core.registry import Registry

if TYPE_CHECKING:
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
        "extra_missing" where the engine's package is not installed, "extra_version"; "weights_unfit";
        "model_missing", "model_corrupt"; "engine_broken" for another package's.
    """
    return _REGISTRY.build(name, settings)


def known() -> list[str]:
    """All names, ephoto's own first."""
    return _REGISTRY.known()


def _embedded(settings: Settings) -> FaceEngine:
    from ephoto.faces.embedded import EmbeddedFaces

    return EmbeddedFaces(settings)


def _mediapipe(settings: Settings) -> FaceEngine:
    from ephoto.faces.task_detector import TaskFaces

    return TaskFaces(settings)


def _mediapipe_bundle(path: str, settings: Settings) -> FaceEngine:
    from ephoto.faces.landmarker import BundleFaces

    return BundleFaces(path, settings)


_REGISTRY: Registry[FaceEngine] = Registry(
    "faces",
    GROUP,
    {"embedded": _embedded, "mediapipe": _mediapipe},
    {"mediapipe:BUNDLE.task": _mediapipe_bundle},
)
