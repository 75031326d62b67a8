"""JSON for machines: whatever a report holds becomes a plain value."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from ephoto.core.findings import Finding
from ephoto.report.json import dumps, plain
from tests.report.builders import report
from tests.strategies import plain_values, reports


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(np.float32(0.5), 0.5, id="float32"),
        pytest.param(np.int64(7), 7, id="int64"),
        pytest.param(np.bool_(True), True, id="bool"),
        pytest.param(np.array([[1, 2], [3, 4]], np.uint8), [[1, 2], [3, 4]], id="array"),
        pytest.param(np.float64("nan"), None, id="numpy nan"),
        pytest.param(float("inf"), None, id="infinity"),
        pytest.param(Path("a") / "b", str(Path("a") / "b"), id="path"),
        pytest.param((1, (2, 3)), [1, [2, 3]], id="tuples"),
        pytest.param({"b", "a"}, ["a", "b"], id="set in order"),
        pytest.param({1: 2}, {"1": 2}, id="key"),
    ],
)
def test_values_become_plain(value, expected):
    got = plain(value)
    assert got == expected
    assert type(got) is type(expected)


@given(plain_values())
def test_what_is_plain_stays_as_it_is(value):
    assert json.loads(dumps(value)) == value


def test_ascii_only_reads_back_the_same():
    words = {"路径": "照片 🙂"}
    text = dumps(words, ascii_only=True)
    assert text.isascii()
    assert json.loads(text) == words
    assert not dumps(words).isascii()


def test_a_report_round_trips_in_both_languages():
    """Keys are the same in both languages; words are not."""
    finding = Finding("frame_face_width", "fail", "card", np.float64(250.5), "px", 179, 255, values={"px": np.int32(3)})
    english, chinese = (json.loads(dumps(report(finding).to_dict(lang))) for lang in ("en", "zh"))
    assert english["schema"] == "ephoto.report/1"
    assert english.keys() == chinese.keys()
    assert english["findings"][0]["native"] == 250.5
    assert english["findings"][0]["title"] != chinese["findings"][0]["title"]


@given(reports())
def test_every_report_is_json(drawn):
    told = json.loads(dumps(drawn.to_dict()))
    assert [f["code"] for f in told["findings"]] == [f.code for f in drawn.findings]
    assert told["passed"] == drawn.passed


def test_the_documented_schema_is_the_schema():
    """docs/report.md names every key of a report and of a finding."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "report.md").read_text("utf-8")
    told = report(Finding("bytes", "pass", "card", 1)).to_dict()
    for key in (*told, *told["findings"][0]):
        assert f"`{key}`" in page, key
