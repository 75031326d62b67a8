"""Rules: data that is sound, and verdicts that follow it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.errors import UsageError
from ephoto.quality.assess import Measured
from ephoto.quality.gate import findings, limits, limits_with

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
    assert rule.required or rule.fail[1] == float("inf")  # what cannot refuse has no bound that refuses


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


def test_the_page_of_checks_is_what_the_limits_say():
    """Else: make docs."""
    assert checks_table.PAGE.read_text("utf-8") == checks_table.page()
