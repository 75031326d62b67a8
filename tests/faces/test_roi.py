"""Regions: where a net's pixels come from, to a fraction of a pixel, and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.geometry import apply, invert
from ephoto.core.pyramid import Pyramid
from ephoto.faces.roi import Picture, Roi

ROIS = st.builds(
    Roi,
    st.tuples(st.floats(-500, 5000), st.floats(-500, 5000)),
    st.floats(5, 4000),
    st.floats(-360, 360),
)


def ramps(w, h):
    """A picture whose red is x and green is y, scaled to fit 0..250."""
    x, y = np.arange(w) + 0.5, (np.arange(h) + 0.5)[:, None]
    out = np.zeros((h, w, 3), np.uint8)
    out[..., 0] = np.round(x * 250 / w)
    out[..., 1] = np.round(y * 250 / h)
    return out


@given(ROIS, st.sampled_from([64, 128, 192]))
def test_points_come_back_from_the_net_to_where_they_were(roi, net_px):
    points = np.array([[0.0, 0.0], [net_px, 0.0], [net_px / 2, net_px / 3], [-5.0, net_px]])
    affine = roi.to_net(net_px)
    np.testing.assert_allclose(apply(affine, apply(invert(affine), points)), points, atol=1e-6 * net_px)


@given(ROIS)
def test_the_middle_of_the_region_is_the_middle_of_the_net(roi):
    np.testing.assert_allclose(apply(roi.to_net(128), np.array(roi.centre)), [64, 64], atol=1e-6)


def test_a_region_turned_clockwise_has_its_right_side_pointing_down():
    back = invert(Roi((100.0, 100.0), 80.0, 90.0).to_net(80))
    np.testing.assert_allclose(apply(back, np.array([[80.0, 40.0]])), [[100.0, 140.0]], atol=1e-9)


@pytest.mark.parametrize("turn", [0.0, 17.0, 90.0, 180.0, -130.0])
@pytest.mark.parametrize("size", [5.0, 11.0, 17.0, 26.0, 40.0], ids="{:.0f}px".format)
def test_pixels_are_those_at_the_place_they_are_mapped_from(size, turn):
    """On ramps a shift of half a pixel at any scale or halving would show."""
    roi = Roi((31.3, 30.8), size, turn)
    to_net = roi.to_net(8)
    seen = Picture(Pyramid(ramps(62, 62))).crop(to_net, 8).astype(np.float64)
    grid = np.stack(np.meshgrid(np.arange(8) + 0.5, np.arange(8) + 0.5), axis=-1).reshape(-1, 2)
    error = seen[..., :2].reshape(-1, 2) * 62 / 250 - apply(invert(to_net), grid)
    assert np.abs(error.mean(0)).max() < 0.15
    assert np.abs(error).max() < 0.4


def test_reducing_leaves_no_moire():
    """One-pixel stripes become grey, whatever the scale."""
    stripes = np.zeros((900, 900, 3), np.uint8)
    stripes[:, ::2] = 255
    for size in (300.0, 500.0, 890.0):
        seen = Picture(Pyramid(stripes)).crop(Roi((450.0, 450.0), size).to_net(64), 64)
        assert np.abs(seen.astype(int) - 128).max() <= 2


def test_outside_is_black_or_the_edge_repeated():
    white = np.full((50, 50, 3), 255, np.uint8)
    to_net = Roi((0.0, 0.0), 60.0).to_net(64)
    assert Picture(Pyramid(white)).crop(to_net, 64, border="black")[:20, :20].max() == 0
    assert Picture(Pyramid(white)).crop(to_net, 64, border="repeat").min() == 255


@pytest.mark.parametrize("size_wh", [(1, 1), (3, 900), (5000, 2)], ids=str)
def test_thin_pictures_have_no_halving_too_many(size_wh):
    w, h = size_wh
    seen = Picture(Pyramid(np.full((h, w, 3), 9, np.uint8))).crop(Roi((w / 2, h / 2), max(w, h)).to_net(128), 128)
    assert (seen == 9).all()


def test_the_picture_itself_is_not_changed():
    pixels = ramps(300, 200)
    kept = pixels.copy()
    Picture(Pyramid(pixels)).crop(Roi((150.0, 100.0), 300.0, 20.0).to_net(64), 64)
    np.testing.assert_array_equal(pixels, kept)
