"""Every measure as plain values."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ephoto.core.messages import LANGUAGES, codes
from ephoto.quality import assess
from ephoto.quality.assess import Measured
from ephoto.quality.gate import limits
from ephoto.quality.listed import listed, units

ROOM = Path(assess.__file__).parent


def test_a_unit_stands_in_one_place():
    bare = tomllib.loads(ROOM.joinpath("units.toml").read_text("utf-8"))
    assert bare.keys() & {rule.component for rule in limits().values()} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_unit_of_words_has_its_words(lang):
    told = {f"unit_{unit.replace(' ', '_')}" for unit in units().values()}
    assert told - codes("label", lang) == {"unit_px"}


def test_measures_are_listed_with_unit_and_scalar_or_with_the_reason():
    told = listed([Measured("HeadPoseRoll", 1.23456), Measured("RaisedBrows", 0.4), Measured("Sharpness", None, "why")])
    assert list(told) == ["HeadPoseRoll", "RaisedBrows", "Sharpness"]
    assert told["HeadPoseRoll"] == {"native": 1.235, "unit": "deg", "scalar": 100, "reason": None}
    assert told["RaisedBrows"]["scalar"] is None
    assert told["Sharpness"] == {"native": None, "unit": "fine_coarse", "scalar": None, "reason": "why"}
