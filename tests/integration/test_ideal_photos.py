"""For every document there is a photo that passes all rules at once: its own, the card's and the photo checks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ephoto.pipeline.converter import Converter
from ephoto.specs import load
from samples.defects import PROOF, neutral
from samples.render import cached

SPECS = [one.id for one in load.listing()]


def ideal(ground, size_wh=(1500, 2000)):
    """A bare head of adult proportions, level, before the document's own ground, with room and pixels for any card."""
    return cached(
        replace(
            neutral(8, PROOF),
            size_wh=size_wh,
            head=0.34,
            position=(0.5, 0.44),
            hair="short",
            glasses="none",
            yaw_deg=0.0,
            pitch_deg=2.0,
            roll_deg=0.0,
            skin_lightness=60.0,
            background_colour=ground,
        )
    ).image


@pytest.mark.slow
@pytest.mark.parametrize("spec", SPECS)
def test_an_ideal_photo_passes_every_rule(spec):
    converter = Converter(spec)
    report = converter.check(ideal(converter.spec.background.rgb))
    assert {f.code for f in (*report.failed, *report.unknown)} == set()


@pytest.mark.slow
def test_too_few_pixels_are_told_as_such_where_enlarging_is_forbidden():
    converter = Converter("de-passport")
    report = converter.check(ideal(converter.spec.background.rgb, (900, 1200)))
    (found,) = [f for f in report.failed if f.code in ("enlarged", "frame_fits")]
    assert (found.code, found.remedy) == ("enlarged", "retake")
    assert found.native > 1
