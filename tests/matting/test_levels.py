"""Halving, and reading small pictures from a frame."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.core.geometry import apply
from ephoto.matting.levels import Places, halved, halvings, moved, pyramid, scaling


@pytest.mark.parametrize(("face", "count"), [(0.1, 0), (52, 0), (73, 0), (74, 1), (207, 2), (420, 3), (3000, 6)])
def test_halvings_bring_the_face_nearest_to_the_level(face, count):
    assert halvings(face, 52.0) == count


@pytest.mark.parametrize("shape", [(8, 6), (8, 6, 3)])
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_halved_is_the_mean_of_four(shape, kind):
    plane = (np.random.default_rng(0).random(shape) * 250).astype(kind)
    small = halved(plane)
    mean = plane.reshape(4, 2, 3, 2, *shape[2:]).astype(float).mean((1, 3))
    assert small.dtype == kind
    assert np.abs(small - mean).max() <= (0.51 if kind == np.uint8 else 1e-4)


def test_odd_sizes_round_up_down_to_one():
    assert [p.shape for p in pyramid(np.zeros((441, 358), np.float32), 3)] == [
        (441, 358),
        (221, 179),
        (111, 90),
        (56, 45),
    ]
    assert pyramid(np.zeros((1, 1), np.float32), 2)[-1].shape == (1, 1)


def test_pyramid_without_halvings_is_the_plane_itself():
    plane = np.zeros((4, 4), np.float32)
    assert pyramid(plane, 0) == [plane]


@pytest.mark.parametrize("planes", [(), (4,)], ids=["one plane", "four"])
def test_places_are_where_the_frame_says(planes):
    """Some pixels of a frame, read from a small picture: the same as bringing all of it onto the frame."""
    small = np.random.default_rng(1).random((20, 15, *planes), dtype=np.float32)
    to_frame = np.array([[3.9, 0.2, -2.0], [-0.2, 4.1, 3.0]])
    whole = moved(small, to_frame, (58, 83))
    band = np.flatnonzero(np.random.default_rng(2).random((83, 58)) < 0.3)
    found = Places(band, 58, to_frame).on(small)
    assert found.shape == (len(band), *planes)
    assert np.abs(found - whole.reshape(-1, *planes)[band]).max() < 0.1  # OpenCV places samples in 32nds of a px
    assert np.abs(found - whole.reshape(-1, *planes)[band]).mean() < 0.005


def test_more_places_than_a_map_may_be_long():
    small = np.full((4, 4), 0.25, np.float32)
    assert (Places(np.arange(300 * 300), 300, scaling((4, 4), (300, 300))).on(small) == 0.25).all()


def test_no_place_is_no_value():
    assert Places(np.arange(0), 5, np.eye(2, 3)).on(np.zeros((3, 3, 4), np.float32)).shape == (0, 4)


def test_scaling_maps_corners_to_corners():
    assert apply(scaling((10, 20), (30, 50)), np.array([[20.0, 10.0]])).tolist() == [[50.0, 30.0]]
