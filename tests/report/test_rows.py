"""A report in words."""

from __future__ import annotations

import pytest

from ephoto.core.findings import Finding, Report
from ephoto.core.messages import LANGUAGES
from ephoto.report.rows import fact_rows, finding_rows, label, verdict
from tests.report.builders import report


def test_facts_are_told_by_step_and_nothing_is_left_out_silently():
    said = {row.step: row.said for row in fact_rows(report())}
    assert said["photo"] == "format JPEG, size 900 x 1200 px"
    assert said["frame"] == "gave way gap above the hair, added px left side 3.25, kept as it is yes"
    assert said["encode"] == "bytes 20000, allowed 14336 .. 40000, preferred <= 30000"


def test_machine_facts_stay_in_the_json():
    assert "1; 2" not in " ".join(row.said for row in fact_rows(report()))


def test_bystanders_are_counted():
    assert "other faces 2" in fact_rows(report())[1].said


@pytest.mark.parametrize(
    ("low", "high", "bounds"),
    [
        pytest.param(179, 255, "179 .. 255", id="both"),
        pytest.param(None, 40000, "<= 40000", id="high"),
        pytest.param(2.5, None, ">= 2.5", id="low"),
        pytest.param(350, 350, "= 350", id="equal"),
        pytest.param(None, None, "", id="open"),
    ],
)
def test_bounds(low, high, bounds):
    (row,) = finding_rows(report(Finding("bytes", "pass", "card", 300, "px", low, high)))
    assert row.bounds == bounds
    assert row.value == "300 px"


@pytest.mark.parametrize(
    ("status", "mark", "has_hint"),
    [("pass", "ok", False), ("warn", "!", True), ("fail", "x", True), ("unknown", "?", True)],
)
def test_status_has_a_mark_and_a_hint_where_something_is_wrong(status, mark, has_hint):
    (row,) = finding_rows(report(Finding("bytes", status, "card", 1)))
    assert row.mark == mark
    assert bool(row.hint) == has_hint


def test_an_unknown_finding_gives_its_reason():
    finding = Finding("frame_ied", "unknown", "card", reason="no face was found on the card")
    (row,) = finding_rows(report(finding))
    assert row.value == "-"
    assert row.hint == "no face was found on the card"


def test_a_reason_and_the_houses_words_are_said_in_the_language():
    finding = Finding("frame_ied", "unknown", "card", reason="no face was found on the card")
    assert finding_rows(report(finding), "zh")[0].hint == "在成品上没有找到人脸"
    spoken = Report("x", {"matte": {"method": "local linear, fast", "engine": "my own"}})
    assert fact_rows(spoken)[0].said == "method local linear, fast, engine my own"
    assert fact_rows(spoken, "zh")[0].said == "方法 局部线性, 快速, 引擎 my own"


def test_a_foreseen_verdict_promises_less():
    failed = Finding("frame_ied", "fail", "card", 1)
    assert verdict(report(), foreseen=True).startswith("By what can be foreseen, everything")
    assert verdict(report(failed), foreseen=True).endswith("requires: distance between the eyes.")


def test_the_verdict_names_what_does_not_hold():
    failed = Finding("bytes", "fail", "card", 1)
    advice = Finding("dpi", "fail", "card", 1, required=False)
    assert verdict(report(advice)) == "Everything that cn-social-security-card requires holds."
    assert verdict(report(failed, advice)) == "Not as cn-social-security-card requires: file size."
    assert "文件大小" in verdict(report(failed), "zh")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_code_without_a_word_shows_itself(lang):
    assert label("fact_never_heard_of", lang) == "never heard of"
