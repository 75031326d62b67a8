"""The tone's curve and its bounds, whatever the white of the eye is said to be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ephoto.compose.tone import IDENTITY, Tone, apply, limits, tables, tone_from
from ephoto.core.colour import linear

SHARES = np.array([0.2126, 0.7152, 0.0722])
LIM = limits()
GOOD = np.array([LIM.white_red, 1.0, LIM.white_blue])
GOOD *= LIM.white_luminance / (SHARES @ GOOD)

channels = st.floats(1e-6, 1.0)
whites = st.tuples(channels, channels, channels)
gains = st.floats(0.88, 1.12)
tones = st.builds(Tone, ev=st.floats(-0.5, 0.5), gains=st.tuples(gains, gains, gains))
pictures = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([3, 4])))


@given(whites)
def test_the_bounds_hold_whatever_the_white(white):
    tone = tone_from(white)
    assert abs(tone.ev) <= LIM.exposure_most_ev
    assert max(abs(g - 1) for g in tone.gains) <= LIM.balance_most + 1e-9
    assert SHARES @ tone.gains == pytest.approx(1, abs=1e-3)  # a balance alone leaves grey as bright as it was
    assert set(tone.limited) <= {"exposure", "white_balance"}
    if "exposure" in tone.limited:
        assert abs(tone.ev) == LIM.exposure_most_ev


@given(whites)
def test_a_correction_leads_towards_the_typical_white_and_not_beyond(white):
    tone = tone_from(white)
    before = np.log2(np.array(white) / GOOD)
    after = before + np.log2(tone.gains)
    for k in (0, 2):  # red and blue against green
        assert abs(after[k] - after[1]) <= abs(before[k] - before[1]) + 1e-3
    light = math.log2(SHARES @ (np.array(white) * tone.gains) / LIM.white_luminance)
    assert abs(light + tone.ev) <= abs(light) + 1e-3


@given(st.floats(-0.9, 0.9), st.floats(-0.99, 0.99), st.floats(0, 2 * math.pi))
def test_nothing_is_done_within_the_scatter_of_good_photos(exposure, size, turn):
    """A cast may darken or brighten the white a little by itself, which takes from what is left of the dead zone."""
    away = size * LIM.balance_dead * np.array([math.cos(turn), 0.0, math.sin(turn)])
    white = GOOD * 2**away
    white *= LIM.white_luminance / (SHARES @ white) * 2 ** (exposure * LIM.exposure_dead_ev)
    assert tone_from(white).identity


@pytest.mark.parametrize(("ev", "expected"), [(-0.5, 0.25), (0.5, -0.25), (-0.7, 0.45), (-2.0, 0.5), (2.0, -0.5)])
def test_what_exceeds_the_dead_zone_is_taken_back(ev, expected):
    tone = tone_from(GOOD * 2.0**ev)
    assert tone.ev == pytest.approx(expected, abs=1e-3)
    assert tone.gains == (1, 1, 1)
    assert tone.limited == (("exposure",) if abs(ev) > 0.75 else ())


def test_a_strong_cast_is_held_back_without_turning():
    tone = tone_from(GOOD * [1.5, 1.0, 0.7])
    r, g, b = np.log2(tone.gains)
    assert tone.limited == ("white_balance",)
    assert max(tone.gains) == pytest.approx(1 + LIM.balance_most, abs=1e-3)
    assert (r - g) / (b - g) == pytest.approx(math.log2(1.5) / math.log2(0.7), rel=1e-2)


@pytest.mark.parametrize("white", [(0, 0.4, 0.4), (0.4, -1, 0.4), (float("nan"), 0.4, 0.4), (0.4, 0.4, float("inf"))])
def test_a_white_without_light_is_refused(white):
    with pytest.raises(ValueError, match="above 0"):
        tone_from(white)


@given(tones)
def test_curves_rise_and_keep_black_and_white(tone):
    table = tables(tone).astype(int)
    assert (np.diff(table, axis=0) >= 0).all()
    assert (table[0] == 0).all()
    assert (table[255] == 255).all()
    assert (table[:252] < 255).all()  # no highlight that had shape is burnt


@given(tones)
def test_no_value_goes_further_than_its_gain(tone):
    """Each value's light is scaled by something between 1 and the gain, but for rounding to whole values."""
    table = tables(tone)
    gain = 2**tone.ev * np.array(tone.gains)
    x, half = np.arange(256)[:, None], 0.5 / 255
    light = linear(x / 255)
    low, high = linear(np.clip(table / 255 - half, 0, 1)), linear(np.clip(table / 255 + half, 0, 1))
    assert (low <= light * np.maximum(gain, 1) + 1e-12).all()
    assert (high >= light * np.minimum(gain, 1) - 1e-12).all()


@given(tones)
def test_the_curve_of_one_over_a_gain_undoes_it(tone):
    back = Tone(-tone.ev, tuple(1 / g for g in tone.gains))
    there = tables(tone).astype(int)
    for k in range(3):
        again = tables(back)[there[:, k], k].astype(int)
        # Where a curve is flat several values become one, which no curve parts again.
        steps = np.diff(there[:, k])
        assert np.abs(again - np.arange(256))[1:-1][(steps[1:] > 0) & (steps[:-1] > 0)].max() <= 2


@given(pictures)
def test_no_tone_is_the_picture_itself(pixels):
    assert apply(pixels, IDENTITY) is pixels
    assert (apply(pixels, Tone(1e-9)) == pixels).all()  # a curve as good as straight changes no value either


@given(pictures, tones)
def test_a_picture_is_looked_up_and_the_callers_is_not_changed(pixels, tone):
    assume(not tone.identity)
    kept = pixels.copy()
    out = apply(pixels, tone)
    assert (pixels == kept).all()
    assert out.shape == pixels.shape
    assert out.dtype == np.uint8
    table = tables(tone)
    for k in range(3):
        assert (out[..., k] == table[pixels[..., k], k]).all()
    assert (out[..., 3:] == pixels[..., 3:]).all()
