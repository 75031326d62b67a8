"""Mixed pixels parted, against mixtures that were made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.core.colour import delta_e_1976, lab
from ephoto.matting.unmix import unmix

BLUE, WHITE, BROWN = (67, 142, 219), (250, 250, 250), (70, 48, 36)


def mixtures(ground, *, seed=0, count=4000, noise=2.0, astray=0.0):
    """Hair of every brightness about BROWN before a ground: alpha, F, B and the noisy pixels."""
    rng = np.random.default_rng(seed)
    alpha = rng.uniform(0.02, 0.98, count).astype(np.float32)
    f = np.array(BROWN) * rng.uniform(0.5, 1.7, (count, 1)) + rng.normal(0, 3, (count, 3))
    b = np.array(ground) + rng.normal(0, astray, (count, 1)) + np.zeros((count, 3))
    seen = alpha[:, None] * f + (1 - alpha[:, None]) * b + rng.normal(0, noise, (count, 3))
    return alpha, f, b, np.clip(np.rint(seen), 0, 255).astype(np.uint8)


def planes(colour, count=4000):
    return np.broadcast_to(np.array([*colour, 0], np.float32), (count, 4)).copy()


def halo(alpha, foreground, true_alpha, f, ground=(255, 255, 255)):
    """Mean CIELAB difference of the composites on a new ground."""
    a, t = alpha[:, None], true_alpha[:, None]
    ours, true = (np.clip(c, 0, 255) / 255 for c in (a * foreground + (1 - a) * ground, t * f + (1 - t) * ground))
    return float(delta_e_1976(lab(ours), lab(true)).mean())


@pytest.mark.parametrize("ground", [BLUE, WHITE, (216, 32, 32), (40, 160, 70)])
def test_a_guess_that_is_off_comes_nearer_and_colour_with_it(ground):
    true, f, _, seen = mixtures(ground)
    guess = np.clip(true + np.random.default_rng(1).normal(0, 0.1, true.shape), 0.001, 0.999).astype(np.float32)
    alpha, colour = unmix(seen, guess, planes(BROWN), planes(ground), planes(BROWN))
    assert np.abs(alpha - true).mean() < 0.9 * np.abs(guess - true).mean()
    assert halo(alpha, colour, true, f) < 0.55 * halo(guess, seen, true, f)


def test_alpha_is_kept_where_the_ground_is_not_known():
    """Taken for even, a ground that strays bends alpha after its own grain."""
    true, _, _, seen = mixtures(BLUE, astray=25.0)
    assert (unmix(seen, true, planes(BROWN), planes(BLUE))[0] == true).all()
    assert np.abs(unmix(seen, true, planes(BROWN), planes(BLUE), planes(BROWN))[0] - true).max() > 0.05


def test_light_of_a_saturated_ground_is_dimmed_on_the_rim_and_clothes_of_its_hue_are_left():
    lit, own = np.full((1, 3), (60, 62, 120), np.uint8), np.ones(1, np.float32)
    dimmed = unmix(lit, own, planes(BROWN, 1), planes(BLUE, 1), planes(BROWN, 1))[1][0].astype(float)
    kept = unmix(lit, own, planes((60, 62, 120), 1), planes(BLUE, 1), planes((60, 62, 120), 1))[1][0]
    assert dimmed[2] - dimmed[0] < 15
    assert (kept == lit[0]).all()
    before_grey = unmix(lit, own, planes(BROWN, 1), planes((120, 120, 120), 1), planes(BROWN, 1))[1][0]
    assert (before_grey == lit[0]).all()


def test_the_photos_chroma_is_trusted_less_than_its_luma():
    """A true edge whose chroma was smeared, as cameras write it: the colour found does not turn blue."""
    alpha = np.full(1, 0.9, np.float32)
    mixed = 0.9 * np.array(BROWN) + 0.1 * np.array(BLUE)
    smeared = np.clip(np.rint(mixed + np.array([-12, 0, 18])), 0, 255).astype(np.uint8)[None]
    colour = unmix(smeared, alpha, planes(BROWN, 1), planes(BLUE, 1))[1][0].astype(float)
    exact = (smeared[0] - 0.1 * np.array(BLUE)) / 0.9
    lean = lambda c: c[2] - c[0]  # noqa: E731
    assert lean(colour) - lean(np.array(BROWN)) < 0.6 * (lean(exact) - lean(np.array(BROWN)))


@given(
    seed=st.integers(0, 10_000),
    even=st.booleans(),
    colours=st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=2, max_size=2),
)
@settings(max_examples=60, deadline=None)
def test_any_colours_give_alpha_in_range_and_keep_what_is_sure(seed, even, colours):
    rng = np.random.default_rng(seed)
    seen = rng.integers(0, 256, (50, 3), dtype=np.uint8)
    guess = rng.choice([0.0, 1.0, 0.3, 0.7], 50).astype(np.float32)
    alpha, colour = unmix(
        seen, guess, planes(colours[0], 50), planes(colours[1], 50), planes(colours[0], 50) if even else None
    )
    assert np.isfinite(alpha).all()
    assert 0 <= alpha.min() <= alpha.max() <= 1
    sure = (guess == 0) | (guess == 1)
    assert (alpha[sure] == guess[sure]).all()
    assert (colour[guess == 0] == seen[guess == 0]).all()
    if not even:
        assert (alpha == guess).all()
        assert (colour[alpha == 1] == seen[alpha == 1]).all()
    assert colour.dtype == np.uint8


def test_no_pixel_is_nothing_to_do():
    alpha, colour = unmix(np.empty((0, 3), np.uint8), np.empty(0, np.float32), planes(BROWN, 0), planes(BLUE, 0))
    assert alpha.shape == (0,)
    assert colour.shape == (0, 3)
