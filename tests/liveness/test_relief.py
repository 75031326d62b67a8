"""Depth by motion: what a surface explains is none of a head's, and what a head's relief adds is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.liveness import relief
from ephoto.liveness.view import FACE_PX, SIZE_WH

RNG = np.random.default_rng(5)
BEFORE = RNG.uniform((24, 24), (104, 136), (200, 2)).astype(np.float32)
TEXTURE = np.column_stack([RNG.uniform(5, 60, 200), RNG.uniform(-4, 4, 200), RNG.uniform(5, 60, 200)])
X, Y = ((BEFORE - np.array(SIZE_WH) / 2) / FACE_PX).astype(np.float64).T
NOSE = 0.25 * np.exp(-((X / 0.12) ** 2) - (((Y - 0.05) / 0.2) ** 2)) - 0.6 * X**2 - 0.3 * Y**2

numbers = st.floats(-0.3, 0.3)


def surface(coefficients):
    return np.stack([np.ones_like(X), X, Y, X * X, X * Y, Y * Y], axis=1) @ np.array(coefficients)


@settings(max_examples=60, deadline=None)
@given(
    across=st.lists(numbers, min_size=6, max_size=6),
    down=st.lists(numbers, min_size=6, max_size=6),
    sines=st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5)),
)
def test_any_surface_leaves_the_relief_as_it_is(across, down, sines):
    """Homographies to second order, and cylinders about any axis, are among these surfaces."""
    moved = np.column_stack([surface(across) + sines[0] * NOSE, surface(down) + sines[1] * NOSE])
    now = (BEFORE + FACE_PX * moved).astype(np.float32)
    found = relief._fitted(BEFORE, now, NOSE, TEXTURE)
    assert found.across == pytest.approx(sines[0], abs=2e-3)
    assert found.down == pytest.approx(sines[1], abs=2e-3)
    assert found.rest_px < 0.01


def homography(tilt_x, tilt_y, turn):
    """A flat picture turned about both axes before a lens 3.5 widths away, as points (N, 2) of the view."""
    a, b, c = np.radians([tilt_x, tilt_y, turn])
    rx = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    ry = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    points = np.column_stack([X, Y, np.zeros_like(X)]) @ (rz @ ry @ rx).T
    return points[:, :2] * (3.5 / (3.5 + points[:, 2:]))


@settings(max_examples=60, deadline=None)
@given(tilt_x=st.floats(-40, 40), tilt_y=st.floats(-30, 30), turn=st.floats(-10, 10))
def test_a_turned_flat_picture_has_no_relief(tilt_x, tilt_y, turn):
    now = (homography(tilt_x, tilt_y, turn) * FACE_PX + np.array(SIZE_WH) / 2).astype(np.float32)
    found = relief._fitted(BEFORE, now, NOSE, TEXTURE)
    assert abs(found.across) < 0.02
    assert abs(found.down) < 0.02


@settings(max_examples=40, deadline=None)
@given(radius=st.floats(0.7, 4), turn=st.floats(-35, 35))
def test_a_bent_picture_has_hardly_any(radius, turn):
    """A cylinder's own higher orders look a little like a nose: less than a quarter of the limit at any radius."""
    phi = X / radius
    depth = radius * (np.cos(phi) - 1)
    a = np.radians(turn)
    across = radius * np.sin(phi) * np.cos(a) + depth * np.sin(a)
    now = (np.column_stack([across, Y]) * FACE_PX + np.array(SIZE_WH) / 2).astype(np.float32)
    found = relief._fitted(BEFORE, now, NOSE, TEXTURE)
    assert abs(found.across) < 0.03


def test_outliers_and_edges_hardly_count():
    sine = np.sin(np.radians(20))
    now = BEFORE + FACE_PX * np.column_stack([sine * NOSE, 0 * NOSE])
    lost = RNG.choice(200, 30, replace=False)
    now[lost] += RNG.uniform(-15, 15, (30, 2))
    # Along an edge (texture across it only) a point may slide: here a third of them do so, downwards.
    texture = TEXTURE.copy()
    edge = RNG.choice(200, 66, replace=False)
    texture[edge] = [40.0, 0.0, 0.0]
    now[edge, 1] += RNG.uniform(-6, 6, 66)
    found = relief._fitted(BEFORE, now.astype(np.float32), NOSE, texture)
    assert found.across == pytest.approx(sine, abs=0.02)
    assert abs(found.down) < 0.02


def test_even_detail_does_not_know_the_light():
    y, x = np.mgrid[:152, :128]
    texture = 12 * np.sin(x / 3) * np.sin(y / 4)
    plain = np.clip(120 + texture, 0, 255).astype(np.uint8)
    lit = np.clip((120 + texture) * (0.7 + x / 300), 0, 255).astype(np.uint8)
    apart = np.abs(relief.even(plain).astype(int) - relief.even(lit))[12:-12, 12:-12]
    assert apart.mean() < 4
