"""The person's own colour in mixed pixels."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.matting.foreground import local_colours
from ephoto.matting.levels import Places, halvings, pyramid, scaling
from ephoto.matting.tuning import tuning
from ephoto.matting.unmix import unmix
from tests.matting.scenes import FACE, band_of, bust_alpha, make_scene, refined

STRANDS = (((90, 120), (60, 60), 2.0), ((200, 45), (230, 16), 1.5))


def estimate(frame, alpha, unknown, *, px_per_face):
    """The foreground of a frame, the local colours taken from its halving."""
    count = halvings(px_per_face, tuning().level_face_px)
    small = pyramid(frame, count)[-1]
    planes = local_colours(small, pyramid(alpha, count)[-1], px_per_face / 2**count)
    band = np.flatnonzero(unknown)
    places = Places(band, frame.shape[1], scaling(small.shape[:2], frame.shape[:2]))
    out = frame.copy()
    pixels = out.reshape(-1, 3)
    pixels[band] = unmix(pixels[band], alpha.ravel()[band], *(places.on(p) for p in planes))[1]
    return out


def green_lean(alpha, foreground):
    """How far a composite on white leans to green, values of 255."""
    a = alpha[..., None]
    on_white = a * foreground + (1 - a) * 255.0
    return on_white[..., 1] - (on_white[..., 0] + on_white[..., 2]) / 2


@pytest.fixture(scope="module")
def on_green():
    return make_scene(bust_alpha(strands=STRANDS), ground=(0, 190, 60))


def test_no_green_is_left_where_alpha_is_true(on_green):
    """A hair's thickness of strand, far from the body: the composite leans by no more than the hair's own grain."""
    band = band_of(on_green.alpha)
    f = estimate(on_green.frame, on_green.alpha, band, px_per_face=FACE)
    assert green_lean(on_green.alpha, on_green.frame)[band].max() > 40
    assert green_lean(on_green.alpha, f)[band].max() < 6


@pytest.mark.parametrize("quality", ["fast", "high"])
def test_hardly_any_green_is_left_where_alpha_is_ours(on_green, quality):
    """12 values of 255 at the very most (5 in Lab), 4 in all but a few pixels."""
    alpha, unknown = refined(on_green.frame, on_green.coarse, quality=quality, px_per_face=FACE)
    lean = green_lean(alpha, estimate(on_green.frame, alpha, unknown, px_per_face=FACE))[unknown]
    assert lean.max() < 12
    assert np.percentile(lean, 98) < 4


@pytest.mark.parametrize("ground", [(0, 190, 60), (255, 255, 255), (5, 5, 5), (200, 40, 40)])
def test_composites_are_near_the_true_ones(ground):
    """Mean error in the band on white and on black, values of 255, against the frame's own mixed colours."""
    scene = make_scene(bust_alpha(strands=STRANDS), ground=ground)
    band = (scene.alpha > 0) & (scene.alpha < 1)
    a = scene.alpha[..., None]
    f = estimate(scene.frame, scene.alpha, band, px_per_face=FACE)
    naive = np.abs(a * scene.frame - a * scene.foreground)[band].mean()
    ours = np.abs(a * f - a * scene.foreground)[band].mean()
    assert ours < max(0.3 * naive, 3.0)


def test_opaque_and_known_pixels_keep_their_values(on_green):
    band = band_of(on_green.alpha)
    f = estimate(on_green.frame, on_green.alpha, band, px_per_face=FACE)
    kept = ~band | (on_green.alpha == 1)
    assert (f[kept] == on_green.frame[kept]).all()
    assert f.dtype == np.uint8


def test_no_pixel_is_nothing_to_do(on_green):
    f = estimate(on_green.frame, on_green.alpha, np.zeros(on_green.alpha.shape, bool), px_per_face=FACE)
    assert (f == on_green.frame).all()


def test_half_transparent_everywhere_does_not_blow_up():
    """No pure pixel of either kind to learn from."""
    frame = np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8)
    f = estimate(frame, np.full((40, 30), 0.5, np.float32), np.ones((40, 30), bool), px_per_face=FACE)
    assert f.shape == frame.shape
