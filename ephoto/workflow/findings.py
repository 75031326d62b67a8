"""What is wrong with an application, a roster's row or a message, by code, in both languages."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from ephoto.core.messages import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.core.messages import Language

__all__ = ["Finding", "Level", "blocking", "level_of"]

Level = Literal["block", "warn", "inform"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One code and where it applies.

    Attributes
    ----------
    code : "wf." and a key of the table `wf` in core/messages
    pointer : JSON Pointer (RFC 6901) into the application, the document or the row; "" for the whole
    values : what the sentence needs; never a name, a whole ID number or a picture
    """

    code: str
    pointer: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        return level_of(self.code)

    def message(self, lang: Language = "en") -> str:
        return text("wf", self.code.removeprefix("wf."), "message", lang, dict(self.values))

    def hint(self, lang: Language = "en") -> str:
        return text("wf", self.code.removeprefix("wf."), "hint", lang, dict(self.values))

    def to_dict(self, lang: Language = "en") -> dict[str, Any]:
        return {
            "code": self.code,
            "level": self.level,
            "pointer": self.pointer,
            "message": self.message(lang),
            "hint": self.hint(lang),
            "values": dict(self.values),
        }


@cache
def _levels() -> Mapping[str, Level]:
    return tomllib.loads(files(__package__).joinpath("levels.toml").read_text("utf-8"))


def level_of(code: str) -> Level:
    """Whether a code blocks, warns or informs (levels.toml)."""
    return _levels()[code.removeprefix("wf.")]


def blocking(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those that keep an application from going on."""
    return tuple(f for f in findings if f.level == "block")
