"""Rules: data that is sound, and verdicts that follow it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.errors import UsageError
from ephoto.quality.assess import Measured
from ephoto.quality.gate import findings, limits, limits_with, parsed

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))
import checks_table

RULES = limits()
CODES = sorted(RULES)


def verdict(code, native, rules=RULES):
    (found,) = [f for f in findings([Measured(rules[code].component, native)], rules) if f.code == code]
    return found


@pytest.mark.parametrize("code", CODES)
def test_a_rule_is_sound(code):
    rule = RULES[code]
    assert rule.fail[0] <= rule.warn[0] < rule.warn[1] <= rule.fail[1]
    assert rule.source
    assert rule.unit
    assert (
        rule.required or rule.own_ground or rule.fail[1] == float("inf")
    )  # what cannot refuse has no bound that refuses


@given(st.sampled_from(CODES), st.floats(-200, 1000))
def test_a_verdict_follows_the_bounds(code, native):
    rule = RULES[code]
    status = verdict(code, native).status
    if rule.warn[0] <= native <= rule.warn[1]:
        assert status == "pass"
    elif rule.fail[0] <= native <= rule.fail[1] or not rule.required:
        assert status == "warn"
    else:
        assert status == "fail"


@given(st.sampled_from(CODES), st.floats(-200, 1000))
def test_a_pass_asks_for_nothing_and_anything_else_for_a_remedy(code, native):
    found = verdict(code, native)
    assert (found.remedy == "none") == (found.status == "pass")


def test_every_rule_has_a_finding_and_what_was_not_measured_is_unknown():
    told = findings([], RULES)
    assert [f.code for f in told] == list(RULES)
    assert {f.status for f in told} == {"unknown"}
    assert all(f.reason for f in told)


def test_the_reason_of_an_unknown_measure_is_told():
    told = findings([Measured("Sharpness", None, "the face has too few pixels")], RULES)
    (found,) = [f for f in told if f.code == "sharp"]
    assert (found.status, found.reason) == ("unknown", "the face has too few pixels")


def test_a_scalar_stands_beside_the_native_value_where_the_standard_has_one():
    assert verdict("inter_eye_distance", 90.0).scalar == 73
    assert verdict("sharp", 0.6).scalar is None


def test_allowed_rules_advise():
    rules = limits_with(["head_yaw"])
    assert verdict("head_yaw", 30.0, rules).status == "warn"
    assert not verdict("head_yaw", 30.0, rules).required
    assert verdict("head_yaw", 30.0).status == "fail"


@pytest.mark.parametrize(
    ("code", "value", "inside", "outside"),
    [
        ("head_yaw", 20.0, (-19.0, 19.0), (-21.0, 21.0)),
        ("inter_eye_distance", 45.0, (46.0, 100.0), (44.0,)),
        ("mouth_closed", 0.1, (0.09,), (0.11,)),
        ("sharp", 0.5, (0.55,), (0.45,)),
    ],
)
def test_a_changed_limit_is_the_one_that_refuses(code, value, inside, outside):
    rules = limits_with((), {code: value})
    assert {verdict(code, v, rules).status for v in inside} <= {"pass", "warn"}
    assert {verdict(code, v, rules).status for v in outside} == {"fail"}


@pytest.mark.parametrize("given_to", ["allowed", "changed"])
def test_a_code_that_is_no_rule_is_told_the_rules(given_to):
    with pytest.raises(UsageError) as caught:
        limits_with(["nose"]) if given_to == "allowed" else limits_with((), {"nose": 1.0})
    assert caught.value.code == "bad_option"
    assert "head_yaw" in caught.value.hint()


def told(rules, **natives):
    """Findings by code for natives by code; None is a measure that could not be taken."""
    measured = [Measured(rules[c].component, v, "" if v is not None else "it was not seen") for c, v in natives.items()]
    return {f.code: f for f in findings(measured, rules)}


CLOSED, FEW_PX, DARK = 1.0, 40.0, 40.0  # natives with which eyes_open, inter_eye_distance and dark_lenses fail


def test_a_failed_rule_makes_those_unknown_that_mean_nothing_without_it():
    found = told(RULES, inter_eye_distance=100.0, eyes_open=CLOSED, gaze=0.5, red_eye=0.0)
    assert found["eyes_open"].status == "fail"
    for code, native in (("gaze", 0.5), ("red_eye", 0.0)):
        blocked = found[code]
        assert (blocked.status, blocked.blocked_by, blocked.native) == ("unknown", "eyes_open", native)
        assert blocked.reason == RULES["eyes_open"].cause
        assert blocked.to_dict()["blocked_by"] == "eyes_open"
    assert found["mouth_closed"].blocked_by is None


@pytest.mark.parametrize("native", [0.3, 0.8, None], ids=["passes", "warned", "unknown"])
def test_only_a_rule_that_fails_blocks(native):
    found = told(RULES, inter_eye_distance=100.0, eyes_open=native, gaze=0.0)
    assert (found["gaze"].status, found["gaze"].blocked_by) == ("pass", None)


def test_what_is_blocked_itself_blocks_nothing():
    """Behind dark lenses nothing is known of lids, so it is the lenses that the gaze is told."""
    found = told(RULES, dark_lenses=DARK, eyes_open=CLOSED, gaze=0.0)
    assert found["eyes_open"].status == "unknown"
    assert {found[c].blocked_by for c in ("eyes_open", "gaze")} == {"dark_lenses"}


def test_a_reason_why_nothing_was_measured_stays():
    found = told(RULES, inter_eye_distance=FEW_PX, sharp=None)
    assert (found["sharp"].reason, found["sharp"].blocked_by) == ("it was not seen", "inter_eye_distance")


def test_an_allowed_rule_and_a_stricter_limit_block_nothing():
    """It is beyond the house's own limit that a measure means nothing, not beyond whatever somebody asks for."""
    assert told(limits_with(["eyes_open"]), eyes_open=CLOSED, gaze=0.0)["gaze"].status == "pass"
    strict = told(limits_with((), {"eyes_open": 0.2}), eyes_open=0.3, gaze=0.0)
    assert (strict["eyes_open"].status, strict["gaze"].status) == ("fail", "pass")


RULE = '[{0}]\ncomponent = "{0}"\nunit = "u"\nfail = [0.0, 2.0]\nwarn = [0.0, 1.0]\nremedy = "retake"\nsource = "s"\n'
A, B, C = (RULE.format(name) for name in "abc")


@pytest.mark.parametrize(
    "toml",
    [
        pytest.param(A + 'blocked_by = ["b"]\n', id="no rule"),
        pytest.param(A + 'blocked_by = ["b"]\n' + B, id="no cause"),
        pytest.param(A + 'blocked_by = ["a"]\ncause = "x"\n', id="itself"),
        pytest.param(A + 'blocked_by = ["b"]\ncause = "x"\n' + B + 'blocked_by = ["a"]\ncause = "y"\n', id="a circle"),
    ],
)
def test_rules_that_are_blocked_by_what_cannot_block_are_refused(toml):
    with pytest.raises(ValueError, match=r"blocked by|cycle"):
        parsed(toml)


def test_blocking_does_not_depend_on_the_order_of_the_rules():
    rules = parsed(C + 'blocked_by = ["b", "a"]\n' + B + 'blocked_by = ["a"]\ncause = "y"\n' + A + 'cause = "x"\n')
    found = told(rules, a=3.0, b=3.0, c=0.0)
    assert [(f.code, f.status, f.blocked_by) for f in found.values()] == [
        ("c", "unknown", "a"), ("b", "unknown", "a"), ("a", "fail", None),
    ]  # fmt: skip


def test_a_rule_that_is_not_asked_is_not_judged_unless_a_limit_names_it():
    rules = parsed(A + "asked = false\n" + B)
    assert list(limits_with(base=rules)) == ["b"]
    assert list(limits_with(["a"], base=rules)) == ["b"], "what is not asked may be allowed, and stays out"
    asked = limits_with((), {"a": 1.5}, rules)
    assert (list(asked), asked["a"].fail) == (["a", "b"], (0.0, 1.5))


def test_a_limit_on_a_rule_that_is_open_below_is_one_sided():
    rules = {"smile": replace(RULES["smile"], fail=(-float("inf"), 2.0), warn=(-float("inf"), 1.0))}
    assert limits_with((), {"smile": 1.5}, rules)["smile"].fail == (-float("inf"), 1.5)


def test_the_page_of_checks_is_what_the_limits_say():
    """Else: make docs."""
    assert checks_table.PAGE.read_text("utf-8") == checks_table.page()
