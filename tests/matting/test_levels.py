"""Halving and enlarging."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.matting.levels import enlarged, halved, halvings, pyramid


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


def test_enlarged_to_the_same_size_is_no_copy():
    plane = np.zeros((4, 4), np.float32)
    assert enlarged(plane, (4, 4)) is plane
    assert enlarged(plane, (9, 7)).shape == (9, 7)
