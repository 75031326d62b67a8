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
    from ephoto.sheet.sheets import PrintSheets
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


def print_sheets(
    cards: Sequence[Any],
    paper: str = "6in",
    *,
    copies: int | None = None,
    gap_mm: float | None = None,
    margin_mm: float = 0.0,
    safe_margin_mm: float | None = None,
    cut_lines: bool = False,
    mix: bool = False,
    ruler: bool = True,
    size: str | None = None,
    dpi: int | None = None,
    settings: Settings | None = None,
) -> PrintSheets:
    """Finished cards laid out on print sheets, in millimetres.

    Parameters
    ----------
    cards : sequence of path, bytes, binary file object or Card
        Files of finished cards. Each is printed at the size that its pixels and its stated resolution make.
    paper : str
        A name, such as "6in" or "a4", or a size, such as "100x150mm"; it is used either way round.
    copies : int, optional
        So many of each card, on as many sheets as it takes. Without it each card fills a sheet of its own, or with
        `mix` all of them share one sheet evenly.
    gap_mm, margin_mm, safe_margin_mm : float, optional
        Between cards (default 2); between cards and the paper's edge (default: the safe margin); the strip along the
        edge in which nothing is printed (default 3).
    cut_lines : bool
        Hairlines about the cards and crop marks.
    mix : bool
        Several cards on shared sheets, which straight cuts still part.
    ruler : bool
        A mark to check the printer's scale: 50 mm, less on small papers.
    size : str, optional
        The cards' size in print, such as "25x35mm", whatever their files state.
    dpi : int, optional
        Resolution of JPEG and PNG sheets (default: the cards'), and of cards that state none.

    Raises
    ------
    EphotoError
        UsageError ("size_does_not_fit", "paper_unknown", "card_without_dpi", ...), or InputError.

    >>> ephoto.print_sheets(["card.jpg"], "a4", cut_lines=True).save("sheet.pdf")  # doctest: +SKIP
    """
    from ephoto.sheet.sheets import print_sheets as laid_out

    return laid_out(
        cards, paper, copies=copies, gap_mm=gap_mm, margin_mm=margin_mm, safe_margin_mm=safe_margin_mm,
        cut_lines=cut_lines, mix=mix, ruler=ruler, size=size, dpi=dpi, settings=settings,
    )  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
