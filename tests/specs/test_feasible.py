"""A head exists that meets each spec. Its own small solver: nothing of ephoto.framing is used here.

A framed head is seven numbers in card px, and every rule as well as every proportion of an adult is linear in
them, so a linear program decides whether all rules can hold at once.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import linprog

from ephoto.specs import load
from ephoto.specs.files import ids

if TYPE_CHECKING:
    from ephoto.specs.model import Spec

VARIABLES = ("face_width", "crown_chin", "hair", "eye_chin", "ied", "eye_y", "eye_x")
ADULTS = {  # part: (whole, least, most): anthropometric ranges
    "crown_chin": ("face_width", 1.5, 1.7),
    "hair": ("face_width", 0.11, 0.18),  # 15-25 mm on a face of 138 mm
    "eye_chin": ("crown_chin", 0.48, 0.52),  # the eye line halves the skull
    "ied": ("face_width", 0.44, 0.48),
}
HEAD_PER_FACE = 1.08


def linear(**parts: float) -> np.ndarray:
    return np.array([parts.get(name, 0.0) for name in VARIABLES])


def measures(width: float, height: float) -> dict[str, list[tuple[np.ndarray, float]]]:
    """Each measure as one or more linear forms: coefficients and constant."""
    half = HEAD_PER_FACE / 2
    return {
        "face_width": [(linear(face_width=1), 0)],
        "head_width": [(linear(face_width=HEAD_PER_FACE), 0)],
        "ied": [(linear(ied=1), 0)],
        "crown_chin": [(linear(crown_chin=1), 0)],
        "hair_chin": [(linear(crown_chin=1, hair=1), 0)],
        "hair_top_gap": [(linear(eye_y=1, crown_chin=-1, eye_chin=1, hair=-1), 0)],
        "crown_gap": [(linear(eye_y=1, crown_chin=-1, eye_chin=1), 0)],
        "eye_from_top": [(linear(eye_y=1), 0)],
        "eye_line_from_bottom": [(linear(eye_y=-1), height)],
        "chin_gap": [(linear(eye_y=-1, eye_chin=-1), height)],
        "eye_mid_x": [(linear(eye_x=1), 0)],
        "side_gap": [(linear(eye_x=1, face_width=-half), 0), (linear(eye_x=-1, face_width=-half), width)],
    }


def head_for(spec: Spec, *, soft: bool = False, fixed: tuple[float, ...] | None = None) -> np.ndarray | None:
    """A head inside all hard rules (and the soft ones on request), or None; `fixed` gives its proportions."""
    forms, bounds = [], []
    for k, (part, (whole, least, most)) in enumerate(ADULTS.items()):
        low, high = (least, most) if fixed is None else (fixed[k], fixed[k])
        forms += [linear(**{part: 1.0, whole: -high}), linear(**{part: -1.0, whole: low})]
        bounds += [0.0, 0.0]
    for rule in spec.rules:
        if rule.soft and not soft:
            continue
        for form, constant in measures(*spec.size_wh)[rule.measure]:
            if rule.low is not None:
                forms.append(-form)
                bounds.append(constant - rule.low)
            if rule.high is not None:
                forms.append(form)
                bounds.append(rule.high - constant)
    found = linprog(np.zeros(len(VARIABLES)), A_ub=np.array(forms), b_ub=np.array(bounds), bounds=[(0, None)] * 7)
    return found.x if found.status == 0 else None


@pytest.mark.parametrize("name", ids())
def test_some_adult_meets_all_hard_rules_at_once(name: str) -> None:
    assert head_for(load.get(name)) is not None


@pytest.mark.parametrize("name", ids())
def test_the_average_adult_meets_all_hard_rules_at_once(name: str) -> None:
    assert head_for(load.get(name), fixed=(1.6, 0.145, 0.5, 0.46)) is not None


@pytest.mark.parametrize("name", ids())
def test_every_corner_of_the_adult_range_meets_all_hard_rules_at_once(name: str) -> None:
    corners = product(*((least, most) for _, least, most in ADULTS.values()))
    assert [c for c in corners if head_for(load.get(name), fixed=c) is None] == []


def test_soft_rules_that_an_average_adult_cannot_meet_are_known() -> None:
    """Only the driving licence: its head length does not go with its head width."""
    average = (1.6, 0.145, 0.5, 0.46)
    assert [n for n in ids() if head_for(load.get(n), soft=True, fixed=average) is None] == ["cn-driving-licence"]


@pytest.mark.parametrize("name", ids())
def test_aims_go_together(name: str) -> None:
    """The average adult can stand within the nearer half of every aim that is not soft."""
    from dataclasses import replace

    spec = load.get(name)
    nearer = []
    for rule in spec.rules:
        low = None if rule.low is None or rule.aim is None else (rule.low + rule.aim) / 2
        high = None if rule.high is None or rule.aim is None else (rule.high + rule.aim) / 2
        nearer.append(replace(rule, low=low, high=high))
    assert head_for(replace(spec, rules=tuple(nearer)), fixed=(1.6, 0.145, 0.5, 0.46)) is not None


def test_the_solver_finds_no_head_where_there_is_none() -> None:
    """A face as wide as the card and a skull half as long as a face can be: the test can fail."""
    from dataclasses import replace

    spec = load.get("cn-passport-print")
    rules = tuple(replace(r, low=20.0, high=30.0) if r.measure == "crown_chin" else r for r in spec.rules)
    assert head_for(replace(spec, rules=rules)) is None


@pytest.mark.parametrize(("ratio", "fits"), [(1.17, True), (1.19, False)], ids=["below", "above"])
def test_tall_hair_gives_out_where_the_reference_says(ratio: float, fits: bool) -> None:
    """The resident card: everything fits if (eye line to hair top) / face width <= 227 / 193 = 1.176."""
    spec = load.get("cn-resident-id")
    fixed = (1.6, ratio - 0.8, 0.5, 0.46)
    assert (head_for(spec, fixed=fixed) is not None) == fits
