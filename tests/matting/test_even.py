"""Which grounds count as even, and what is known of them behind the person."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.matting.even import even_ground

SIZE = (130, 100)
FACE = 52.0


def scene(shade, noise=0.0, seed=0):
    """A dark head before a ground (h, w, 3): the picture and its alpha."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    alpha = (np.hypot((x - 50) / 26, (y - 70) / 36) < 1).astype(np.float32)
    alpha[100:, 15:85] = 1
    ground = shade(x / SIZE[1], y / SIZE[0])
    picture = np.where(alpha[..., None] > 0, np.float32((50, 40, 36)), ground)
    picture = picture + np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8), alpha, ground


def flat(x, y):
    return np.zeros((*x.shape, 3), np.float32) + np.float32((67, 142, 219))


def lamp(x, y):
    """Light that falls off as no quadratic does."""
    return np.float32((190, 180, 170)) * (0.75 + 0.25 * np.exp(-4 * ((x - 0.2) ** 2 + (y - 0.1) ** 2)))[..., None]


def shelf(x, y):
    return flat(x, y) + 60 * (np.sin(30 * x) > 0)[..., None]


@pytest.mark.parametrize("shade", [flat, lamp])
@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_a_smooth_ground_is_known_behind_the_person_as_well(shade, noise):
    picture, alpha, ground = scene(shade, noise)
    even = even_ground(picture, alpha, FACE)
    assert even is not None
    away = np.abs(even.ground[..., :3] - ground)
    assert away[alpha == 0].mean() < 1.3 + noise / 3
    rim = np.abs(np.gradient(alpha)[0]) + np.abs(np.gradient(alpha)[1]) > 0
    assert away[rim].mean() < 2.5


def test_a_ground_with_things_in_it_is_not_even():
    picture, alpha, _ = scene(shelf)
    assert even_ground(picture, alpha, FACE) is None


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_nobody_and_no_ground_are_not_even(value):
    picture, alpha, _ = scene(flat)
    assert even_ground(picture, np.full_like(alpha, value), FACE) is None


def test_the_hairs_own_colour_has_nothing_of_the_ground():
    picture, alpha, _ = scene(flat)
    even = even_ground(picture, alpha, FACE)
    assert np.abs(even.hair[..., :3] - np.float32((50, 40, 36))).max() < 1
