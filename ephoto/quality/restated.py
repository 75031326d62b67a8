"""What a document says of the rules, in place of the house's limits."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, NoReturn

from ephoto.core.errors import SpecError
from ephoto.quality.gate import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.quality.gate import Limit
    from ephoto.specs.model import PhotoRule, Spec

__all__ = ["restated"]


def restated(spec: Spec) -> Mapping[str, Limit]:
    """The house's rules as the document has them, in the house's order.

    What it does not state stays the house's, but a warning is never further out than the refusal. A rule that it says
    anything of is asked, if it does not say otherwise, and one that it gives a refusing limit is required.

    Raises
    ------
    SpecError
        "spec_invalid" for a code that is no rule, and for what does not fit the house's part of a rule.
    """
    rules = dict(limits())
    for stated in spec.photo_rules:
        if stated.code not in rules:
            near = get_close_matches(stated.code, rules, 1)
            problem = f"unknown key, did you mean {near[0]}" if near else "unknown key"
            _wrong(spec, stated.code, problem, sorted(rules))
        rules[stated.code] = _restated(rules[stated.code], stated, spec)
    return rules


def _restated(rule: Limit, stated: PhotoRule, spec: Spec) -> Limit:
    required = rule.required if stated.required is None else stated.required
    if stated.fail is not None:
        required = True  # that it is not cannot be stated beside a limit that refuses
    elif required and not rule.required:
        _wrong(spec, f"{rule.code}.required", "no limit refuses", "fail = [low, high] beside it")
    fail = stated.fail or rule.fail
    low, high = stated.warn or rule.warn
    if stated.warn is None:
        low, high = min(max(low, fail[0]), fail[1]), max(min(high, fail[1]), fail[0])
    elif required and not fail[0] <= low <= high <= fail[1]:
        _wrong(spec, f"{rule.code}.warn", "it is not inside fail", f"{fail[0]:g} to {fail[1]:g}, or fail beside it")
    of_bounds = stated.fail is not None or stated.warn is not None
    return replace(
        rule,
        fail=fail,
        warn=(low, high),
        required=required,
        asked=stated.asked is not False,
        source=stated.source if of_bounds else f"{rule.source}; {stated.source}",
    )


def _wrong(spec: Spec, key: str, problem: str, allowed: object) -> NoReturn:
    raise SpecError("spec_invalid", file=f"{spec.id}.toml", key=f"quality.{key}", problem=problem, allowed=allowed)
