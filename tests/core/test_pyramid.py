"""Sampling from a picture and its halvings: right to a fraction of a px at every scale, never mirrored, unaliased."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from ephoto.core.geometry import similarity
from ephoto.core.pyramid import Pyramid

WAYS = ["sample", "draw"]


def seen(pixels, affine, size_wh, way="draw"):
    return getattr(Pyramid(pixels), way)(affine, size_wh)


def blob(at, size_wh, sigma=6.0):
    """A soft bright spot whose centre of mass is at `at` (corner-origin px)."""
    w, h = size_wh
    x, y = np.arange(w) + 0.5 - at[0], (np.arange(h) + 0.5 - at[1])[:, None]
    spot = np.exp(-(x**2 + y**2) / (2 * sigma**2)) * 255
    return np.repeat(spot[..., None], 3, 2).round().astype(np.uint8)


def centre_of_mass(pixels):
    weight = pixels[..., 0].astype(float)
    y, x = np.mgrid[: weight.shape[0], : weight.shape[1]] + 0.5
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("scale", [0.21, 0.37, 0.5, 0.66, 0.8, 1.0, 1.7])
@pytest.mark.parametrize("turn_deg", [0.0, 11.0, -17.0])
def test_points_and_pixels_agree(scale, turn_deg, way):
    """A spot lands where the affine says, whether the frame is reduced first or not."""
    source = blob((317.3, 402.8), (640, 800), sigma=6 / min(scale, 1.0))
    affine = similarity(scale, turn_deg, np.array([317.3, 402.8]), np.array([90.4, 111.7]))
    out = seen(source, affine, (180, 220), way)
    assert centre_of_mass(out) == pytest.approx([90.4, 111.7], abs=0.06)


def test_views_may_have_unequal_axes():
    source = blob((300.0, 300.0), (640, 640), sigma=20)
    affine = np.array([[0.4, 0.0, -20.0], [0.0, 0.25, 11.0]])
    assert centre_of_mass(seen(source, affine, (256, 256))) == pytest.approx([100.0, 86.0], abs=0.06)


def test_reducing_averages_instead_of_skipping():
    """A one-pixel chequerboard becomes an even grey."""
    board = (np.indices((600, 600)).sum(0) % 2 * 255).astype(np.uint8)
    pixels = np.repeat(board[..., None], 3, 2)
    out = seen(pixels, similarity(0.31, 0.0, np.zeros(2), np.zeros(2)), (186, 186))
    assert np.ptp(out[4:-4, 4:-4].astype(int)) <= 20  # 255 without averaging


def test_letter_stays_readable():
    """An F whose stem is on the left and whose arms are at the top keeps them there."""
    letter = np.zeros((100, 80, 3), np.uint8)
    letter[10:90, 15:25] = letter[10:20, 15:65] = letter[45:55, 15:50] = 255
    out = seen(letter, similarity(0.5, 0.0, np.zeros(2), np.zeros(2)), (40, 50))[..., 0]
    assert out[25:, :15].mean() > 3 * out[25:, 20:].mean()
    assert out[:12].mean() > 2 * out[-12:].mean()


def test_identity_changes_nothing():
    noise = np.random.default_rng(3).integers(0, 256, (50, 40, 3), np.uint8)
    assert np.array_equal(seen(noise, np.eye(2, 3), (40, 50)), noise)


def test_an_enlarged_edge_is_as_steep_as_cubic_sampling_makes_it():
    """Half a pixel's shift of a soft edge: bilinear sampling would lose a quarter of its slope."""
    x = np.arange(60)
    row = np.clip(np.rint(255 / (1 + np.exp(-(x - 30) / 0.6))), 0, 255).astype(np.uint8)
    pixels = np.repeat(np.tile(row, (60, 1))[..., None], 3, 2)
    shifted = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]])
    steep = [int(np.abs(np.diff(seen(pixels, shifted, (60, 60), way)[30, :, 0].astype(int))).max()) for way in WAYS]
    assert steep[1] > 1.1 * steep[0]


@pytest.mark.parametrize("way", WAYS)
def test_outside_the_edge_is_repeated(way):
    pixels = np.full((30, 30, 3), 200, np.uint8)
    assert (seen(pixels, similarity(1.0, 20.0, np.zeros(2), np.array([40.0, 5.0])), (90, 60), way) == 200).all()


def test_outside_may_be_black():
    pixels = np.full((30, 30, 3), 200, np.uint8)
    out = Pyramid(pixels).sample(np.array([[1.0, 0.0, 10.0], [0.0, 1.0, 0.0]]), (40, 30), border="black")
    assert out[:, :9].max() == 0
    assert out[:, 11:].min() == 200


@pytest.mark.parametrize("size_wh", [(1, 1), (2, 700), (701, 3)], ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_thin_pictures_are_sampled_like_any(size_wh, way):
    w, h = size_wh
    pixels = np.full((h, w, 3), 9, np.uint8)
    assert (seen(pixels, np.array([[0.1, 0.0, 1.0], [0.0, 0.1, 1.0]]), (16, 16), way) == 9).all()


def test_the_picture_itself_is_not_changed_and_every_call_gives_the_same():
    pixels = np.random.default_rng(4).integers(0, 256, (400, 300, 3), np.uint8)
    kept, pyramid, affine = pixels.copy(), Pyramid(pixels), similarity(0.2, 7.0, np.zeros(2), np.zeros(2))
    first = pyramid.sample(affine, (64, 64))
    assert np.array_equal(pyramid.sample(affine, (64, 64)), first)
    assert np.array_equal(pixels, kept)


def test_threads_share_a_pyramid():
    pixels = cv2.GaussianBlur(np.random.default_rng(4).integers(0, 256, (900, 700, 3), np.uint8), (0, 0), 2)
    affines = [similarity(s, 7.0, np.zeros(2), np.zeros(2)) for s in (0.06, 0.12, 0.24, 0.48, 0.9)] * 4
    alone = [Pyramid(pixels).sample(a, (64, 64)) for a in affines]
    shared = Pyramid(pixels)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda a: shared.sample(a, (64, 64)), affines))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))
