"""Resampling: right to a fraction of a pixel at every scale, never mirrored, without aliasing."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.core.geometry import apply, similarity
from ephoto.framing.warp import coverage, resample, view_of


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


@pytest.mark.parametrize("scale", [0.21, 0.37, 0.5, 0.66, 0.8, 1.0, 1.7])
@pytest.mark.parametrize("turn_deg", [0.0, 11.0, -17.0])
def test_points_and_pixels_agree(scale, turn_deg):
    """A spot lands where the affine says, whether the frame is reduced first or not."""
    source = blob((317.3, 402.8), (640, 800), sigma=6 / min(scale, 1.0))
    affine = similarity(scale, turn_deg, np.array([317.3, 402.8]), np.array([90.4, 111.7]))
    out = resample(source, affine, (180, 220))
    assert centre_of_mass(out) == pytest.approx([90.4, 111.7], abs=0.06)


def test_views_may_have_unequal_axes():
    source = blob((300.0, 300.0), (640, 640), sigma=20)
    affine = np.array([[0.4, 0.0, -20.0], [0.0, 0.25, 11.0]])
    assert centre_of_mass(resample(source, affine, (256, 256))) == pytest.approx([100.0, 86.0], abs=0.06)


def test_reducing_averages_instead_of_skipping():
    """A one-pixel chequerboard becomes an even grey."""
    board = (np.indices((600, 600)).sum(0) % 2 * 255).astype(np.uint8)
    pixels = np.repeat(board[..., None], 3, 2)
    out = resample(pixels, similarity(0.31, 0.0, np.zeros(2), np.zeros(2)), (186, 186))
    assert np.ptp(out[4:-4, 4:-4].astype(int)) <= 20  # 255 without averaging


def test_letter_stays_readable():
    """An F whose stem is on the left and whose arms are at the top keeps them there."""
    letter = np.zeros((100, 80, 3), np.uint8)
    letter[10:90, 15:25] = letter[10:20, 15:65] = letter[45:55, 15:50] = 255
    out = resample(letter, similarity(0.5, 0.0, np.zeros(2), np.zeros(2)), (40, 50))[..., 0]
    assert out[25:, :15].mean() > 3 * out[25:, 20:].mean()
    assert out[:12].mean() > 2 * out[-12:].mean()


def test_identity_changes_nothing():
    noise = np.random.default_rng(3).integers(0, 256, (50, 40, 3), np.uint8)
    assert np.array_equal(resample(noise, np.eye(2, 3), (40, 50)), noise)


def test_coverage_tells_which_pixels_exist():
    shifted = np.array([[1.0, 0.0, 10.0], [0.0, 1.0, 0.0]])
    inside = coverage((40, 50), shifted, (40, 50))
    assert inside is not None
    assert not inside[:, :10].any()
    assert inside[:, 10:].all()
    assert coverage((40, 50), np.eye(2, 3), (40, 50)) is None


def test_view_shows_the_card_in_its_middle_share():
    affine = view_of(np.eye(2, 3), (358, 441), (256, 256), widen=4 / 3, lift=0.0)
    corners = apply(affine, np.array([[0, 0], [358, 441]]))
    assert corners[0] == pytest.approx([32.0, 32.0])
    assert corners[1] == pytest.approx([224.0, 224.0])
