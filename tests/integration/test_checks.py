"""What the checks put into a report: every measure, what blocks what, whose rules hold, and who repairs it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import pytest

from ephoto.pipeline.converter import Converter
from ephoto.quality.listed import units
from ephoto.specs import load
from ephoto.specs.model import PhotoRule
from samples.defects import PROOF, neutral
from samples.render import cached


def png(pixels):
    """The pixels as a file."""
    return cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()


@pytest.fixture(scope="module")
def converter():
    return Converter()


def head(**changed):
    """A perfect photo (H, W, 3) but for the renderer's parameters that are changed."""
    return cached(replace(neutral(6, PROOF), **changed)).image


def test_every_measure_has_a_unit_and_no_unit_lacks_its_measure(converter):
    photo = head()
    told = converter.check(photo).facts["quality"]
    assert set(told) == set(units())
    assert {c for c, m in told.items() if (m["native"] is None) != bool(m["reason"])} == set()
    assert converter.convert(photo).report.facts["quality"] == told
    assert "quality" not in Converter(checks=False).convert(photo).report.facts


def test_closed_eyes_say_nothing_of_where_they_look():
    report = Converter().check(head(eyes_closed=1.0))
    found = {f.code: f for f in report.findings}
    assert found["eyes_open"].status == "fail"
    assert {found[c].blocked_by for c in ("gaze", "red_eye")} == {"eyes_open"}
    assert found["gaze"].native == report.facts["quality"]["GazeAside"]["native"]


def test_a_card_is_judged_by_the_rules_of_the_spec_that_it_is_rendered_for():
    """A made-up spec wants heads turned by 50 degrees and more; --allow holds for both."""
    wanted = PhotoRule("head_yaw", (50.0, 90.0), None, None, None, "made up", "D")
    other = replace(load.get("cn-1inch"), photo_rules=(wanted,))
    for allow, verdicts in (((), ["pass", "fail"]), (("head_yaw",), ["pass", "warn"])):
        one = Converter(allow=allow)
        analysis = one.analyse(head())
        reports = [one.render(analysis).report, one.render(analysis, spec=other).report]
        assert [f.status for r in reports for f in r.findings if f.code == "head_yaw"] == verdicts


def test_a_tilted_head_is_straightened_on_any_ground_but_on_no_card():
    tilted = head(roll_deg=12.0)
    photo, card = (
        Converter("us-passport").check(tilted),
        Converter("us-passport").judge(png(tilted), as_card=True).report,
    )
    assert "head_roll" in {f.code for f in photo.to_do("conversion")}
    assert "head_roll" in {f.code for f in card.to_do("retake")}


def test_a_ground_that_is_kept_is_repaired_by_no_conversion():
    """us-passport forbids edits, so its busy ground needs a new photo; the social security card's is replaced."""
    busy = head(background="cluttered")
    told = {spec: Converter(spec).check(busy) for spec in ("us-passport", "cn-social-security-card")}
    grounds = {"background_plain", "background_even"}
    assert grounds & {f.code for f in told["us-passport"].to_do("retake")}
    assert grounds & {f.code for f in told["cn-social-security-card"].to_do("conversion")}
    assert not grounds & {f.code for f in told["us-passport"].to_do("conversion")}


def test_a_small_lack_of_light_is_repaired_where_the_tone_may_be_corrected():
    dark = head(exposure_ev=-1.8, background_colour=(50, 52, 54))
    for tone, remedy in (("none", "retake"), ("auto", "conversion")):
        report = Converter("cn-1inch", tone=tone).convert(dark).report
        (found,) = [f for f in report.findings if f.code == "exposure"]
        assert (found.status, found.remedy) == ("warn", remedy)
