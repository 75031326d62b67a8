"""Checks as files: CSV that spreadsheets read and do not run, a page that stands alone, marks where they belong."""

from __future__ import annotations

import base64
import csv
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from ephoto.core.findings import Finding, Report
from ephoto.report.annotate import LONGEST_PX, annotated
from ephoto.report.marks import Line, Marks
from ephoto.report.page import Checked, page
from ephoto.report.rows import advice
from ephoto.report.spreadsheet import COLUMNS, csv_of

FINDINGS = (
    Finding("head_yaw", "fail", "photo", -19.4, "deg", -12.0, 12.0, 89, "retake", source="a source"),
    Finding("sharp", "unknown", "photo", unit="ratio", low=0.36, reason="the face has too few pixels"),
    Finding("mouth_closed", "pass", "photo", 0.01, "eye_chin", 0.0, 0.07),
)
REPORT = Report("cn-1inch", {}, FINDINGS)


def rows(data):
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_has_a_row_a_rule():
    told = rows(csv_of([("me.jpg", REPORT), ("you.jpg", REPORT)]))
    assert len(told) == 6
    assert tuple(told[0]) == COLUMNS
    assert (told[0]["photo"], told[0]["rule"], told[0]["status"], told[0]["native"]) == (
        "me.jpg", "head_yaw", "fail", "-19.4",
    )  # fmt: skip
    assert (told[1]["native"], told[1]["reason"]) == ("", "the face has too few pixels")
    assert told[2]["hint"] == ""


def test_csv_speaks_chinese():
    told = rows(csv_of([("照片, 一.jpg", REPORT)], "zh"))
    assert told[0]["photo"] == "照片, 一.jpg"
    assert told[0]["title"] == "正对镜头"
    assert told[1]["reason"] == "面部像素太少"


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1.jpg", "-x.jpg", "@me", "\tx"])
def test_a_file_name_is_no_formula(name):
    assert rows(csv_of([(name, REPORT)]))[0]["photo"] == f"'{name}"


class Links(HTMLParser):
    """Everything that a page would load from elsewhere."""

    def __init__(self):
        super().__init__()
        self.found = []
        self.tags = []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.found += [v for k, v in attributes if k in ("src", "href") and not v.startswith("data:")]


def test_the_page_needs_nothing_else():
    picture = b"\xff\xd8 a picture"
    told = page([Checked("me.jpg", REPORT, picture)], "zh").decode()
    seen = Links()
    seen.feed(told)
    assert seen.found == []
    assert "script" not in seen.tags
    assert base64.b64decode(re.search(r"base64,([^\"]+)", told)[1]) == picture
    assert "正对镜头" in told
    assert "-19.4 度" in told


def test_a_name_cannot_write_into_the_page():
    told = page([Checked('<script>alert("x")</script>$lang', REPORT, None)]).decode()
    assert "<script" not in told
    assert "&lt;script&gt;" in told
    assert "$lang" in told


def test_advice_tells_what_to_do_first():
    """Required before advice, failed before unknown before warned; what conversion repairs stands apart."""
    findings = (
        Finding("smile", "warn", "photo", 1.1, "ratio", remedy="retake", required=False),
        Finding("sharp", "unknown", "photo", remedy="retake"),
        Finding("roll_corrected", "warn", "photo", 9.0, "deg", remedy="conversion", required=False),
        Finding("head_yaw", "fail", "photo", 30.0, "deg", remedy="retake"),
        Finding("mouth_closed", "pass", "photo", 0.0, "ratio"),
    )
    report = Report("cn-1inch", {}, findings)
    told = report.to_dict()
    assert told["retake"] == ["head_yaw", "sharp", "smile"]
    assert told["repaired"] == ["roll_corrected"]
    assert advice(report) == [
        "Only a new photo repairs: facing the camera, sharp face, neutral mouth.",
        "The conversion repairs: head upright.",
    ]
    assert advice(Report("cn-1inch", {}, findings[-1:])) == []


def marks(*lines, size_wh=(300, 200), dots=()):
    return Marks(np.full((size_wh[1], size_wh[0], 3), 128, np.uint8), lines, np.array(dots, float).reshape(-1, 2))


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_lines_and_dots_lie_where_they_were_measured():
    drawn = opened(annotated(marks(Line(((50, 100), (250, 100)), "fail"), dots=[(150, 40)])))
    changed = np.argwhere(np.abs(drawn - 128).max(2) > 60)
    assert {tuple(p) for p in changed if p[0] < 80} <= {(y, x) for y in range(38, 43) for x in range(148, 153)}
    line = changed[changed[:, 0] > 80]
    assert abs(line[:, 0].mean() - 100) < 1
    assert (line[:, 1].min(), line[:, 1].max()) == pytest.approx((50, 250), abs=2)


def test_a_large_photo_is_drawn_smaller_and_its_marks_with_it():
    data = annotated(marks(Line(((0, 2000), (4000, 2000)), "guide", "1.0 mm"), size_wh=(4000, 3000)), "JPEG")
    drawn = opened(data)
    assert max(drawn.shape[:2]) == LONGEST_PX
    green = (drawn[..., 1] - drawn[..., 0] > 60).sum(1)
    assert abs(int(green.argmax()) - 600) <= 2


def test_the_picture_given_is_not_drawn_on():
    given = marks(Line(((0, 0), (299, 199)), "frame", closed=True))
    annotated(given)
    assert (given.pixels == 128).all()
