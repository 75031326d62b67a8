"""Finished cards judged as files: what somebody may have done to a card is found, and nothing else."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ephoto.core.errors import UsageError
from ephoto.pipeline.converter import Converter

PORTRAIT = Path(__file__).resolve().parents[2] / "samples" / "portrait.jpg"
SPECS = ("cn-social-security-card", "cn-resident-id", "us-passport", "schengen")


@pytest.fixture(scope="module")
def converters():
    return {spec: Converter(spec) for spec in SPECS}


@pytest.fixture(scope="module")
def card(converters):
    return converters[SPECS[0]].convert(PORTRAIT).data


def saved(data, *, size=None, exif=None, **options):
    """The card saved again by another program."""
    image = Image.open(io.BytesIO(data))
    given = {"format": "JPEG", "quality": 79, "dpi": (350, 350)} | options
    if exif:
        tags = image.getexif()
        tags[0x010F] = exif
        given["exif"] = tags
    out = io.BytesIO()
    (image.resize(size) if size else image).save(out, **{k: v for k, v in given.items() if v is not None})
    return out.getvalue()


def faults(report):
    return {f.code for f in report.findings if f.status in ("fail", "unknown") and f.required}


@pytest.mark.parametrize("spec", SPECS)
def test_our_own_cards_pass(spec, converters):
    """Where the ground may not be replaced, the card keeps the grey wall behind the portrait, which is not white."""
    report = converters[spec].check_card(converters[spec].convert(PORTRAIT).data)
    kept = converters[spec].spec.background.edit == "forbidden"
    assert faults(report) == ({"background_tint"} if kept else set())


def test_measures_are_those_of_the_conversion(converters, card):
    made = converters[SPECS[0]].convert(PORTRAIT).report.facts["card"]["measures_px"]
    seen = converters[SPECS[0]].check_card(card).facts["card"]["measures_px"]
    assert {k: abs(seen[k] - made[k]) < 3 for k in made} == dict.fromkeys(made, True)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({"dpi": (72, 72)}, {"dpi"}, id="another resolution"),
        pytest.param({"exif": "maker"}, {"metadata"}, id="metadata"),
        pytest.param({"quality": 100, "subsampling": 0}, {"bytes"}, id="too many bytes"),
        pytest.param({"quality": 30}, {"bytes"}, id="too few bytes"),
        pytest.param({"format": "PNG", "quality": None}, {"format", "bytes"}, id="another format"),
    ],
)
def test_what_was_done_to_a_file_is_found(changed, expected, converters, card):
    assert faults(converters[SPECS[0]].check_card(saved(card, **changed))) == expected


def test_another_size_is_no_frame_to_measure_on(converters, card):
    report = converters[SPECS[0]].check_card(saved(card, size=(300, 370)))
    frames = {f.code: f.status for f in report.findings if f.code.startswith("frame_") and f.scope == "card"}
    assert "size_px" in faults(report)
    assert set(frames.values()) == {"unknown"}


def test_a_shifted_card_breaks_its_own_rule(converters, card):
    pixels = np.roll(np.asarray(Image.open(io.BytesIO(card))), 30, axis=1)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=79, dpi=(350, 350))
    assert "frame_eye_mid_x" in faults(converters[SPECS[0]].check_card(out.getvalue()))


def test_a_blue_ground_is_told(converters):
    blue = Converter(SPECS[0], background="blue").convert(PORTRAIT).data
    (ground,) = [f for f in converters[SPECS[0]].check_card(blue).findings if f.code == "background_colour"]
    assert ground.status == "warn"


def test_pixels_are_no_file(converters, card):
    with pytest.raises(UsageError) as caught:
        converters[SPECS[0]].check_card(np.asarray(Image.open(io.BytesIO(card))))
    assert caught.value.code == "card_needs_file"
