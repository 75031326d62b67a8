"""Each defect alone is found by its own rule and touches no other but its companions; perfect photos are left alone.

All on twenty heads that no limit was set on.
"""

from __future__ import annotations

from functools import cache

import pytest

from benchmarks.checks import checked, finds
from ephoto.core.errors import EphotoError
from ephoto.pipeline.converter import Converter
from ephoto.quality.gate import limits
from samples.defects import CALIBRATION, PROOF, defects, neutral, photo

HEADS = range(20)
DEFECTS = defects()


CONVERTERS: dict[str, Converter] = {}  # by document, each built when it is first asked for


@cache
def perfect(k, like=None):
    """What is said of head `k` without a defect, by the document of the defect named `like`."""
    defect = DEFECTS[like or "hat"]
    return checked(photo(None, k, PROOF, perfect_for=defect if like else None), defect.spec, CONVERTERS)


def touched(found, own):
    """Required rules that fail, or are unknown for another reason than that the defect's own rule blocks them."""
    cause = limits()[own].cause if own in limits() else ""
    blocked = {f.code for f in found.findings if f.status == "unknown" and (f.blocked_by or f.reason == cause)}
    return {f.code for f in (*found.failed, *found.unknown) if f.scope == "photo"} - blocked - {own}


def test_the_heads_that_prove_are_not_those_that_limits_were_set_on():
    assert not {neutral(k, PROOF).seed for k in HEADS} & {neutral(k, CALIBRATION).seed for k in HEADS}


def test_every_rule_has_a_defect_or_a_reason():
    """A rule without a defect is one that another one of the same kind stands for."""
    others = {"lids_open", "light_alike", "background_plain", "shoulders", "recaptured", "skin_colour"}
    assert {d.rule for d in DEFECTS.values()} - set(limits()) == {"orientation", "single_face"}
    assert set(limits()) - {d.rule for d in DEFECTS.values()} == others


def test_companions_are_few_and_have_reasons():
    for defect in DEFECTS.values():
        assert len(defect.companions) <= 3
        assert all(defect.companions.values())


@pytest.mark.slow
@pytest.mark.parametrize("k", HEADS)
def test_a_perfect_photo_passes_whatever_the_skin(k):
    """L* of 25 to 85 under the same light; nothing required fails or stays unknown, and nothing is unknown at all."""
    found = perfect(k)
    assert {f.code for f in (*found.failed, *found.unknown)} == set()
    assert {f.code for f in found.findings if f.status == "unknown"} == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_found_and_its_absence_too_and_no_other_rule_than_its_companions_is_touched(name):
    defect = DEFECTS[name]
    like = name if defect.perfect or defect.spec != DEFECTS["hat"].spec else None
    told = [checked(photo(defect, k, PROOF), defect.spec, CONVERTERS) for k in HEADS]
    hits = sum(finds(one, defect) is True for one in told)
    quiet = sum(finds(perfect(k, like), defect) is False for k in HEADS)
    assert (hits + quiet) / (2 * len(HEADS)) >= defect.least
    others = [touched(one, defect.rule) for one in told if not isinstance(one, EphotoError)]
    assert set().union(*others) <= set(defect.companions)
