"""What a report is made of: findings, facts and their frozen container. No measuring and no drawing here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from ephoto.core.messages import Language, text

__all__ = ["Finding", "Remedy", "Report", "Scope", "Status", "judge"]

Status = Literal["pass", "warn", "fail", "unknown"]
Scope = Literal["photo", "card"]
Remedy = Literal["none", "conversion", "retake"]

SCHEMA = "ephoto.report/1"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule and what was measured against it.

    `native` is in `unit`; `low` and `high` are the bounds in the same unit (None: open). `scalar` is the
    0..100 value where ISO/IEC 29794-5 defines one. `remedy` says who can repair it: nothing to repair, the
    conversion, or only a new photo. `required` is false for advice: it warns, and never decides a verdict.
    `blocked_by` is the code of a failed rule that makes this one unknown, whatever was measured.
    """

    code: str
    status: Status
    scope: Scope
    native: float | str | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    scalar: int | None = None
    remedy: Remedy = "none"
    required: bool = True
    reason: str | None = None
    source: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    blocked_by: str | None = None

    def title(self, lang: Language = "en") -> str:
        return text("finding", self.code, "title", lang, self.values)

    def hint(self, lang: Language = "en") -> str:
        return text("finding", self.code, "hint", lang, self.values)

    def to_dict(self, lang: Language = "en") -> dict[str, Any]:
        return {
            "code": self.code,
            "title": self.title(lang),
            "status": self.status,
            "scope": self.scope,
            "native": self.native,
            "unit": self.unit,
            "bounds": [self.low, self.high],
            "scalar": self.scalar,
            "remedy": self.remedy,
            "required": self.required,
            "reason": self.reason,
            "blocked_by": self.blocked_by,
            "source": self.source,
            "hint": self.hint(lang) if self.status != "pass" else "",
            "values": self.values,
        }


def judge(native: float, low: float | None, high: float | None, *, soft: bool = False) -> Status:
    """Where a native value stands against its bounds: inside passes, outside fails (warns if soft)."""
    inside = (low is None or native >= low) and (high is None or native <= high)
    return "pass" if inside else "warn" if soft else "fail"


@dataclass(frozen=True, slots=True)
class Report:
    """What was done and what was found. There is no overall score: a card passes when nothing required fails.

    `facts` is one mapping a step of the road, in order: photo, face, frame, matte, tone, compose, encode.
    """

    spec: str
    facts: dict[str, dict[str, Any]]
    findings: tuple[Finding, ...] = ()

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.required and f.status == "fail")

    @property
    def unknown(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.required and f.status == "unknown")

    @property
    def passed(self) -> bool:
        """True when every required finding passes or warns; an unknown one does not pass."""
        return not self.failed and not self.unknown

    def to_do(self, remedy: Remedy) -> tuple[Finding, ...]:
        """What only a new photo can repair ("retake"), or what the conversion repairs ("conversion"): what is required
        first, what fails before what is unknown and what only warns. What is blocked is seen to with its cause.
        """
        order = {"fail": 0, "unknown": 1, "warn": 2}
        open_ones = [f for f in self.findings if f.status in order and f.remedy == remedy and f.blocked_by is None]
        return tuple(sorted(open_ones, key=lambda f: (not f.required, order[f.status])))

    def to_dict(self, lang: Language = "en") -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "spec": self.spec,
            "passed": self.passed,
            "retake": [f.code for f in self.to_do("retake")],
            "repaired": [f.code for f in self.to_do("conversion")],
            "facts": self.facts,
            "findings": [f.to_dict(lang) for f in self.findings],
        }
