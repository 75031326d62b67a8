"""The table: plain columns, or drawn on a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.findings import Finding, Report
from ephoto.core.messages import LANGUAGES
from ephoto.report.rows import verdict
from ephoto.report.table import columns, table
from tests.report.builders import report
from tests.strategies import reports

FINDINGS = (
    Finding("bytes", "pass", "card", 20000, "bytes", 14336, 40000),
    Finding("frame_face_width", "fail", "card", 27.3, "mm", 20, 22.5),
)


def test_plain_table_has_facts_findings_hints_and_verdict():
    lines = table(report(*FINDINGS)).splitlines()
    assert lines[0].startswith("photo   format JPEG")
    assert "ok  pass    file size   20000 bytes  14336 .. 40000" in lines
    fail = lines.index("x   fail    face width  27.3 mm      20 .. 22.5")
    assert lines[fail + 1] == "    Take the photo from further away or nearer."
    assert lines[-1] == "Not as cn-social-security-card requires: face width."


MEASURES = {
    "HeadSize": {"native": 0.17, "unit": "image_heights", "scalar": 1, "reason": None},
    "LuminanceMean": {"native": None, "unit": "of_white", "scalar": None, "reason": "no face is seen"},
}


@pytest.mark.parametrize("terminal", [False, True])
def test_all_measures_are_listed_where_they_are_asked_for(terminal):
    told = Report("cn-1inch", {"quality": MEASURES}, FINDINGS)
    text = table(told, terminal=terminal, width=120, every=True)
    assert "0.17 of the photo's height" in text
    assert "no face is seen" in text
    assert "HeadSize" not in table(told, terminal=terminal, width=120)
    assert table(report(), terminal=terminal, width=120, every=True) == table(report(), terminal=terminal, width=120)


def test_plain_table_is_bare_text():
    """No escape codes and no frames where the output is a file."""
    assert table(report(*FINDINGS)).isascii()


def test_chinese_columns_line_up():
    """A wide sign takes two columns."""
    first, second = columns([("照片", "a"), ("abc", "b")]).splitlines()
    assert first == "照片  a"
    assert second == "abc   b"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_drawn_table_says_the_same(lang):
    drawn = table(report(*FINDINGS), lang, terminal=True, width=120)
    assert "14336 .. 40000" in drawn
    assert "20 .. 22.5" in drawn
    assert FINDINGS[1].title(lang) in drawn


def test_drawn_table_takes_brackets_as_they_are():
    """Markup in a value is text: a file may be called [red].jpg."""
    finding = Finding("format", "fail", "card", "[red]x[/red]")
    assert "[red]x[/red]" in table(report(finding), terminal=True, width=120)


@given(reports(), st.sampled_from(LANGUAGES), st.booleans())
def test_every_report_can_be_drawn(drawn, lang, terminal):
    """Whatever is in it, in both languages and both forms: each rule by its title, and a verdict."""
    text = table(drawn, lang, terminal=terminal, width=400)
    assert all(finding.title(lang) in text for finding in drawn.findings)
    assert verdict(drawn, lang).split()[0] in text


def test_no_terminal_obeys_what_a_file_says():
    """A colour profile may be named anything; escape sequences in it are shown, not sent."""
    told = Report("x", {"photo": {"icc": "P3\x1b[2J\x07", "focal": {"a\x9b": "b\x1b"}}})
    for text in (table(told), table(told, terminal=True, width=120)):
        assert "P3\\x1b[2J\\x07" in text
        assert "b\\x1b" in text
        assert "\x1b[2J" not in text
        assert "\x07" not in text


def test_a_foreseen_card_is_not_called_measured():
    text = table(report(FINDINGS[0]), foreseen=True)
    assert text.endswith("By what can be foreseen, everything that cn-social-security-card requires will hold.")


@given(st.lists(st.tuples(st.text("ab照🙂 ", max_size=6), st.text("ab照", max_size=6)), min_size=1))
def test_columns_keep_every_cell(rows):
    lines = columns(rows).split("\n")
    assert len(lines) == len(rows)
    assert all(second.strip() in line for (_, second), line in zip(rows, lines, strict=True))


def test_a_value_with_a_line_break_stays_on_its_line():
    broken = Finding("format", "fail", "card", "JP\nEG")
    assert "JP\\nEG" in table(report(broken))
