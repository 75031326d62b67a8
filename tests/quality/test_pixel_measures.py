"""Measures on pixels, on pictures whose values are known."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ephoto.quality.background_shade import background_shade
from ephoto.quality.background_uniformity import background_uniformity
from ephoto.quality.blockiness import blockiness
from ephoto.quality.cheek_ratio import cheek_ratio
from ephoto.quality.chroma import chroma
from ephoto.quality.dynamic_range import dynamic_range
from ephoto.quality.exposure import over_exposure, under_exposure
from ephoto.quality.eye_view import EyeView
from ephoto.quality.glare import glare
from ephoto.quality.illumination_uniformity import illumination_uniformity
from ephoto.quality.iris_contrast import iris_contrast
from ephoto.quality.luminance import histogram, luminance
from ephoto.quality.luminance_mean import luminance_mean
from ephoto.quality.luminance_variance import luminance_variance
from ephoto.quality.natural_colour import natural_colour
from ephoto.quality.red_eye import red_eye
from ephoto.quality.sharpness import sharpness

EVERYWHERE = np.ones((120, 100), np.uint8)


def plain(rgb, size_hw=(120, 100)):
    return np.full((*size_hw, 3), rgb, np.uint8)


def at(*levels):
    """A histogram with equal shares at some levels."""
    shares = np.zeros(256)
    shares[list(levels)] = 1 / len(levels)
    return shares


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [((0, 0, 0), 0), ((255, 255, 255), 255), ((188, 188, 188), 128), ((255, 0, 0), 54), ((0, 255, 0), 182)],
)
def test_luminance_is_linear_light(rgb, expected):
    """188 is half the light of 255; red has 21 % of white's, green 72 %."""
    assert (luminance(plain(rgb)) == expected).all()


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_luminance_is_the_formula(rgb):
    c = np.array(rgb) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    exact = 255 * linear @ [0.2126, 0.7152, 0.0722]
    assert abs(int(luminance(plain(rgb, (2, 2)))[0, 0]) - exact) <= 0.501


def test_histogram_counts_only_the_mask():
    luma = np.repeat(np.array([[10, 200]], np.uint8), 50, 0).repeat(50, 1)
    mask = np.zeros_like(luma)
    mask[:, :50] = 1
    assert histogram(luma, mask)[10] == 1
    assert histogram(luma, np.zeros_like(mask)) is None


def test_histogram_measures():
    assert luminance_mean(at(51)) == pytest.approx(0.2)
    assert luminance_variance(at(0, 255)) == pytest.approx(0.25)
    assert luminance_variance(at(99)) == pytest.approx(0)
    assert dynamic_range(at(7)) == 0
    assert dynamic_range(at(*range(64))) == pytest.approx(6)
    assert under_exposure(at(0, 25, 26, 200)) == pytest.approx(0.5)
    assert over_exposure(at(246, 247, 255, 3)) == pytest.approx(0.5)


def test_cheeks_lit_alike_overlap():
    assert illumination_uniformity(at(60, 61), at(60, 61)) == 1
    assert illumination_uniformity(at(60, 61), at(61, 62)) == 0.5
    assert illumination_uniformity(at(20), at(90)) == 0


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        pytest.param((200, 150, 125), 0.0, id="light skin"),
        pytest.param((90, 60, 45), 0.0, id="dark skin"),
        pytest.param((100, 150, 100), 100.0, id="green"),
        pytest.param((120, 120, 200), 100.0, id="blue"),
    ],
)
def test_natural_colour(rgb, expected):
    assert natural_colour(np.array(rgb)) == pytest.approx(expected)


def test_a_red_cast_is_as_far_from_skin_as_it_is_red():
    distances = [natural_colour(np.array([200, 150 - k, 125 - k / 2])) for k in (0, 40, 80)]
    assert distances[0] == 0 < distances[1] < distances[2]


def test_a_textured_ground_is_further_from_plain():
    rng = np.random.default_rng(0)
    wall = (180 + rng.normal(0, 1, (120, 100))).astype(np.uint8)
    leaves = cv2.GaussianBlur(rng.integers(0, 256, (120, 100), dtype=np.uint8), (0, 0), 2)
    assert background_uniformity(np.full_like(wall, 90), EVERYWHERE) == 0
    assert background_uniformity(wall, EVERYWHERE) < 30 < background_uniformity(leaves, EVERYWHERE)


def test_a_ground_that_is_not_seen_is_unknown():
    luma = np.full((120, 100), 90, np.uint8)
    sliver = np.zeros_like(luma)
    sliver[:4] = 1
    assert background_uniformity(luma, sliver) is None


def test_the_persons_edge_is_no_texture_of_the_ground():
    luma = np.full((120, 100), 200, np.uint8)
    luma[:, 50:] = 20
    ground = np.zeros_like(luma)
    ground[:, :50] = 1
    assert background_uniformity(luma, ground) == 0


def detailed(seed=0):
    """Natural detail: noise with a spectrum that falls as that of photos does."""
    rng = np.random.default_rng(seed)
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(200), np.fft.fftfreq(240)))
    spectrum = np.fft.fft2(rng.normal(size=(240, 200))) / np.maximum(f, 0.01)
    grey = np.real(np.fft.ifft2(spectrum))
    grey = 128 + 40 * grey / grey.std()
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, 2)


@given(st.floats(0.6, 4), st.floats(0.6, 4))
def test_more_blur_is_less_sharp(one, other):
    low, high = sorted((one, other))
    pixels, face = detailed(), np.ones((240, 200), np.uint8)
    values = [sharpness(cv2.GaussianBlur(pixels, (0, 0), s), face) for s in (low, high)]
    assert values[0] >= values[1] - 0.02


def test_exposure_does_not_change_sharpness():
    pixels, face = detailed(), np.ones((240, 200), np.uint8)
    dark = (pixels * 0.4).astype(np.uint8)
    assert sharpness(dark, face) == pytest.approx(sharpness(pixels, face), rel=0.03)


def test_no_face_has_no_sharpness_and_no_colour():
    assert sharpness(detailed(), np.zeros((240, 200), np.uint8)) is None
    assert chroma(plain((1, 2, 3)), np.zeros_like(EVERYWHERE)) is None


def test_chroma_tells_grey_from_colour():
    assert chroma(plain((120, 120, 120)), EVERYWHERE) == 0
    assert chroma(plain((120, 121, 119)), EVERYWHERE) == 2
    assert chroma(plain((150, 110, 95)), EVERYWHERE) == 55


@pytest.mark.parametrize("shift", [(0, 0), (3, 5)])
def test_blocks_of_a_strong_compression_show_wherever_they_begin(shift):
    def opened(quality):
        out = io.BytesIO()
        Image.fromarray(detailed()).save(out, "JPEG", quality=quality)
        return np.asarray(Image.open(out).convert("L"))[shift[0] :, shift[1] :]

    assert blockiness(opened(8)) > 1.7 > 1.3 > blockiness(opened(95))


def test_a_picture_too_small_for_blocks_is_unknown():
    assert blockiness(np.zeros((63, 200), np.uint8)) is None


def test_blocks_of_a_reduced_picture_are_narrower_until_they_are_gone():
    out = io.BytesIO()
    Image.fromarray(np.repeat(np.repeat(detailed(), 2, 0), 2, 1)).save(out, "JPEG", quality=5)
    opened = Image.open(out).convert("L")
    half, eighth = (np.asarray(opened.reduce(n)) for n in (2, 4))
    assert blockiness(half, 4) > 1.7
    assert blockiness(eighth, 2) == 1


def eye(iris_level, *, lid=False, radius=10.0, scale=1.0):
    """An eye in skin of 150: a white of 210 with an iris, or a lid drawn over it."""
    pixels = np.full((48, 64, 3), 150, np.uint8)
    if not lid:
        cv2.ellipse(pixels, (32, 24), (24, 9), 0, 0, 360, (210, 210, 210), -1)
        cv2.circle(pixels, (32, 24), 9, (iris_level,) * 3, -1)
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    lids = np.stack([32.5 + 24 * np.cos(turns), 24.5 + 9 * np.sin(turns)], 1)
    return EyeView(pixels, np.array([32.5, 24.5]), radius, lids, scale)


def test_open_eyes_are_dark_in_the_middle_and_lids_are_not():
    open_eye, closed = eye(60), eye(60, lid=True)
    assert iris_contrast([open_eye, open_eye]) == pytest.approx(60 / 210, abs=0.05)
    assert iris_contrast([open_eye, closed]) == pytest.approx(1.0, abs=0.05)


@given(st.integers(20, 200), st.integers(20, 200))
def test_a_lighter_iris_is_nearer_to_a_closed_eye(one, other):
    low, high = sorted((one, other))
    assert iris_contrast([eye(low)]) <= iris_contrast([eye(high)])


def test_an_iris_of_few_pixels_is_unknown():
    assert iris_contrast([eye(60), eye(60, scale=8.0)]) is None


def test_a_red_pupil_is_red_and_a_brown_iris_is_not():
    lit, brown = eye(60), eye(60)
    cv2.circle(lit.pixels, (32, 24), 5, (200, 40, 40), -1)
    cv2.circle(brown.pixels, (32, 24), 9, (95, 70, 50), -1)
    assert red_eye([brown, lit]) > 0.8
    assert red_eye([brown, brown]) == 0
    assert red_eye([eye(60, scale=8.0), lit]) is None


def test_a_reflection_is_glare_and_a_catch_light_is_not():
    caught, reflecting = eye(60), eye(60)
    cv2.circle(caught.pixels, (30, 22), 2, (255, 255, 255), -1)
    cv2.rectangle(reflecting.pixels, (10, 10), (40, 22), (255, 255, 255), -1)
    assert glare([caught, caught]) == 0
    assert glare([caught, reflecting]) == pytest.approx(31 * 13 / (48 * 64))


def test_a_shadow_on_the_ground_shows_and_a_speck_does_not():
    wall = np.full((120, 100), 128, np.uint8)
    shadowed, specked = wall.copy(), wall.copy()
    shadowed[:, :30] = 40
    specked[:10, :10] = 0
    assert background_shade(histogram(wall, EVERYWHERE)) == 0
    assert background_shade(histogram(specked, EVERYWHERE)) == 0
    # L* of 128 / 255 is 76.2, of 40 / 255 it is 46.6
    assert background_shade(histogram(shadowed, EVERYWHERE)) == pytest.approx(29.6, abs=0.1)


@given(st.integers(20, 120), st.floats(1, 2))
def test_the_cheeks_ratio_is_that_of_their_light(level, ratio):
    """Whatever the skin."""
    luma = np.full((120, 100), level, np.uint8)
    luma[:, :50] = round(level * ratio)
    centres = np.array([[25.0, 60.0], [75.0, 60.0]])
    assert cheek_ratio(luma, centres, 9) == pytest.approx(round(level * ratio) / level)
    assert cheek_ratio(luma[:, ::-1], centres, 9) == pytest.approx(round(level * ratio) / level)


def test_a_cheek_outside_the_picture_is_unknown():
    assert cheek_ratio(np.full((120, 100), 90, np.uint8), np.array([[25.0, 60.0], [-40.0, 60.0]]), 9) is None
