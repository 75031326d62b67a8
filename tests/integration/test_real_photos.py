"""Real photos: which give cards, which are refused and how."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.real_photos import MAY_BE_REFUSED, one_face
from ephoto.core.errors import EphotoError, FaceError
from ephoto.pipeline.converter import Converter

FOLDER = os.environ.get("EPHOTO_TEST_PHOTOS")
pytestmark = [pytest.mark.photos, pytest.mark.skipif(not FOLDER, reason="EPHOTO_TEST_PHOTOS names no folder")]
PHOTOS = Path(FOLDER) if FOLDER else Path()
MUST = sorted(one_face(PHOTOS) - MAY_BE_REFUSED.keys()) if FOLDER else []
SPECS = ("cn-social-security-card", "cn-resident-id")


@pytest.fixture(scope="module")
def converters():
    return {spec: Converter(spec, checks=False) for spec in SPECS}


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("stem", MUST)
def test_one_face_gives_a_card_that_passes(stem, spec, converters):
    """No refusal, no failing rule, and no use of the exemption for tall hair."""
    card = converters[spec].convert(PHOTOS / f"{stem}.jpg")
    assert [f.code for f in (*card.report.failed, *card.report.unknown)] == []
    assert card.report.facts["frame"]["gave_way"] == []
    assert "hair_cut" not in {f.code for f in card.report.findings}


@pytest.mark.parametrize("stem", sorted(MAY_BE_REFUSED))
def test_hard_photos_give_a_card_or_a_typed_refusal(stem, converters):
    (outcome,) = converters[SPECS[0]].convert_many([PHOTOS / f"{stem}.jpg"])
    if isinstance(outcome, EphotoError):
        assert outcome.code in {"no_face", "many_faces", "frame_uncovered", "matte_lost"}
        assert outcome.hint()
    else:
        assert outcome.image.shape == (441, 358, 3)


@pytest.mark.parametrize("stem", ["p25", "p26"])
def test_no_face_says_what_was_tried(stem, converters):
    with pytest.raises(FaceError) as caught:
        converters[SPECS[0]].convert(PHOTOS / f"{stem}.jpg")
    assert caught.value.code == "no_face"
    assert caught.value.values["tried"]


@pytest.mark.parametrize("stem", ["p01", "p22"])
def test_comparable_faces_are_refused_with_boxes_and_scores(stem, converters):
    with pytest.raises(FaceError) as caught:
        converters[SPECS[0]].convert(PHOTOS / f"{stem}.jpg")
    assert caught.value.code == "many_faces"
    assert caught.value.values["count"] >= 2
