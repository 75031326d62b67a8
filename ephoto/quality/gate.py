"""What a rule says of a measure: native values against limits that are data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from ephoto.core.errors import UsageError
from ephoto.core.findings import Finding
from ephoto.quality.scalar import scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ephoto.quality.assess import Measured

__all__ = ["Limit", "findings", "limits", "limits_with", "on_own_ground", "parsed"]

Bounds = tuple[float, float]  # from .. to, both inside; infinite where open
_INFINITE = float("inf")


@dataclass(frozen=True, slots=True)
class Limit:
    """One rule. `warn` lies inside `fail`; see limits.toml for what they mean.

    `blocks_outside` is the house's own `fail`, whatever limit is in force: only beyond it does a rule that fails make
    others unknown. `cause` is what is said of those. `own_ground` marks what only advises as long as the ground is
    replaced, and is required of a ground that stays.
    """

    code: str
    component: str
    unit: str
    fail: Bounds
    warn: Bounds
    remedy: Literal["conversion", "retake"]
    source: str
    blocks_outside: Bounds
    required: bool = True
    asked: bool = True
    blocked_by: tuple[str, ...] = ()
    cause: str = ""
    own_ground: bool = False


@cache
def limits() -> Mapping[str, Limit]:
    """The rules of limits.toml by code: those too that only some documents ask for."""
    return parsed(files(__package__).joinpath("limits.toml").read_text("utf-8"))


def parsed(toml: str) -> Mapping[str, Limit]:
    """Rules as limits.toml has them.

    Raises
    ------
    ValueError
        Where `blocked_by` names no rule, one that has no `cause`, or leads in a circle (graphlib's CycleError).
    """
    rules = {code: _limit(code, values) for code, values in tomllib.loads(toml).items()}
    for rule in rules.values():
        for code in rule.blocked_by:
            if code not in rules or not rules[code].cause:
                raise ValueError(f"{rule.code} is blocked by {code}, which is no rule with a cause")
    TopologicalSorter({code: rule.blocked_by for code, rule in rules.items()}).prepare()
    return rules


def _limit(code: str, values: dict[str, Any]) -> Limit:
    known = dict(values)
    fail, warn = (_bounds(known.pop(name)) for name in ("fail", "warn"))
    blocked_by = tuple(known.pop("blocked_by", ()))
    return Limit(code=code, fail=fail, warn=warn, blocks_outside=fail, blocked_by=blocked_by, **known)


def _bounds(pair: list[float]) -> Bounds:
    low, high = pair
    return float(low), float(high)


def limits_with(
    allowed: Sequence[str] = (),
    changed: Mapping[str, float] | None = None,
    base: Mapping[str, Limit] | None = None,
) -> Mapping[str, Limit]:
    """The rules that are asked, some of them `allowed` (they advise, and refuse nothing) and some with another limit.

    A changed limit takes the place of the bound that refuses; one that is bounded on both sides gets it on both, and
    one that was not asked is asked. `base` is what a document makes of the house's rules (`restated`), or the house's.

    Raises
    ------
    UsageError
        "bad_option" for a code that is no rule.
    """
    rules = dict(limits() if base is None else base)
    for option, codes in (("--allow", allowed), ("--limit", changed or {})):
        for code in codes:
            if code not in rules:
                raise UsageError("bad_option", option=option, value=code, allowed=sorted(rules))
    for code in allowed:
        rules[code] = replace(rules[code], required=False, own_ground=False)
    for code, value in (changed or {}).items():
        rules[code] = replace(_moved(rules[code], value), asked=True)
    return {code: rule for code, rule in rules.items() if rule.asked}


def _moved(rule: Limit, value: float) -> Limit:
    """The rule with its refusing bound at `value`, and its warning no further out."""
    bounded = rule.fail if any(abs(v) not in (0.0, _INFINITE) for v in rule.fail) else rule.warn
    low, high = bounded
    if -_INFINITE < low < 0 < high < _INFINITE:
        fail = -abs(value), abs(value)
    elif high == _INFINITE:
        fail = value, high
    else:
        fail = low, value
    return replace(rule, fail=fail, warn=(max(rule.warn[0], fail[0]), min(rule.warn[1], fail[1])))


def on_own_ground(rules: Mapping[str, Limit]) -> Mapping[str, Limit]:
    """The rules for a photo whose own ground stays."""
    return {code: replace(rule, required=True) if rule.own_ground else rule for code, rule in rules.items()}


def findings(measured: Iterable[Measured], rules: Mapping[str, Limit]) -> list[Finding]:
    """One finding a rule, in the rules' order.

    A rule whose measure is missing or could not be taken is unknown, and so is one that another blocks: one that is
    judged, fails, and is not blocked itself.
    """
    by_component = {m.component: m for m in measured}
    judged = {code: _finding(rule, by_component.get(rule.component)) for code, rule in rules.items()}
    settled: dict[str, Finding] = {}

    def settle(code: str) -> Finding:
        if code not in settled:
            causes = [c for c in rules[code].blocked_by if c in rules and _blocks(rules[c], settle(c))]
            settled[code] = _blocked(judged[code], rules[causes[0]]) if causes else judged[code]
        return settled[code]

    return [settle(code) for code in rules]


def _blocks(rule: Limit, finding: Finding) -> bool:
    low, high = rule.blocks_outside
    return finding.status == "fail" and isinstance(finding.native, float) and not low <= finding.native <= high


def _blocked(finding: Finding, cause: Limit) -> Finding:
    """What was measured stays, but nothing is said of it; a reason why nothing could be measured stays as well."""
    return replace(
        finding, status="unknown", reason=finding.reason or cause.cause, remedy="retake", blocked_by=cause.code
    )


def _finding(rule: Limit, measured: Measured | None) -> Finding:
    native = None if measured is None else measured.native
    status: Literal["pass", "warn", "fail", "unknown"] = "pass"
    if native is None:
        status = "unknown"
    elif not rule.warn[0] <= native <= rule.warn[1]:
        status = "warn" if rule.fail[0] <= native <= rule.fail[1] or not rule.required else "fail"
    low, high = rule.fail if rule.required else rule.warn
    return Finding(
        code=rule.code,
        status=status,
        scope="photo",
        native=None if native is None else float(f"{native:.4g}"),
        unit=rule.unit,
        low=None if low == -_INFINITE else low,
        high=None if high == _INFINITE else high,
        scalar=None if native is None else scalar(rule.component, native),
        remedy="none" if status == "pass" else "retake" if native is None else rule.remedy,
        required=rule.required,
        reason=_reason(measured) if native is None else None,
        source=rule.source,
        values={"component": rule.component},
    )


def _reason(measured: Measured | None) -> str:
    return "it was not measured" if measured is None else measured.reason
