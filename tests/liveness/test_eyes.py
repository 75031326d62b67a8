"""Openness against the own open eyes: drawn lids, other light, blur, and eyes that cannot be seen."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.liveness.eyes import learnt, openness

Y, X = np.mgrid[:26, :40] + 0.5


def eye(open_part=1.0, light=1.0, shift=(0.0, 0.0), noise=0.0, seed=0, skin=130.0):
    """A drawn eye (26, 40): white, iris and pupil inside lids, lashes along the upper one."""
    x, y = X - 20 - shift[0], Y - 13 - shift[1]
    half = 5.0 * open_part * np.sqrt(np.maximum(1 - (x / 13) ** 2, 0))
    fine = 1 / (1 + np.exp(-3 * (half - np.abs(y))))
    inner = np.where(np.hypot(x, y) < 4.6, 60.0, 190.0)
    inner = np.where(np.hypot(x, y) < 2, 25.0, inner)
    picture = skin + fine * (inner - skin)
    lash = np.exp(-(((y + half) / 0.9) ** 2)) * (np.abs(x) < 13)
    picture = (picture - 45 * lash) * light
    picture = cv2.GaussianBlur(picture, (0, 0), 0.8)
    return (picture + noise * np.random.default_rng(seed).standard_normal(picture.shape)).astype(np.float32)


def both(*args, **kwargs):
    return np.stack([eye(*args, **kwargs)] * 2)


PATTERN = learnt([both(noise=2.0, seed=k) for k in range(6)])


@settings(max_examples=60, deadline=None)
@given(
    light=st.floats(0.4, 1.5),
    shift=st.tuples(st.floats(-1.5, 1.5), st.floats(-2, 2)),
    seed=st.integers(0, 1000),
)
def test_open_eyes_are_open_in_any_light_and_a_little_aside(light, shift, seed):
    seen = openness(both(light=light, shift=shift, noise=2.0, seed=seed), PATTERN)
    assert seen.right > 0.85
    assert min(seen.right_like, seen.left_like) > 0.9


def test_lids_take_the_pattern_away():
    parts = [openness(both(part, noise=1.0), PATTERN).right for part in (1.0, 0.75, 0.5, 0.25, 0.02)]
    assert parts == sorted(parts, reverse=True)
    assert parts[0] > 0.95
    assert parts[-1] < 0.4


def test_blur_keeps_the_likeness_and_lids_do_not():
    blurred = np.stack([cv2.GaussianBlur(one, (0, 0), 1.6) for one in both()])
    seen, shut = openness(blurred, PATTERN), openness(both(0.05), PATTERN)
    assert seen.right_like > 0.85
    assert shut.right_like < 0.6


def test_one_eye_is_told_from_the_other():
    wink = np.stack([eye(0.05), eye(1.0)])
    seen = openness(wink, PATTERN)
    assert seen.right < 0.4
    assert seen.left > 0.9


@pytest.mark.parametrize("flat", [np.full((2, 26, 40), 30, np.float32), np.zeros((2, 26, 40), np.float32)])
def test_eyes_behind_dark_lenses_are_not_learnt(flat):
    assert learnt([flat + k % 2 for k in range(6)]) is None
