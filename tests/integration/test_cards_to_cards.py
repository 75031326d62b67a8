"""An existing ID photo is as good an input as a selfie: every spec's card converts to every other, or says why not."""

from __future__ import annotations

import sys

import pytest

from ephoto.core.errors import EphotoError
from ephoto.framing.measures import Build
from ephoto.pipeline.converter import Converter
from ephoto.specs import load
from samples.render import Portrait, cached
from tests.framing.brute import a_frame_exists

SOURCE = Portrait(size_wh=(1800, 2250), head=0.34, position=(0.5, 0.42), background_colour=(250, 250, 250), seed=3)
SPECS = [spec.id for spec in load.listing()]


@pytest.fixture(scope="module")
def converters():
    return {spec: Converter(spec) for spec in SPECS}


@pytest.fixture(scope="module")
def cards(converters):
    """The card of each spec, made of one generous portrait."""
    pixels = cached(SOURCE).image
    return {spec: converter.convert(pixels) for spec, converter in converters.items()}


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS)
def test_a_generous_portrait_meets_every_spec(spec, cards):
    """The rules of every spec hold at once on an ordinary head."""
    assert [f"{f.code} {f.native} {f.unit} {f.low}..{f.high}" for f in cards[spec].report.failed] == []


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS)
def test_a_finished_card_keeps_its_frame(spec, cards, converters):
    """Converting a card to its own spec resamples nothing."""
    again = converters[spec].convert(cards[spec].data)
    assert again.report.facts["frame"]["kept_frame"]


def refusals_refuted(source, target, cards, converter):
    """A refusal and whether a search over all frames says that it was wrong."""
    (outcome,) = converter.convert_many([cards[source].data])
    if not isinstance(outcome, EphotoError):
        return None
    if outcome.code in ("enlarge_forbidden", "bytes_unreachable"):  # too few pixels, or too little detail in them
        return outcome, False
    assert outcome.code == "frame_uncovered", outcome
    analysis = converter.analyse(cards[source].data)
    sides = {"bottom"}
    contact, head = analysis.contact, analysis.head
    if contact.top:
        sides.add("top")
    if contact.image_left_from_px is not None:
        sides.add("image_left")
    if contact.image_right_from_px is not None:
        sides.add("image_right")
    if converter.request.keeps:
        sides = {"top", "bottom", "image_left", "image_right"}
    build = Build.of(head, analysis.hair_px)
    found = a_frame_exists(converter.spec, build, head, analysis.photo.size_wh, sides=sides, steps=(60, 31, 81))
    return outcome, found


@pytest.mark.slow
@pytest.mark.parametrize("source", SPECS)
def test_every_refusal_names_side_and_millimetres_and_is_right(source, cards, converters):
    wrong, table = [], []
    for target in SPECS:
        told = refusals_refuted(source, target, cards, converters[target])
        if told is None:
            continue
        error, refuted = told
        table.append(f"{source} -> {target}: {error.values.get('missing_mm') or error.code}")
        if refuted:
            wrong.append(table[-1])
        if error.code == "frame_uncovered":
            assert all(mm > 0 for mm in error.values["missing_mm"].values())
    print("\n".join(table), file=sys.stderr)
    assert wrong == []
