"""What a document says of the rules, in place of the house's limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ephoto.core.errors import SpecError
from ephoto.core.messages import LANGUAGES
from ephoto.quality import restated as room
from ephoto.quality.assess import Measured
from ephoto.quality.gate import findings, limits, limits_with
from ephoto.quality.restated import restated
from ephoto.specs import load

HOUSE = limits()
PLAIN = load.get("cn-1inch")


@pytest.fixture
def spec(tmp_path):
    """A made-up spec: spec("[quality.head_yaw]\\nfail = [-8, 8]")."""

    def made(text, base="cn-1inch"):
        path = tmp_path / "my.toml"
        path.write_text(f"same_as = '{base}'\n{text}", "utf-8")
        return load.get(path)

    return made


def verdict(rules, code, native):
    (found,) = [f for f in findings([Measured(rules[code].component, native)], rules) if f.code == code]
    return found


def test_a_spec_that_says_nothing_has_the_houses_rules():
    assert restated(PLAIN) == HOUSE


@pytest.mark.parametrize("name", [s.id for s in load.listing() if s.photo_rules])
def test_the_specs_of_the_package_fit_the_rules(name):
    stated = load.get(name).photo_rules
    rules = restated(load.get(name))
    for one in stated:
        rule = rules[one.code]
        assert rule.asked
        assert rule.fail[0] <= rule.warn[0] <= rule.warn[1] <= rule.fail[1]
        assert one.source in rule.source


def test_stated_bounds_take_the_place_of_the_houses(spec):
    rules = restated(spec("[quality.head_yaw]\nfail = [-8, 8]\nwarn = [-5, 5]\nsource = 'a sheet'\ngrade = 'B'"))
    assert [verdict(rules, "head_yaw", v).status for v in (4.0, 6.0, 9.0)] == ["pass", "warn", "fail"]
    found = verdict(rules, "head_yaw", 9.0)
    assert (found.low, found.high, found.source) == (-8.0, 8.0, "a sheet")
    assert {c: r for c, r in rules.items() if c != "head_yaw"} == {c: r for c, r in HOUSE.items() if c != "head_yaw"}


def test_a_limit_is_inherited(spec):
    rules = restated(spec("title = { en = 'x' }", "icao-9303"))
    assert verdict(rules, "head_yaw", 9.5).status == "fail"
    assert verdict(HOUSE, "head_yaw", 9.5).status == "warn"


def test_a_warning_is_never_further_out_than_the_refusal(spec):
    assert restated(spec("[quality.head_yaw]\nfail = [-4, 4]"))["head_yaw"].warn == (-4.0, 4.0)
    assert restated(spec("[quality.sharp]\nfail = [0.5, inf]"))["sharp"].warn == (0.5, float("inf"))
    assert restated(spec("[quality.head_yaw]\nfail = [20, 30]"))["head_yaw"].warn == (20.0, 20.0), "apart from it"


def test_a_wider_warning_needs_a_wider_refusal(spec):
    with pytest.raises(SpecError) as caught:
        restated(spec("[quality.head_yaw]\nwarn = [-20, 20]"))
    assert caught.value.values["key"] == "quality.head_yaw.warn"
    assert "-12 to 12" in caught.value.hint()
    assert restated(spec("[quality.head_yaw]\nwarn = [-20, 20]\nrequired = false"))["head_yaw"].warn == (-20.0, 20.0)


def test_a_limit_that_refuses_makes_advice_a_requirement(spec):
    rule = restated(spec("[quality.smile]\nfail = [-1, 1.1]"))["smile"]
    assert (rule.required, rule.fail, rule.warn) == (True, (-1.0, 1.1), (-1.0, HOUSE["smile"].warn[1]))


def test_advice_cannot_be_required_without_a_limit_that_refuses(spec):
    with pytest.raises(SpecError) as caught:
        restated(spec("[quality.smile]\nrequired = true"))
    assert caught.value.values["key"] == "quality.smile.required"


def test_a_requirement_can_be_made_advice(spec):
    rules = restated(spec("[quality.head_yaw]\nrequired = false\nsource = 'a sheet'"))
    found = verdict(rules, "head_yaw", 30.0)
    assert (found.status, found.required) == ("warn", False)
    assert found.source == f"{HOUSE['head_yaw'].source}; a sheet", "the bounds are still the house's"


def test_a_rule_can_be_left_out(spec):
    rules = limits_with(base=restated(spec("[quality.smile]\nasked = false")))
    assert list(rules) == [code for code, rule in HOUSE.items() if rule.asked and code != "smile"]


@pytest.mark.parametrize("said", ["asked = true", "fail = [0, 1.1]", "warn = [0, 0.9]", "asked = false", ""])
def test_a_rule_that_is_not_asked_is_asked_by_a_spec_that_says_anything_of_it(spec, monkeypatch, said):
    monkeypatch.setattr(room, "limits", lambda: HOUSE | {"smile": replace(HOUSE["smile"], asked=False)})
    rules = limits_with(base=restated(spec(f"[quality.smile]\n{said}" if said else "")))
    assert ("smile" in rules) == (said not in ("asked = false", ""))


def test_the_caller_wins_over_the_spec(spec):
    stated = restated(spec("[quality.head_yaw]\nfail = [-8, 8]\n[quality.smile]\nasked = false"))
    assert verdict(limits_with((), {"head_yaw": 20.0}, stated), "head_yaw", 15.0).status == "warn"
    assert verdict(limits_with((), {"head_yaw": 3.0}, stated), "head_yaw", 4.0).status == "fail"
    assert verdict(limits_with(["head_yaw"], base=stated), "head_yaw", 15.0).status == "warn"
    assert "smile" in limits_with((), {"smile": 1.2}, stated)


@pytest.mark.parametrize(
    ("code", "problem"), [("head_yawn", "did you mean head_yaw"), ("xyzzy", "unknown key")], ids=["slip", "unknown"]
)
def test_a_code_that_is_no_rule_is_told_the_rules(spec, code, problem):
    with pytest.raises(SpecError) as caught:
        restated(spec(f"[quality.{code}]\nfail = [0, 1]"))
    error = caught.value
    assert (error.code, error.values["file"], error.values["key"]) == ("spec_invalid", "my.toml", f"quality.{code}")
    assert problem in error.values["problem"]
    assert error.values["allowed"] == sorted(HOUSE)
    for lang in LANGUAGES:
        assert f"quality.{code}" in error.message(lang)
