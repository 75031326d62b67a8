"""Regions of faces, and faces that are read the right way round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.geometry import apply, similarity
from ephoto.core.pyramid import Pyramid
from ephoto.core.settings import Settings
from ephoto.faces import landmarks as module
from ephoto.faces.attempts import whole
from ephoto.faces.detect import SHORT_RANGE, Detection, Detector
from ephoto.faces.landmarks import MeshNet, roi_of_detection, roi_of_landmarks
from ephoto.faces.roi import Picture
from ephoto.inference import litert
from samples.render import Portrait, cached

RNG_FACE = np.random.default_rng(5).uniform(100, 300, (468, 2))
RNG_FACE[33], RNG_FACE[263] = [140, 180], [260, 180]


@pytest.fixture(scope="module")
def net():
    return litert.load(module.MODEL, Settings())


@pytest.fixture(scope="module")
def portrait():
    return np.ascontiguousarray(cached(Portrait(size_wh=(300, 400))).image)


@pytest.fixture(scope="module")
def detection(portrait):
    detector = Detector(SHORT_RANGE, litert.load(SHORT_RANGE.model, Settings()))
    return detector.find(Picture(Pyramid(portrait)), whole((300, 400)))[0]


def median_move(a, b):
    """Of points, as a share of the outer eye corners' distance."""
    return np.median(np.hypot(*(a - b).T)) / np.hypot(*(a[263] - a[33]))


def test_a_detections_region_is_level_with_its_eyes_and_half_as_large_again():
    keypoints = np.zeros((6, 2))
    keypoints[0], keypoints[1] = [100, 100], [140, 140]
    roi = roi_of_detection(Detection(np.array([60.0, 80, 160, 200]), keypoints, 0.9))
    assert roi.centre == (110, 140)
    assert roi.size_px == 180
    assert roi.turn_deg == pytest.approx(45)


@given(st.floats(0.2, 5), st.floats(-180, 180), st.floats(-300, 300))
def test_the_region_of_landmarks_moves_with_them(scale, turn, shift):
    move = similarity(scale, turn, np.array([200.0, 200.0]), np.array([200.0 + shift, 200.0]))
    roi, moved = roi_of_landmarks(RNG_FACE), roi_of_landmarks(apply(move, RNG_FACE))
    np.testing.assert_allclose(moved.centre, apply(move, np.array(roi.centre)), atol=1e-6)
    assert moved.size_px == pytest.approx(scale * roi.size_px)
    assert (moved.turn_deg - roi.turn_deg - turn + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)


def test_landmarks_on_one_point_still_have_a_region():
    assert roi_of_landmarks(np.zeros((468, 2))).size_px > 0


def test_points_lie_on_the_face(net, portrait, detection):
    mesh = MeshNet(net).find(Picture(Pyramid(portrait)), roi_of_detection(detection))
    assert mesh.score > 0.99
    assert mesh.points.dtype == np.float32
    truth = cached(Portrait(size_wh=(300, 400))).truth
    eyes = mesh.points[[33, 133, 362, 263]].reshape(2, 2, 2).mean(1)
    assert np.hypot(*(eyes - truth.eye_centres).T).max() < 0.06 * truth.ied_px
    assert mesh.depth[4] < mesh.depth[234]  # the nose tip is nearer than the ear


@pytest.mark.parametrize("turns", [1, 2, 3], ids="{} quarter turns".format)
def test_a_region_turned_the_wrong_way_is_read_the_right_way(turns, net, portrait, detection):
    """The detector may take a chin for a forehead; the landmark net is asked which way is up."""
    right = roi_of_detection(detection)
    wrong = module.replace(right, turn_deg=right.turn_deg + 90.0 * turns)
    read = MeshNet(net).read(Picture(Pyramid(portrait)), wrong, wrong.turn_deg)
    expected = MeshNet(net).read(Picture(Pyramid(portrait)), right, 0.0)
    assert median_move(expected.points, read.points) < 0.02
    assert read.lean_deg(0.0) < 5


def test_further_looks_bring_points_together(net, portrait, detection):
    """Two regions that are off in opposite ways: the second look halves the distance of what they give."""
    right = roi_of_detection(detection)
    x, y = right.centre
    off = [module.replace(right, centre=(x + d, y - d), size_px=right.size_px * (1 + d / 60)) for d in (-7, 7)]
    once, twice = (
        [MeshNet(net, looks).read(Picture(Pyramid(portrait)), roi, 0.0).points for roi in off] for looks in (1, 2)
    )
    assert median_move(*twice) < 0.7 * median_move(*once)


def test_noise_is_no_face(net):
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    assert MeshNet(net).find(Picture(Pyramid(noise)), whole((300, 300))).score < 0.5
