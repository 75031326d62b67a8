"""The options that say what a card shall be, which `convert`, `batch`, `watch` and `liveness` share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ephoto.cli import options as o

if TYPE_CHECKING:
    from ephoto.specs.model import Spec

__all__ = ["CardWords", "LookWords"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookWords:
    """Each field is an option; see options.py. --spec is not among them: `convert` takes several."""

    size: o.Size = None
    dpi: o.Dpi = None
    kb: o.Kb = None
    profile: o.Profile = None
    background: o.Background = None
    matte: o.MatteQuality = "fast"
    tone: o.Tone = "none"
    engine: o.Engine = "selfie"
    faces: o.Faces = "embedded"
    allow: o.Allow = None
    limit: o.Limits = None

    def specs(self, spec: str | None) -> tuple[Spec, ...]:
        """The specs that --spec or --size asks for.

        Raises
        ------
        UsageError
        """
        return _specs_of(spec, self.size, self.dpi, self.kb, self.profile)

    def looks(self, specs: tuple[Spec, ...], **others: Any) -> dict[str, Any]:
        """What a converter is given besides its spec and its settings; `others` are checked with these.

        Raises
        ------
        UsageError
            Where no such card can be made for one of the specs.
        """
        from ephoto.pipeline.request import Request

        wished: dict[str, Any] = {"background": self.background, "matte": self.matte, "tone": self.tone} | others
        wished |= o.parse_rules(self.allow, self.limit)
        for spec in specs:
            Request.of(spec, **wished)
        return wished | {"engine": self.engine, "faces": self.faces}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWords(LookWords):
    """The same, and how strict the checks are."""

    strict: o.Strict = False
    checks: o.Checks = True

    def wishes(self, specs: tuple[Spec, ...], **others: Any) -> dict[str, Any]:
        """What `looks` gives, with these."""
        return self.looks(specs, **others) | {"checks": self.checks, "strict": self.strict}


def _specs_of(
    names: str | None, size: str | None, dpi: str | None, kb: str | None, profile: str | None
) -> tuple[Spec, ...]:
    """The specs that --spec names, or the one that --size describes.

    Raises
    ------
    UsageError
        "needs_size", "size_excludes", "bad_option", "profile_unknown".
    SpecError
    """
    from ephoto.core.errors import UsageError
    from ephoto.specs import load

    if size is None:
        for option, value in (("--dpi", dpi), ("--kb", kb)):
            if value is not None:
                raise UsageError("needs_size", option=option)
        return load.many(load.DEFAULT if names is None else names, profile=profile)
    for option, value in (("--spec", names), ("--profile", profile)):
        if value is not None:
            raise UsageError("size_excludes", option=option)
    resolution = o.parse_dpi(dpi)
    return (load.adhoc(size, kb=kb) if resolution is None else load.adhoc(size, resolution, kb),)
