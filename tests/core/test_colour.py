"""Colour arithmetic against published tables and another implementation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, rgb2lab

from ephoto.core import colour

PAIRS = np.loadtxt(Path(__file__).with_name("ciede2000.txt"))
CHANNEL = st.integers(0, 255)


@pytest.mark.parametrize("row", PAIRS, ids=[str(n + 1) for n in range(len(PAIRS))])
def test_ciede2000_published_pairs(row):
    """All 34 pairs to the four digits printed, either way round."""
    one, two, expected = row[:3], row[3:6], row[6]
    assert float(colour.delta_e_2000(one, two)) == pytest.approx(expected, abs=5.1e-5)
    assert float(colour.delta_e_2000(two, one)) == pytest.approx(expected, abs=5.1e-5)


def test_ciede2000_agrees_with_skimage_on_random_colours():
    lab = colour.lab(np.random.default_rng(1).integers(0, 256, (4000, 3), dtype=np.uint8))
    ours = colour.delta_e_2000(lab[:2000], lab[2000:])
    assert np.abs(ours - deltaE_ciede2000(lab[:2000], lab[2000:])).max() < 1e-9


def test_differences_broadcast():
    lab = colour.lab(np.random.default_rng(2).integers(0, 256, (5, 4, 3), dtype=np.uint8))
    assert colour.delta_e_2000(lab, lab[0, 0]).shape == (5, 4)
    assert colour.delta_e_1976(lab, lab[0, 0])[0, 0] == 0


def test_lab_agrees_with_skimage():
    """To the rounding of the two white points."""
    rgb = np.random.default_rng(3).integers(0, 256, (50, 40, 3), dtype=np.uint8)
    assert np.abs(colour.lab(rgb) - rgb2lab(rgb)).max() < 0.03


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        pytest.param((255, 255, 255), (100, 0, 0), id="white"),
        pytest.param((0, 0, 0), (0, 0, 0), id="black"),
        pytest.param((255, 0, 0), (53.24, 80.09, 67.20), id="red"),
        pytest.param((0, 255, 0), (87.73, -86.18, 83.18), id="green"),
        pytest.param((0, 0, 255), (32.30, 79.19, -107.86), id="blue"),
    ],
)
def test_lab_of_the_primaries(rgb, lab):
    assert colour.lab(np.array(rgb, np.uint8)) == pytest.approx(lab, abs=0.03)


def test_grey_is_neutral():
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    assert np.abs(colour.lab(grey)[:, 1:]).max() < 1e-9


def test_8_bit_values_survive_linear_light():
    values = np.arange(256, dtype=np.uint8)
    assert (np.rint(colour.srgb(colour.linear(values)) * 255) == values).all()


def test_8_bit_and_float_give_the_same_light():
    values = np.arange(256, dtype=np.uint8)
    assert colour.linear(values) == pytest.approx(colour.linear(values / 255), abs=1e-12)


@pytest.mark.parametrize(("encoded", "light"), [(0.0, 0.0), (0.04045, 0.0031308), (0.5, 0.21404), (1.0, 1.0)])
def test_transfer_curve(encoded, light):
    assert float(colour.linear(np.float64(encoded))) == pytest.approx(light, abs=1e-5)


def test_luminance_weights_sum_to_white():
    primaries = np.eye(3)
    assert colour.luminance(primaries) == pytest.approx([0.2126, 0.7152, 0.0722])
    assert float(colour.luminance(np.full(3, 255, np.uint8))) == pytest.approx(1.0)


@given(CHANNEL, CHANNEL, CHANNEL)
def test_hex_there_and_back(r, g, b):
    assert colour.rgb_of(colour.hex_of((r, g, b))) == (r, g, b)
    assert colour.rgb_of(colour.hex_of((r, g, b)).lower()) == (r, g, b)


@pytest.mark.parametrize(
    "text", ["", "#", "#12345", "#1234567", "123456", "#12345g", "#١٢٣٤٥٦", " #123456", "#123456\n"]
)
def test_what_is_no_colour(text):
    with pytest.raises(ValueError, match="not a colour"):
        colour.rgb_of(text)
