"""Irises: where they are, and the mirrored eye without half a pixel of bias."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.core.pyramid import Pyramid
from ephoto.core.settings import Settings
from ephoto.faces import iris as module
from ephoto.faces.iris import IrisNet, roi_of_eye
from ephoto.faces.roi import Picture
from ephoto.inference import litert
from samples.render import Portrait, cached

SIZE = (300, 400)


@pytest.fixture(scope="module")
def net():
    return IrisNet(litert.load(module.MODEL, Settings()))


@pytest.fixture(scope="module")
def rendered():
    return cached(Portrait(size_wh=SIZE, light_azimuth_deg=20.0))


def corners_at(centres, ied):
    """Landmarks (468, 2) whose eye corners lie level around two centres (2, 2)."""
    landmarks = np.zeros((468, 2), np.float32)
    half = np.array([0.24 * ied, 0.0])
    for (first, second), centre in zip(((33, 133), (362, 263)), centres, strict=True):
        landmarks[first], landmarks[second] = centre - half, centre + half
    return landmarks


def test_both_irises_are_where_they_were_drawn(net, rendered):
    truth = rendered.truth
    found = net.find(Picture(Pyramid(rendered.image)), corners_at(truth.eye_centres, truth.ied_px))
    assert found.shape == (2, 5, 2)
    assert found.dtype == np.float32
    off = (found[:, 0] - truth.iris_centres) / truth.ied_px
    assert np.abs(off).max() < 0.03
    assert found[0, 0, 0] < found[1, 0, 0]  # the subject's right eye is on the image left


def test_a_mirrored_picture_gives_the_mirrored_irises(net, rendered):
    """Exactly: each eye is shown to the net as the same pixels."""
    truth, width = rendered.truth, SIZE[0]
    centres = np.round(truth.eye_centres)
    plain = net.find(Picture(Pyramid(rendered.image)), corners_at(centres, truth.ied_px))
    mirrored_centres = np.stack([[width - x, y] for x, y in centres[::-1]])
    flipped = np.ascontiguousarray(rendered.image[:, ::-1])
    mirrored = net.find(Picture(Pyramid(flipped)), corners_at(mirrored_centres, truth.ied_px))
    np.testing.assert_allclose(mirrored[:, :, 0], width - plain[::-1, :, 0], atol=0.05)
    np.testing.assert_allclose(mirrored[:, :, 1], plain[::-1, :, 1], atol=0.05)


def test_ring_points_surround_the_centre(net, rendered):
    truth = rendered.truth
    for eye in net.find(Picture(Pyramid(rendered.image)), corners_at(truth.eye_centres, truth.ied_px)):
        np.testing.assert_allclose(eye[1:].mean(0), eye[0], atol=0.03 * truth.ied_px)
        radius = np.hypot(*(eye[1:] - eye[0]).T)
        assert (radius > 0.05 * truth.ied_px).all()
        assert (radius < 0.15 * truth.ied_px).all()


def test_the_region_of_an_eye_turns_with_it():
    roi = roi_of_eye(np.array([10.0, 10.0]), np.array([40.0, 50.0]))
    assert roi.centre == (25, 30)
    assert roi.size_px == pytest.approx(2.3 * 50)
    assert roi.turn_deg == pytest.approx(np.degrees(np.arctan2(4, 3)))


def test_corners_on_one_point_still_have_a_region():
    assert roi_of_eye(np.zeros(2), np.zeros(2)).size_px > 0
