"""ephoto: ID photos that meet the specification to the pixel, offline.

    import ephoto
    card = ephoto.convert("selfie.jpg", spec="cn-social-security-card")
    card.save("card.jpg")

This is the front door: it opens lazily, so that `import ephoto` loads no picture library and no model.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from ephoto.core.errors import (
        CheckError,
        EnvironmentFault,
        EphotoError,
        FaceError,
        InputError,
        SpecError,
        UnmetError,
        UsageError,
    )
    from ephoto.core.findings import Finding, Report
    from ephoto.core.settings import Settings
    from ephoto.pipeline.analyse import Analysis
    from ephoto.pipeline.card import Card
    from ephoto.pipeline.converter import Converter
    from ephoto.pipeline.cutout import Cutout
    from ephoto.sheet.sheets import PrintSheets, print_sheets
    from ephoto.specs.model import Spec

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "Card",
    "CheckError",
    "Converter",
    "Cutout",
    "EnvironmentFault",
    "EphotoError",
    "FaceError",
    "Finding",
    "InputError",
    "PrintSheets",
    "Report",
    "Settings",
    "Spec",
    "SpecError",
    "UnmetError",
    "UsageError",
    "__version__",
    "convert",
    "matte",
    "print_sheets",
]

_HOMES = {
    "Analysis": "ephoto.pipeline.analyse",
    "Card": "ephoto.pipeline.card",
    "CheckError": "ephoto.core.errors",
    "Converter": "ephoto.pipeline.converter",
    "Cutout": "ephoto.pipeline.cutout",
    "EnvironmentFault": "ephoto.core.errors",
    "EphotoError": "ephoto.core.errors",
    "FaceError": "ephoto.core.errors",
    "Finding": "ephoto.core.findings",
    "InputError": "ephoto.core.errors",
    "PrintSheets": "ephoto.sheet.sheets",
    "Report": "ephoto.core.findings",
    "Settings": "ephoto.core.settings",
    "Spec": "ephoto.specs.model",
    "SpecError": "ephoto.core.errors",
    "UnmetError": "ephoto.core.errors",
    "UsageError": "ephoto.core.errors",
    "print_sheets": "ephoto.sheet.sheets",
}


def convert(
    photo: Any,
    spec: str | os.PathLike[str] | Spec = "cn-social-security-card",
    *,
    background: str | None = None,
    engine: str = "selfie",
    faces: str = "embedded",
    matte: str = "fast",
    profile: str | None = None,
    nudge: tuple[float, float, float] = (0.0, 0.0, 1.0),
    tone: str = "none",
    checks: bool = True,
    allow: Sequence[str] = (),
    limit: Mapping[str, float] | None = None,
    strict: bool = False,
    settings: Settings | None = None,
) -> Card:
    """One photo to one card; for several photos build a `Converter` once.

    Parameters
    ----------
    photo : path, bytes, binary file object, Pillow image or numpy array
        An array is RGB (H, W, 3), RGBA (H, W, 4) or grey (H, W). It is not changed.
    spec, background, engine, faces, matte, profile, nudge, tone, checks, allow, limit, strict, settings
        As for `Converter`.

    Raises
    ------
    EphotoError
        UsageError, InputError, FaceError, UnmetError, CheckError or EnvironmentFault.
    """
    from ephoto.pipeline.converter import Converter

    return Converter(
        spec,
        background=background,
        engine=engine,
        faces=faces,
        matte=matte,
        profile=profile,
        nudge=nudge,
        tone=tone,
        checks=checks,
        allow=allow,
        limit=limit,
        strict=strict,
        settings=settings,
    ).convert(photo)


def matte(
    photo: Any,
    *,
    engine: str = "selfie",
    faces: str = "embedded",
    matte: str = "fast",
    settings: Settings | None = None,
) -> Cutout:
    """The person of one photo cut out at its full size; for several photos use `Converter.matte`.

    Parameters
    ----------
    photo : path, bytes, binary file object, Pillow image or numpy array
        As for `convert`; it is not changed.
    engine, faces, matte, settings
        As for `Converter`.

    Raises
    ------
    EphotoError
        UsageError, InputError, FaceError, UnmetError or EnvironmentFault.

    >>> ephoto.matte("selfie.jpg").save("person.png")  # doctest: +SKIP
    """
    from ephoto.pipeline.converter import Converter

    return Converter(engine=engine, faces=faces, matte=matte, settings=settings).matte(photo)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
