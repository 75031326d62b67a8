"""Periodicity: rasters of any period and direction are found; grain, natural detail and JPEG's blocks are not."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from ephoto.core.errors import FaceError
from ephoto.pipeline.converter import Converter
from ephoto.quality.gate import limits
from ephoto.quality.periodicity import LEAST_PX, MOST_PX, periodicity
from samples.render import Portrait, Shot, cached, on_screen, printed

MOST = limits()["recaptured"].warn[1]
GREY, COLOUR = np.array([1.0, 1.0, 1.0]), np.array([0.7, -0.42, 0.5])  # the latter leaves the luma as it is


def natural(seed=0, side=MOST_PX, falls=1.0, grain=1.5):
    """Noise whose amplitudes fall with frequency as those of photos do, and grain on top; the colours alike."""
    rng = np.random.default_rng(seed)
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    detail = np.real(np.fft.ifft2(np.fft.fft2(rng.normal(size=(side, side))) / np.maximum(f, 0.01) ** falls))
    grey = 128 + 15 * detail / detail.std()
    return grey[..., None] * np.array([1.1, 0.95, 0.85]) + rng.normal(0, grain, (side, side, 3))


def levels(pixels):
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def wave(frequency, angle_deg, side=MOST_PX, phase=0.0):
    y, x = np.mgrid[:side, :side]
    a = np.radians(angle_deg)
    return np.sin(2 * np.pi * frequency * (x * np.cos(a) + y * np.sin(a)) + phase)[..., None]


def off_blocks(frequency, angle_deg, block):
    """Whether a wave is not where a JPEG's blocks peak: on an axis, at a multiple of one over their side."""
    fx, fy = (abs(frequency * g(np.radians(angle_deg))) for g in (np.cos, np.sin))
    across, along = sorted((fx, fy))
    return across > 2.5 / 128 or abs(along - round(along * block) / block) > 2.5 / 128


def saved(pixels, quality, subsampling=2):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(out).convert("RGB"))


@given(st.floats(0.12, 0.47), st.floats(0, 180), st.floats(0, 6.28), st.sampled_from([130, 200, 256]))
def test_a_wave_of_brightness_is_found_whatever_its_period_and_direction(frequency, angle_deg, phase, side):
    assume(off_blocks(frequency, angle_deg, 8))
    assert periodicity(levels(natural(1, side) + 6 * GREY * wave(frequency, angle_deg, side, phase))) > MOST


@given(st.floats(0.09, 0.21), st.floats(0, 180), st.floats(0, 6.28))
def test_a_wave_of_colour_is_found_that_brightness_does_not_have(frequency, angle_deg, phase):
    assume(off_blocks(frequency, angle_deg, 16))
    assert periodicity(levels(natural(2) + 4 * COLOUR * wave(frequency, angle_deg, phase=phase))) > MOST


@pytest.mark.parametrize("falls", [0.0, 0.7, 1.0, 1.5])
@pytest.mark.parametrize("side", [LEAST_PX, 129, 180, MOST_PX, 401])
@pytest.mark.parametrize("seed", range(5))
def test_natural_detail_and_grain_have_no_period(seed, side, falls):
    assert periodicity(levels(natural(seed, side, falls))) < MOST


@given(st.integers(20, 95), st.sampled_from([0, 2]), st.integers(0, 7), st.integers(0, 15))
def test_the_blocks_of_a_jpeg_do_not_count_wherever_they_begin(quality, subsampling, y, x):
    pixels = saved(levels(natural(3, 280)), quality, subsampling)[y:, x:]
    assert periodicity(np.ascontiguousarray(pixels[:MOST_PX, :MOST_PX])) < MOST


@pytest.mark.parametrize("factor", [0.55, 0.7, 0.83, 1.3, 1.7, 2.0])
@pytest.mark.parametrize("quality", [40, 75])
def test_nor_do_the_blocks_of_one_that_was_scaled(quality, factor):
    small = saved(levels(natural(4, 500)), quality)
    scaled = cv2.resize(small, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else 2)
    assert periodicity(saved(scaled, 90)) < MOST


@given(st.floats(3, 20), st.floats(3, 20), st.floats(0.15, 0.4))
def test_a_stronger_wave_is_more(one, other, frequency):
    low, high = sorted((one, other))
    values = [periodicity(levels(natural(5) + a * GREY * wave(frequency, 33))) for a in (low, high)]
    assert values[0] <= values[1] * 1.02  # values are rounded to whole levels


def test_exposure_changes_little():
    """A raster scales with the light, and so does what surrounds it, down to the rounding of the values."""
    pixels = natural(6) + 6 * GREY * wave(0.27, 20)
    bright, dark = (periodicity(levels(pixels * share)) for share in (1.0, 0.5))
    assert dark == pytest.approx(bright, rel=0.15)


def test_a_pattern_in_one_corner_counts_less_than_one_all_over():
    striped = 10 * GREY * wave(0.3, 25)
    corner = striped.copy()
    corner[:128], corner[:, :128] = 0, 0
    here, everywhere = (periodicity(levels(natural(7) + part)) for part in (corner, striped))
    assert here < everywhere / 3


@pytest.mark.parametrize("edge", ["upright", "slanting", "disc"])
def test_edges_have_no_period(edge):
    pixels = natural(8)
    y, x = np.mgrid[:MOST_PX, :MOST_PX]
    pixels[{"upright": x > 100, "slanting": x + 0.6 * y > 190, "disc": np.hypot(x - 128, y - 128) < 70}[edge]] -= 90
    assert periodicity(levels(pixels)) < MOST


def test_a_plain_patch_has_no_period_and_a_small_one_is_unknown():
    assert periodicity(np.full((MOST_PX, MOST_PX, 3), 90, np.uint8)) < 1
    assert periodicity(np.full((LEAST_PX - 1, MOST_PX, 3), 90, np.uint8)) is None


HELD_OUT = range(24)


def portrait(k):
    """Number `k` of a set that no limit was set by: all skins, hair, grounds and grain, 480 or 900 px wide."""
    rng = np.random.default_rng(70_000 + k)
    return Portrait(
        size_wh=(900, 1200) if k % 4 > 1 else (480, 640),
        head=float(rng.uniform(0.38, 0.5)),
        distance_mm=1200.0,
        yaw_deg=float(rng.uniform(-8, 8)),
        roll_deg=float(rng.uniform(-6, 6)),
        skin_lightness=float(rng.uniform(28, 82)),
        hair=("short", "long", "none", "tall", "strands", "covering")[k % 6],
        glasses=("none", "none", "clear")[k % 3],
        background=("plain", "gradient", "cluttered", "foliage")[k // 2 % 4],
        light_strength=float(rng.uniform(0.2, 0.7)),
        blur_px=float(rng.choice([0.4, 0.8])),
        noise=float(rng.choice([0.5, 2.0, 4.0, 8.0])),
        seed=70_000 + k,
    )


def recaptured(pixels, k):
    """A display of at least 2 camera px a pixel, or a print of 2.2 a dot, seen at a slant by a camera that varies.

    At most so many that 200 display pixels, or 150 dots, go across the picture: no face is found in fewer.
    """
    width = pixels.shape[1]
    rng = np.random.default_rng(80_000 + k)
    shot = Shot(
        rotation_deg=float(rng.uniform(-8, 8)),
        tilt_deg=(float(rng.uniform(-8, 8)), float(rng.uniform(-8, 8))),
        blur_px=float(rng.uniform(0.4, 0.8)),
        noise=float(rng.choice([0.5, 1.5, 3.0, 5.0])),
        sharpening=float(rng.uniform(0, 0.6)),
        mosaic=k % 5 != 0,
        seed=k,
    )
    if k % 3 == 2:
        return printed(pixels, float(rng.uniform(2.2, width / 150)), shot, border=0.06 * (k // 3 % 2))
    return on_screen(pixels, float(rng.uniform(2, width / 200)), shot, layout=("stripes", "diamond")[k // 3 % 2])


def told(converter, pixels, k):
    rng = np.random.default_rng(90_000 + k)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=int(rng.integers(60, 96)), subsampling=int(rng.choice([0, 2])))
    return next(f for f in converter.check(data.getvalue()).findings if f.code == "recaptured")


@pytest.mark.slow
def test_photos_of_screens_and_prints_are_told_from_portraits():
    """24 with and 24 without, through JPEGs of quality 60 to 95: balanced accuracy of 0.95 and better."""
    converter = Converter()
    plain, taken = [], []
    for k in HELD_OUT:
        pixels = cached(portrait(k)).image
        plain.append(told(converter, pixels, k).status)
        try:
            taken.append(told(converter, recaptured(pixels, k), k).status)
        except FaceError:
            # One is at the edge of what the detector finds, and processors add up differently. It counts as missed.
            taken.append("no face")
    assert "unknown" not in plain + taken
    assert (plain.count("pass") + taken.count("warn")) / (2 * len(HELD_OUT)) >= 0.95


@pytest.mark.slow
def test_a_display_finer_than_the_sensor_leaves_no_trace():
    """What the check cannot see, and does not claim to: two display pixels in one of the camera's."""
    pixels = on_screen(cached(portrait(0)).image, 0.5, Shot(blur_px=0.6))
    found = told(Converter(), pixels, 0)
    assert (found.status, found.required) == ("pass", False)
