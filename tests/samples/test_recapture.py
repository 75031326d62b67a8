"""Photos of a display and of a print: the picture's own light, and the raster that nobody drew."""

from __future__ import annotations

import numpy as np
import pytest

from samples.render import Shot, on_screen, printed

STILL = Shot(rotation_deg=0.0, tilt_deg=(0.0, 0.0), noise=0.0, sharpening=0.0)


def picture() -> np.ndarray:
    """Three plain fields, 160 x 120."""
    out = np.empty((120, 160, 3), np.uint8)
    out[:, :60], out[:, 60:110], out[:, 110:] = (200, 150, 130), (90, 110, 140), (128, 128, 128)
    return out


def light(pixels: np.ndarray) -> np.ndarray:
    return (pixels / 255.0) ** 2.2


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(lambda p, s: on_screen(p, 1.7, s), id="stripes"),
        pytest.param(lambda p, s: on_screen(p, 2.9, s, layout="diamond"), id="diamond"),
        pytest.param(lambda p, s: printed(p, 3.1, s), id="print"),
        pytest.param(lambda p, s: printed(p, 3.1, s, border=0.1), id="print with a border"),
    ],
)
def test_a_seed_gives_one_picture_of_the_same_size(again):
    shot = Shot(seed=4)
    first = again(picture(), shot)
    assert first.shape == picture().shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, again(picture(), shot))
    assert not np.array_equal(first, again(picture(), Shot(seed=5)))


@pytest.mark.parametrize("layout", ["stripes", "diamond"])
@pytest.mark.parametrize("pitch_px", [0.5, 1.3, 3.0])
def test_a_display_gives_the_pictures_light(layout, pitch_px):
    shot = Shot(rotation_deg=0.0, tilt_deg=(0.0, 0.0), noise=0.0, sharpening=0.0, mosaic=False, blur_px=1.5)
    got = light(on_screen(picture(), pitch_px, shot, layout=layout, reflection=0.0))
    for field in (np.s_[20:100, 10:50], np.s_[20:100, 70:100], np.s_[20:100, 120:150]):
        wanted = light(picture())[field].mean((0, 1))
        assert got[field].mean((0, 1)) == pytest.approx(wanted, rel=0.06, abs=0.01)


def test_ink_covers_as_much_as_the_colour_needs():
    got = light(printed(picture(), 5.0, STILL))
    for field in (np.s_[20:100, 10:50], np.s_[20:100, 70:100], np.s_[20:100, 120:150]):
        wanted = light(picture())[field].mean((0, 1))
        assert got[field].mean((0, 1)) == pytest.approx(0.88 * wanted, rel=0.25, abs=0.02)


def test_sub_pixels_that_the_camera_resolves_stand_where_they_are():
    """At 6 camera px a display px, a white line across it goes from red over green to blue."""
    white = np.full((96, 96, 3), 255, np.uint8)
    shot = Shot(rotation_deg=0.0, tilt_deg=(0.0, 0.0), noise=0.0, sharpening=0.0, mosaic=False, blur_px=0.3)
    cell = on_screen(white, 6.0, shot)[:, 48:54].astype(int).mean(0)
    assert cell[[0, 2, 4]].argmax(1).tolist() == [0, 1, 2]


def test_white_paper_lies_on_the_table():
    got = printed(picture(), 3.0, STILL, border=0.1, table=(100, 60, 40))
    middle = got[60]
    assert middle[:2].mean() < 120
    bright = (middle.min(1) > 220).nonzero()[0]
    assert 4 <= bright.min() < 20
    assert 140 < bright.max() <= 156
