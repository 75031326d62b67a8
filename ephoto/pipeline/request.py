"""What a caller asks for, checked as a whole before any work is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ephoto.compose.background import Background, parse
from ephoto.core.colour import hex_of
from ephoto.core.errors import UsageError
from ephoto.quality.gate import limits_with
from ephoto.quality.restated import restated
from ephoto.specs import load
from ephoto.specs.model import Spec

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from ephoto.quality.gate import Limit

__all__ = ["MatteQuality", "Request", "ToneMode"]

MatteQuality = Literal["fast", "high"]
ToneMode = Literal["none", "auto"]


@dataclass(frozen=True, slots=True)
class Request:
    """One card's wishes.

    `automatic` is true where the caller named no background, so that a photo which already stands on the
    spec's ground may keep it. `rules` judge the photo: the house's, as the spec has them, as the caller has those.
    """

    spec: Spec
    background: Background
    automatic: bool
    matte: MatteQuality
    nudge: tuple[float, float, float]
    rules: Mapping[str, Limit]
    tone: ToneMode = "none"

    @property
    def keeps(self) -> bool:
        """True when the photo's own ground stays."""
        return self.background.kind == "keep"

    @classmethod
    def of(
        cls,
        spec: str | os.PathLike[str] | Spec,
        *,
        background: str | None = None,
        profile: str | None = None,
        matte: str = "fast",
        nudge: tuple[float, float, float] = (0.0, 0.0, 1.0),
        allow: Sequence[str] = (),
        limit: Mapping[str, float] | None = None,
        tone: str = "none",
    ) -> Request:
        """Check everything that can be checked without a photo.

        Raises
        ------
        SpecError, UsageError
            An unknown spec, profile, colour, quality, tone or rule; a background or a tone where the document forbids
            edits; transparency in a format without alpha; a nudge that makes no sense.
        """
        chosen = _spec(spec, profile)
        wanted = parse(background if background is not None else _default(chosen))
        if wanted.kind != "keep" and chosen.background.edit == "forbidden":
            raise UsageError("background_forbidden", spec=chosen.id, background=background)
        if wanted.kind == "transparent" and chosen.format != "PNG":
            raise UsageError("alpha_needs_png", format=chosen.format)
        if matte not in ("fast", "high"):
            raise UsageError("bad_option", option="--matte", value=matte, allowed="fast, high")
        if len(nudge) != 3 or not nudge[2] > 0:
            raise UsageError("bad_option", option="--nudge", value=nudge, allowed="DX,DY,SCALE in mm, mm and > 0")
        if tone not in ("none", "auto"):
            raise UsageError("bad_option", option="--tone", value=tone, allowed="auto, none")
        if tone != "none" and chosen.background.edit == "forbidden":
            raise UsageError("tone_forbidden", spec=chosen.id)
        quality: MatteQuality = "high" if matte == "high" else "fast"
        mode: ToneMode = "auto" if tone == "auto" else "none"
        rules = limits_with(allow, limit, restated(chosen))
        return cls(chosen, wanted, background is None, quality, nudge, rules, mode)


def _default(spec: Spec) -> str:
    return "keep" if spec.background.default == "keep" else hex_of(spec.background.rgb)


def _spec(spec: str | os.PathLike[str] | Spec, profile: str | None) -> Spec:
    if not isinstance(spec, Spec):
        return load.get(spec if isinstance(spec, str) else Path(spec), profile=profile)
    return load.with_profile(spec, profile) if profile else spec
