"""Measures on landmarks, on a face whose every length is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.quality.crops_and_margins import leftward_crop, margin_above, margin_below, rightward_crop
from ephoto.quality.expression import raised_brows, smile
from ephoto.quality.eyes_open import eyes_open
from ephoto.quality.gaze import gaze_aside
from ephoto.quality.head_size import head_size
from ephoto.quality.inter_eye_distance import inter_eye_distance
from ephoto.quality.mouth_closed import mouth_closed
from ephoto.quality.single_face_present import single_face_present
from tests.quality.faces import EYES, face_points, moved

SHAPES = {
    "eyes_open": eyes_open,
    "mouth_closed": mouth_closed,
    "smile": smile,
    "raised_brows": raised_brows,
}


def test_known_lengths():
    points = face_points(lid_px=12.0, lip_px=6.0, lift_px=6.0, brow_px=40.0)
    assert inter_eye_distance(points, 0.0) == pytest.approx(100)
    assert head_size(points, 800) == pytest.approx(120 / 800)
    assert eyes_open(points) == pytest.approx(12 / 120)
    assert mouth_closed(points) == pytest.approx(6 / 120)
    assert smile(points) == pytest.approx(6 / 120)
    assert raised_brows(points) == pytest.approx(0.4)


def test_crops_reach_to_the_far_eye():
    points = face_points()
    assert leftward_crop(points) == pytest.approx(3.5)
    assert rightward_crop(points, 600) == pytest.approx(3.5)
    assert margin_above(points) == pytest.approx(300 / 120)
    assert margin_below(points, 800) == pytest.approx(500 / 120)


def test_crop_identities_of_the_standard():
    """(above + below) x head size = 1, and (left + right - 1) x eye distance = width."""
    points = face_points()
    assert (margin_above(points) + margin_below(points, 777)) * head_size(points, 777) == pytest.approx(1)
    assert (leftward_crop(points) + rightward_crop(points, 611) - 1) * 100 == pytest.approx(611)


def test_a_turned_heads_eyes_are_taken_further_apart():
    points = face_points()
    assert inter_eye_distance(points, 60.0) == pytest.approx(200)
    assert inter_eye_distance(points, -60.0) == pytest.approx(200)
    assert inter_eye_distance(points, 89.0) is None


def test_the_narrower_eye_counts():
    points = face_points(lid_px=12.0)
    points[[386, 374], 1] = points[[385, 380], 1] = points[[387, 373], 1] = 300.0
    assert eyes_open(points) == pytest.approx(0)


@pytest.mark.parametrize("name", SHAPES)
@given(st.floats(0.2, 8), st.floats(-180, 180), st.tuples(st.floats(-500, 2000), st.floats(-500, 2000)))
def test_shapes_do_not_depend_on_size_place_and_roll(name, scale, turn_deg, shift):
    measure = SHAPES[name]
    points = face_points(lip_px=4.0, lift_px=5.0)
    assert measure(moved(points, scale=scale, turn_deg=turn_deg, shift=shift)) == pytest.approx(
        measure(points), rel=1e-2, abs=1e-4
    )


@given(st.floats(0, 30), st.floats(0, 30))
def test_a_wider_gap_is_a_larger_value(one, other):
    low, high = sorted((one, other))
    assert eyes_open(face_points(lid_px=low)) <= eyes_open(face_points(lid_px=high))
    assert mouth_closed(face_points(lip_px=low)) <= mouth_closed(face_points(lip_px=high))


def test_second_faces():
    assert single_face_present([]) == 0
    assert single_face_present([0.05, 0.2, 0.1]) == 0.2


@given(st.floats(-0.3, 0.3), st.floats(0.2, 8), st.floats(-180, 180))
def test_gaze_is_where_the_iris_stands_between_the_corners(aside, scale, turn_deg):
    """Corners are 30 px apart."""
    irises = np.repeat(EYES[:, None], 5, axis=1) + np.array([30 * aside, 0])
    points = moved(face_points(), scale=scale, turn_deg=turn_deg)
    seen = moved(irises.reshape(-1, 2), scale=scale, turn_deg=turn_deg).reshape(2, 5, 2)
    assert gaze_aside(points, seen, 0.0) == pytest.approx(aside, abs=1e-3)


def test_a_turned_head_that_looks_into_the_camera_does_not_look_aside():
    irises = np.repeat(EYES[:, None], 5, axis=1)
    assert gaze_aside(face_points(), irises - np.array([30 * 0.35 * 0.5, 0]), 30.0) == pytest.approx(0, abs=1e-6)
    assert abs(gaze_aside(face_points(), irises, 30.0)) > 0.15
