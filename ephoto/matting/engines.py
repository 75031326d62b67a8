"""Matting engines by name: ephoto's own, optional ones, and those of other packages (entry points `ephoto.matting`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.core.registry import Registry

if TYPE_CHECKING:
    from ephoto.core.settings import Settings
    from ephoto.core.types import MattingEngine

__all__ = ["GROUP", "build", "known"]

GROUP = "ephoto.matting"


def build(name: str, settings: Settings) -> MattingEngine:
    """The engine of that name, loaded and ready.

    An entry point of the group names a callable that takes Settings and gives a core.types.MattingEngine.

    Raises
    ------
    UsageError
        "engine_unknown" with the known names; "engine_refused" for sessions of rembg that must not run.
    EnvironmentFault
        "extra_missing" where the engine's package is not installed, "extra_version"; "weights_missing",
        "weights_corrupt", "weights_unfit"; "model_missing", "model_corrupt"; "engine_broken" for another package's.
    """
    return _REGISTRY.build(name, settings)


def known() -> list[str]:
    """All names, ephoto's own first; `rembg:NAME` stands for rembg's sessions."""
    return _REGISTRY.known()


def _selfie(settings: Settings) -> MattingEngine:
    from ephoto.matting.selfie import Selfie

    return Selfie(settings)


def _mediapipe(settings: Settings) -> MattingEngine:
    from ephoto.matting.segmenter import Segmenter

    return Segmenter(settings)


def _mediapipe_file(path: str, settings: Settings) -> MattingEngine:
    from ephoto.matting.segmenter import Segmenter

    return Segmenter(settings, path)


def _rembg(wanted: str, settings: Settings) -> MattingEngine:
    from ephoto.matting.rembg_session import RembgSession

    return RembgSession(wanted, settings)


_REGISTRY: Registry[MattingEngine] = Registry(
    "matte",
    GROUP,
    {"selfie": _selfie, "mediapipe": _mediapipe},
    {"mediapipe:FILE.tflite": _mediapipe_file, "rembg:NAME": _rembg, "rembg:FILE.onnx": _rembg},
)
