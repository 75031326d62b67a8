"""A report as rows of words: one line a step, one line a finding, in either language. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ephoto.core.messages import codes, phrase, text, visible

if TYPE_CHECKING:
    from ephoto.core.findings import Finding, Remedy, Report
    from ephoto.core.messages import Language

__all__ = [
    "FOR_MACHINES",
    "MEASURES",
    "FactRow",
    "FindingRow",
    "MeasureRow",
    "advice",
    "fact_rows",
    "finding_rows",
    "label",
    "measure_rows",
    "unjudged",
    "verdict",
]

# Facts that are of use to programs only; they stand in the JSON.
FOR_MACHINES = frozenset({"photo_to_card", "box_xyxy", "blendshapes", "predicted_px", "reference_rgb", "reason"})
# Values that mean "nothing was done".
NOTHING_DONE = {"orientation": 1, "decoded_scale": 1.0, "quarter_turns": 0}
MEASURES = "quality"  # the step whose facts are the photo's measures: a table of their own
MARKS = {"pass": "ok", "warn": "!", "fail": "x", "unknown": "?"}


@dataclass(frozen=True, slots=True)
class FactRow:
    """What was done in one step."""

    step: str
    said: str


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding in words. `hint` is empty where nothing is wrong."""

    status: str
    mark: str
    title: str
    value: str
    bounds: str
    hint: str
    code: str


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure in words; `component` is its name in the standard, or the house's. `value` is a dash, and `reason`
    is not empty, where it could not be taken.
    """

    component: str
    value: str
    scalar: str
    reason: str


def fact_rows(report: Report, lang: Language = "en") -> list[FactRow]:
    """One row a step of the road, in its order, without the measures; facts that say "nothing" are left out."""
    rows = []
    for step, facts in report.facts.items():
        if step == MEASURES:
            continue
        said = [
            f"{label(f'fact_{key}', lang)} {shown}"
            for key, value in facts.items()
            if key not in FOR_MACHINES and (shown := _fact(key, value, lang))
        ]
        rows.append(FactRow(label(f"step_{step}", lang), ", ".join(said)))
    return rows


def finding_rows(report: Report, lang: Language = "en") -> list[FindingRow]:
    """One row a finding, in the report's order."""
    return [_finding_row(finding, lang) for finding in report.findings]


def measure_rows(report: Report, lang: Language = "en") -> list[MeasureRow]:
    """One row a measure, judged by a rule or not; none where the photo was not checked."""
    return [_measure_row(component, told, lang) for component, told in report.facts.get(MEASURES, {}).items()]


def unjudged(report: Report) -> dict[str, Any]:
    """The measures by component that no finding is about."""
    judged = {finding.values.get("component") for finding in report.findings}
    return {k: v for k, v in report.facts.get(MEASURES, {}).items() if k not in judged}


def verdict(report: Report, lang: Language = "en", *, foreseen: bool = False) -> str:
    """One sentence: whether everything required holds, and if not, what does not.

    `foreseen` is for a card that was not made: its file was not measured, so the sentence promises less.
    """
    wrong = (*report.failed, *report.unknown)
    kind = "foreseen" if foreseen else "verdict"
    if not wrong:
        return text("label", f"{kind}_pass", "text", lang, {"spec": report.spec})
    titles = [finding.title(lang) for finding in wrong if finding.blocked_by is None]
    return text("label", f"{kind}_fail", "text", lang, {"spec": report.spec, "titles": titles})


def advice(report: Report, lang: Language = "en") -> list[str]:
    """At most two sentences: what only a new photo can repair, in the order to see to it, and what conversion does."""
    lines = []
    words: tuple[tuple[Remedy, str], ...] = (("retake", "advice_retake"), ("conversion", "advice_conversion"))
    for remedy, word in words:
        titles = [finding.title(lang) for finding in report.to_do(remedy)]
        if titles:
            lines.append(text("label", word, "text", lang, {"titles": titles}))
    return lines


def label(code: str, lang: Language = "en") -> str:
    """The word for a code; a code without one shows itself."""
    if code in codes("label", lang):
        return text("label", code, "text", lang)
    return code.partition("_")[2].replace("_", " ") or code


def _finding_row(finding: Finding, lang: Language) -> FindingRow:
    value = "-" if finding.native is None else _one(finding.native, lang)
    wanted = finding.values.get("wanted")
    return FindingRow(
        status=label(f"status_{finding.status}", lang),
        mark=MARKS[finding.status],
        title=finding.title(lang),
        value=f"{value} {_unit(finding.unit, lang)}".strip(),
        bounds=_bounds(finding.low, finding.high) or ("" if wanted is None else str(wanted)),
        hint="" if finding.status == "pass" else phrase(finding.reason or "", lang) or finding.hint(lang),
        code=finding.code,
    )


def _measure_row(component: str, told: Mapping[str, Any], lang: Language) -> MeasureRow:
    native, scalar = told["native"], told["scalar"]
    return MeasureRow(
        component=component,
        value="-" if native is None else f"{_one(native, lang)} {_unit(told['unit'], lang)}".strip(),
        scalar="" if scalar is None else str(scalar),
        reason=phrase(told["reason"] or "", lang),
    )


def _unit(unit: str, lang: Language) -> str:
    known = f"unit_{unit.replace(' ', '_')}"
    return text("label", known, "text", lang) if known in codes("label", lang) else unit


def _bounds(low: float | None, high: float | None) -> str:
    if low is not None and low == high:
        return f"= {low:g}"
    if low is None:
        return "" if high is None else f"<= {_number(high)}"
    return f">= {_number(low)}" if high is None else f"{_number(low)} .. {_number(high)}"


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6g}"


def _fact(key: str, value: Any, lang: Language) -> str:
    """A fact in words; empty where there is nothing to tell."""
    if value is None or value is False or value in ("", [], {}, ()) or NOTHING_DONE.get(key) == value:
        return ""
    if value is True:
        return label("yes", lang)
    if isinstance(value, Mapping):
        return "; ".join(f"{_named(str(k), lang)} {_one(v, lang)}" for k, v in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _list(key, value, lang)
    return _one(value, lang)


def _list(key: str, value: Sequence[Any], lang: Language) -> str:
    if key.endswith("_wh"):
        return " x ".join(_one(v, lang) for v in value) + " px"
    if key == "dpi":
        return " x ".join(dict.fromkeys(_one(v, lang) for v in value))
    if key.endswith("_bytes"):
        return _bounds(*value)
    if value and isinstance(value[0], Mapping):  # bystanders: how many tells enough here
        return str(len(value))
    return "; ".join(_named(v, lang) if isinstance(v, str) else _one(v, lang) for v in value)


def _named(word: str, lang: Language) -> str:
    """A measure by its finding's title, a side by its label, anything else as it is."""
    for kind, code, part in (("finding", f"frame_{word}", "title"), ("label", f"side_{word}", "text")):
        if code in codes(kind, lang):
            return text(kind, code, part, lang)
    return word


def _one(value: Any, lang: Language) -> str:
    if isinstance(value, bool):
        return label("yes" if value else "no", lang)
    if isinstance(value, str):
        return ", ".join(_word(part, lang) for part in value.split(", "))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _word(word: str, lang: Language) -> str:
    """A value that is one of the house's own words, in the language; anything else as it is."""
    code = f"word_{word.replace(' ', '_').replace(':', '_')}"
    return text("label", code, "text", lang) if code in codes("label", lang) else visible(word)
