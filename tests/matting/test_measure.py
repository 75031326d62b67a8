"""Lengths read from alpha."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.errors import UnmetError
from ephoto.matting.measure import HAIR_PX, HAIR_SPAN, Touch, hair_top, torso, touches
from tests.matting.scenes import FACE, bust_alpha


def defined_row(alpha, x_mid, face_width):
    """The definition, word for word."""
    x0, x1 = round(x_mid - HAIR_SPAN * face_width), round(x_mid + HAIR_SPAN * face_width)
    return int(np.flatnonzero(alpha[:, x0:x1].sum(1) >= HAIR_PX)[0])


def test_hair_top_of_a_head_is_the_definitions_row():
    alpha = bust_alpha()
    assert hair_top(alpha, 179.0, FACE) == pytest.approx(defined_row(alpha, 179.0, FACE), abs=0.5)


@given(st.floats(10, 120), st.floats(60, 160), st.floats(150, 210), st.floats(120, 240))
def test_hair_top_lies_within_half_a_row_of_the_definitions_row(top, radius, x_mid, face_width):
    """Round heads of any size, at any fraction of a pixel."""
    y, x = np.mgrid[:441, :358] + 0.5
    alpha = np.clip(radius + 0.5 - np.hypot(x - x_mid, y - top - radius), 0, 1).astype(np.float32)
    x0, x1 = x_mid - HAIR_SPAN * face_width, x_mid + HAIR_SPAN * face_width
    share = np.clip(np.minimum(np.arange(358) + 1, x1) - np.maximum(np.arange(358), x0), 0, 1)
    row = int(np.flatnonzero(alpha @ share >= HAIR_PX)[0])
    assert row - 0.5 <= hair_top(alpha, x_mid, face_width) <= row + 0.5


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5, 0.75])
def test_hair_top_follows_fractions_of_a_row(shift):
    """A level edge that moves by quarters of a row is followed to a third of a row."""
    alpha = np.zeros((60, 100), np.float32)
    alpha[21:] = 1
    alpha[20] = 1 - shift
    sharp = cv2.GaussianBlur(alpha, (1, 7), 0, sigmaY=1.0)
    still = hair_top(
        cv2.GaussianBlur(np.where(np.arange(60)[:, None] >= 20, alpha * 0 + 1, 0), (1, 7), 0, sigmaY=1.0), 50, 100
    )
    assert hair_top(sharp, 50, 100) - still == pytest.approx(shift, abs=0.34)


def test_two_scales_agree():
    alpha = bust_alpha()
    twice = cv2.resize(alpha, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    once = hair_top(alpha, 179.0, FACE)
    assert hair_top(twice, 358.0, 2 * FACE, px=2 * HAIR_PX) / 2 == pytest.approx(once, abs=0.5)


def test_a_few_strands_do_not_make_a_hair_top_but_a_tuft_does():
    alpha = bust_alpha()
    plain = hair_top(alpha, 179.0, FACE)
    alpha[10:40, 170:172] = 1
    assert hair_top(alpha, 179.0, FACE) == pytest.approx(plain, abs=1.0)
    alpha[10:40, 172:174] = 1
    assert hair_top(alpha, 179.0, FACE) == pytest.approx(10, abs=0.5)


def test_columns_beside_the_head_do_not_count():
    alpha = bust_alpha()
    plain = hair_top(alpha, 179.0, FACE)
    alpha[:, :90] = 1
    assert hair_top(alpha, 179.0, FACE) == plain


def test_hair_that_is_cut_by_the_top_is_zero():
    alpha = bust_alpha()
    alpha[:60, 150:200] = 1
    assert hair_top(alpha, 179.0, FACE) == 0.0


def test_no_head_is_an_error_with_a_hint():
    with pytest.raises(UnmetError) as caught:
        hair_top(np.zeros((441, 358), np.float32), 179.0, FACE)
    assert caught.value.code == "matte_lost"
    assert caught.value.hint()


def test_torso_is_one_where_the_body_is_whole_and_less_where_it_is_lost():
    alpha = bust_alpha()
    assert torso(alpha, 179.0, FACE) == pytest.approx(1.0)
    alpha[400:] = 0
    assert torso(alpha, 179.0, FACE) == 0.0
    alpha[400:, 179:] = 1
    assert torso(alpha, 179.0, FACE) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        pytest.param("top", Touch(), id="top"),
        pytest.param("bottom", Touch(5, 15, 10), id="bottom"),
        pytest.param("image_left", Touch(30, 40, 10), id="left"),
        pytest.param("image_right", Touch(22, 39, 11), id="right, two stretches"),
    ],
)
def test_touches(side, expected):
    alpha = np.zeros((40, 30), np.float32)
    alpha[35:, 5:15] = 1
    alpha[30:, :2] = 1
    alpha[30:, :5] = np.maximum(alpha[30:, :5], 0.4)
    alpha[39, :5] = 0.2
    alpha[39, 0] = 1
    alpha[39, 15:] = 0
    alpha[22:25, 28:] = 1
    alpha[31:39, 28:] = 1
    if side == "bottom":
        alpha[39, 0] = 0
    assert touches(alpha, side) == expected
    assert bool(touches(alpha, side)) == (side != "top")


def test_short_stretches_are_noise():
    alpha = np.zeros((40, 30), np.float32)
    alpha[5:7, 0] = 1
    alpha[20:30, 0] = 1
    assert touches(alpha, "image_left", least_px=4) == Touch(20, 30, 10)
    assert touches(alpha, "image_left") == Touch(5, 30, 12)


def test_depth_averages_single_pixels_away():
    alpha = np.zeros((40, 30), np.float32)
    alpha[5:9, 29] = 1
    assert touches(alpha, "image_right")
    assert not touches(alpha, "image_right", depth_px=3)
