"""Checks as files: CSV that spreadsheets read and do not run, a page that stands alone, marks where they belong."""

from __future__ import annotations

import base64
import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from ephoto.core.findings import Finding, Report
from ephoto.report.annotate import LONGEST_PX, annotated
from ephoto.report.marks import Line, Marks
from ephoto.report.page import Checked, page
from ephoto.report.rows import advice, verdict
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


MEASURES = {
    "HeadPoseYaw": {"native": -19.4, "unit": "deg", "scalar": 89, "reason": None},
    "HeadSize": {"native": 0.17, "unit": "image_heights", "scalar": 1, "reason": None},
    "LuminanceMean": {"native": None, "unit": "of_white", "scalar": None, "reason": "no face is seen"},
}
MEASURED = Report(
    "cn-1inch", {"quality": MEASURES}, (replace(FINDINGS[0], values={"component": "HeadPoseYaw"}), *FINDINGS[1:])
)


def test_csv_has_a_row_for_what_no_rule_judges():
    told = rows(csv_of([("me.jpg", MEASURED)], "zh"))
    assert [row["title"] for row in told[3:]] == ["HeadSize", "LuminanceMean"]
    size, light = told[3:]
    assert (size["rule"], size["status"], size["native"], size["scalar"]) == ("", "measured", "0.17", "1")
    assert (light["status"], light["native"], light["reason"]) == ("unknown", "", "看不到面部")


def test_the_page_folds_all_measures_away():
    told = page([Checked("me.jpg", MEASURED)]).decode()
    assert "<details><summary>All measures</summary>" in told
    assert "<td>HeadSize</td><td>0.17 of the photo&#x27;s height</td><td>1</td>" in told
    assert "<details>" not in page([Checked("me.jpg", REPORT)]).decode()


def test_what_is_blocked_is_seen_to_with_its_cause():
    """It is told in its row, and neither in the advice nor in the verdict."""
    closed = Finding("eyes_open", "fail", "photo", 1.0, remedy="retake")
    gaze = Finding(
        "gaze", "unknown", "photo", 0.2, remedy="retake", reason="the eyes are not open", blocked_by=closed.code
    )
    report = Report("cn-1inch", {}, (closed, gaze))
    assert [f.code for f in report.unknown] == ["gaze"]
    assert report.to_dict()["retake"] == ["eyes_open"]
    assert advice(report) == ["Only a new photo repairs: eyes open."]
    assert verdict(report) == "Not as cn-1inch requires: eyes open."
    assert rows(csv_of([("me.jpg", report)]))[1]["blocked_by"] == "eyes_open"
    assert "双眼未睁开" in page([Checked("me.jpg", report)], "zh").decode()


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
        Finding("head_roll", "warn", "photo", 9.0, "deg", remedy="conversion", required=False),
        Finding("head_yaw", "fail", "photo", 30.0, "deg", remedy="retake"),
        Finding("mouth_closed", "pass", "photo", 0.0, "ratio"),
    )
    report = Report("cn-1inch", {}, findings)
    told = report.to_dict()
    assert told["retake"] == ["head_yaw", "sharp", "smile"]
    assert told["repaired"] == ["head_roll"]
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
