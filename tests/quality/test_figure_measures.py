"""What is told by the person's outline, the room about the head, the ground and the whites of the eyes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.compose.tone import limits
from ephoto.core.face import Head
from ephoto.quality.background_colour import background_colour
from ephoto.quality.clothes_contrast import clothes_contrast
from ephoto.quality.colour_cast import colour_cast
from ephoto.quality.head_margin import head_margin
from ephoto.quality.reference_white import reference_white
from ephoto.quality.shoulders import shoulders

SIZE = (66, 168)  # rows, columns
MIDDLE, CHIN, FACE = 84.0, 22.0, 40.0
GREYS = st.integers(0, 255)


def person(half_px=60, *, known=True):
    """Shoulders from row 30 on, and a neck above; nothing is known of what is not `known`."""
    mask = np.zeros(SIZE, np.float32)
    mask[:, 70:98] = 1
    mask[30:, int(MIDDLE - half_px) : int(MIDDLE + half_px)] = 1
    return mask if known else np.full(SIZE, np.nan, np.float32)


def dressed(clothes, ground, mask):
    return np.where(np.nan_to_num(mask)[..., None] > 0.5, clothes, ground).astype(np.uint8)


@given(GREYS, GREYS)
def test_clothes_of_the_grounds_colour_have_no_contrast(level, ground):
    mask = person()
    pixels = dressed((level,) * 3, (ground,) * 3, mask)
    kept = clothes_contrast(mask, pixels, MIDDLE, CHIN, FACE)
    replaced = clothes_contrast(mask, pixels, MIDDLE, CHIN, FACE, (ground,) * 3)
    assert kept == pytest.approx(replaced, abs=0.5)
    assert (replaced < 1) == (abs(level - ground) < 3) or replaced < 2


@given(GREYS, GREYS)
def test_darker_clothes_stand_out_more_from_white(one, other):
    dark, light = sorted((one, other))
    values = [
        clothes_contrast(person(), dressed((v,) * 3, (128,) * 3, person()), MIDDLE, CHIN, FACE, (255, 255, 255))
        for v in (dark, light)
    ]
    assert values[0] >= values[1] - 1e-6


def test_shoulders_that_are_not_seen_are_unknown():
    nothing = person(known=False)
    assert clothes_contrast(nothing, dressed((9, 9, 9), (9, 9, 9), nothing), MIDDLE, CHIN, FACE) is None
    assert shoulders(nothing, (MIDDLE, -24.0), CHIN, FACE) is None
    assert shoulders(person(), (MIDDLE, -24.0), 90.0, FACE) is None


@given(st.integers(25, 80))
def test_shoulders_are_measured_in_faces(half_px):
    assert shoulders(person(half_px), (MIDDLE, -24.0), CHIN, FACE) == pytest.approx(2 * half_px / FACE, abs=0.03)


def head(x, y, *, turn_deg=0.0):
    turn = math.radians(turn_deg)
    across, down = np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])
    return Head(np.array([x, y]), across, down, -turn_deg, 100.0, 105.0, 105.0, 170.0, 170.0)


def test_the_least_room_counts():
    assert head_margin(head(300, 400), 200.0, (600, 800)) == pytest.approx(1.95)
    assert head_margin(head(140, 400), 200.0, (600, 800)) == pytest.approx(0.35)
    assert head_margin(head(300, 230), 200.0, (600, 800)) == pytest.approx(0.3)
    assert head_margin(head(300, 620), 200.0, (600, 800)) == pytest.approx(0.1)


def test_cut_hair_leaves_no_room_and_a_cut_skull_less_than_none():
    assert head_margin(head(300, 180), 200.0, (600, 800)) == 0
    assert head_margin(head(300, 180), 175.0, (600, 800), hair_cut=True) == 0
    assert head_margin(head(300, 150), 200.0, (600, 800)) == pytest.approx(-0.2)
    assert head_margin(head(90, 400), 200.0, (600, 800)) == pytest.approx(-0.15)


@given(st.floats(200, 600), st.floats(200, 600), st.floats(0.2, 4))
def test_room_does_not_depend_on_resolution(x, y, scale):
    one = head_margin(head(x, y), 200.0, (800, 800))
    small = head(x, y)
    scaled = Head(
        small.eye_mid * scale, small.across, small.down, 0.0, *(scale * v for v in (100.0, 105.0, 105.0, 170.0, 170.0))
    )
    assert head_margin(scaled, 200.0 * scale, (round(800 * scale), round(800 * scale))) == pytest.approx(one, abs=0.02)


@given(st.tuples(GREYS, GREYS, GREYS))
def test_a_ground_of_the_wanted_colour_is_right(rgb):
    pixels = np.full((60, 60, 3), rgb, np.uint8)
    everywhere = np.ones((60, 60), np.uint8)
    assert background_colour(pixels, everywhere, rgb) == pytest.approx(0, abs=1e-6)
    assert background_colour(pixels, np.zeros_like(everywhere), rgb) is None


@given(GREYS, GREYS)
def test_a_darker_ground_is_further_from_white(one, other):
    dark, light = sorted((one, other))
    everywhere = np.ones((60, 60), np.uint8)
    values = [background_colour(np.full((60, 60, 3), v, np.uint8), everywhere, (255, 255, 255)) for v in (dark, light)]
    assert values[0] >= values[1]


WHITE = np.array([1.18, 1.0, 0.94]) * 0.45


@given(st.floats(-4, 1), st.floats(-4, 1))
def test_the_reference_follows_the_exposure(one, other):
    low, high = sorted((one, other))
    values = [reference_white([WHITE * 2**ev, WHITE * 2**ev], None) for ev in (low, high)]
    assert values[0] <= values[1]


def test_a_light_ground_vouches_for_the_exposure_and_a_dark_one_says_nothing():
    shares = np.zeros(256)
    shares[200] = 1.0
    assert reference_white([WHITE * 0.1], shares) == pytest.approx(200 / 255)
    black = np.zeros(256)
    black[2] = 1.0
    assert reference_white([WHITE], black) == reference_white([WHITE], None)
    assert reference_white([], None) is None


@given(st.floats(0.05, 2.0))
def test_exposure_is_no_colour(exposure):
    assert colour_cast([WHITE * exposure]) == pytest.approx(0, abs=1e-9)


@given(st.floats(0, 1.5), st.floats(0, 1.5), st.sampled_from([(1, 0), (-1, 0), (0, 1), (0, -1), (-1, -1), (1, -1)]))
def test_more_colour_is_further_from_white(one, other, way):
    weak, strong = sorted((one, other))
    values = [colour_cast([WHITE * 2 ** np.array([way[0] * d, 0.0, way[1] * d])]) for d in (weak, strong)]
    assert values[0] <= values[1] + 1e-9


def test_the_typical_white_is_the_one_that_the_tone_is_corrected_to():
    """It stands in two rooms that do not know each other."""
    tone = limits()
    assert colour_cast([np.array([tone.white_red, 1.0, tone.white_blue])]) == pytest.approx(0, abs=1e-9)


def test_red_counts_half_and_no_white_is_unknown():
    assert colour_cast([WHITE * [2, 1, 1]]) == pytest.approx(0.5)
    assert colour_cast([WHITE * [0.5, 1, 1]]) == pytest.approx(1.0)
    assert colour_cast([]) is None
