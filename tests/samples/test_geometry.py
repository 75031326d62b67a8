"""Camera, distances and tracing against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples.portrait.baked import Baked
from samples.portrait.camera import Camera, Frame, rotation
from samples.portrait.distance import Ellipsoids, capsule, carve, ellipsoid, smooth_max, smooth_min
from samples.portrait.head import Head
from samples.portrait.light import to_linear, to_srgb
from samples.portrait.parameters import Portrait
from samples.portrait.trace import Layer, first_hit, normals

angle = st.floats(-80, 80)
FACING = Frame(np.diag([1.0, -1.0, -1.0]), np.array([0.0, 0.0, 500.0]))


def points(n: int = 400, seed: int = 3, reach: float = 60.0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-reach, reach, (3, n)).astype(np.float32)


@given(yaw=angle, pitch=angle, roll=st.floats(-170, 170))
def test_angles_are_read_back_from_the_rotation(yaw: float, pitch: float, roll: float) -> None:
    r = rotation(yaw, pitch, roll)
    assert np.degrees(np.arcsin(-r[0, 2])) == pytest.approx(yaw, abs=1e-6)
    assert np.degrees(np.arctan2(-r[1, 2], r[2, 2])) == pytest.approx(pitch, abs=1e-6)
    assert np.degrees(np.arctan2(r[0, 1], r[0, 0])) == pytest.approx(roll, abs=1e-6)
    assert r @ r.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(r) == pytest.approx(1)


@pytest.mark.parametrize(
    ("angles", "vector", "towards"),
    [
        ((30, 0, 0), (0, 0, -1), (1, None)),  # the nose points to the image right
        ((0, 30, 0), (0, 0, -1), (None, 1)),  # the nose points down
        ((0, 0, 30), (0, -1, 0), (-1, None)),  # the crown goes to the image left
    ],
    ids=["yaw", "pitch", "roll"],
)
def test_signs_of_the_pose(
    angles: tuple[float, float, float], vector: tuple[float, ...], towards: tuple[float | None, float | None]
) -> None:
    turned = rotation(*angles) @ np.array(vector)
    for axis, sign in enumerate(towards):
        if sign is not None:
            assert turned[axis] * sign == pytest.approx(0.5)


def test_camera_projects_known_points() -> None:
    camera = Camera((640, 480), 800.0)
    seen = camera.project(np.array([[0.0, 100, 0], [0, 0, -50], [1000, 1000, 500]]))
    assert pytest.approx(np.array([[320, 240], [400, 240], [320, 160]])) == seen.T


@given(x=st.floats(-200, 900), y=st.floats(-200, 700), depth=st.floats(100, 5000))
def test_rays_go_back_to_their_pixels(x: float, y: float, depth: float) -> None:
    camera = Camera((640, 480), 700.0)
    ray = camera.rays(np.array([x]), np.array([y]))
    assert camera.project(ray * depth)[:, 0] == pytest.approx((x, y), abs=1e-6)


def test_spheres_are_exact_and_batches_agree_with_single_ellipsoids() -> None:
    p = points()
    sphere = ellipsoid(p, (1, 2, 3), (20, 20, 20))
    exact = np.linalg.norm(p - np.array([[1], [2], [3]]), axis=0) - 20
    assert sphere == pytest.approx(exact, abs=1e-3)
    parts = [((1.0, 2.0, 3.0), (20.0, 20.0, 20.0)), ((-8.0, 4.0, 30.0), (9.0, 30.0, 14.0))]
    batch = Ellipsoids(parts)(p)
    for row, (c, r) in zip(batch, parts, strict=True):
        assert row == pytest.approx(ellipsoid(p, c, r), abs=2e-2)


def test_capsules_measure_to_their_axis() -> None:
    p = np.array([[0.0, 5, -20], [7, 10, 0], [0, 0, 0]], np.float32)
    d = capsule(p, (-10, 0, 0), (10, 0, 0), 2, 2)
    assert d == pytest.approx([5, 8, 8], abs=1e-4)


@given(a=st.floats(-50, 50), b=st.floats(-50, 50), k=st.floats(0.5, 30))
def test_smooth_union_and_cut_stay_near_the_sharp_ones(a: float, b: float, k: float) -> None:
    x, y = np.array([a], np.float32), np.array([b], np.float32)
    low, high = float(smooth_min(x, y, k)[0]), float(smooth_max(x, y, k)[0])
    assert min(a, b) - k / 4 - 1e-3 <= low <= min(a, b) + 1e-3
    assert max(a, b) - 1e-3 <= high <= max(a, b) + k / 4 + 1e-3
    assert float(carve(x, y, k)[0]) == pytest.approx(float(smooth_max(x, -y, k)[0]))


def test_tracing_a_sphere_finds_all_of_it_and_nothing_else() -> None:
    radius = np.float32(80)
    layer = Layer("ball", lambda p: np.sqrt((p * p).sum(0)) - radius, FACING, (0, 0, 0), 90)
    camera = Camera((64, 48), 120.0)
    depth = first_hit(layer, camera, steps=120, near_mm=0.01)
    x, y = np.meshgrid(np.arange(64) + 0.5, np.arange(48) + 0.5)
    rays = camera.rays(x.ravel(), y.ravel())
    discriminant = (500 * rays[2]) ** 2 - (rays**2).sum(0) * (500.0**2 - 80.0**2)
    hit = np.isfinite(depth).ravel()
    clear = np.abs(discriminant) > 300  # a ray that passes within 0.3 mm may be either
    assert np.array_equal(hit[clear], discriminant[clear] > 0)
    at = FACING.to_own(rays[:, hit] * depth.ravel()[hit]).astype(np.float32)
    assert np.linalg.norm(at, axis=0) == pytest.approx(80, abs=0.31)
    assert (at[2] > 0).all()
    assert normals(layer.sdf, at) == pytest.approx(at / np.linalg.norm(at, axis=0), abs=1e-2)


def test_the_grid_agrees_with_the_head_near_its_surface() -> None:
    head = Head(Portrait(mouth_open=0.3))
    baked = Baked(head, ((0, -150, -210), (104, 130, 48)), 2.0, mirrored=True)
    rng = np.random.default_rng(1)
    p = rng.uniform((-80, -100, -180), (80, 105, 30), (4000, 3)).T.astype(np.float32)
    exact = head(p)
    near = np.abs(exact) < 6
    assert np.abs(baked(p) - exact)[near].mean() < 0.15
    assert np.quantile(np.abs(baked(p) - exact)[near], 0.98) < 1.0


def test_the_grid_renews_a_part() -> None:
    shut, wide = Head(Portrait()), Head(Portrait(mouth_open=0.8))
    box = ((0.0, -150.0, -210.0), (104.0, 130.0, 48.0))
    baked = Baked(shut, box, 4.0, mirrored=True)
    baked.renew(wide, ((-6, -150, -85), (80, -26, 48)))
    fresh = Baked(wide, box, 4.0, mirrored=True)
    p = points(reach=50) + np.array([[0], [-60], [-20]], np.float32)
    assert np.abs(baked(p) - fresh(p)).mean() < 0.2
    assert np.abs(Baked(shut, box, 4.0, mirrored=True)(p) - fresh(p)).mean() > 1


@given(st.floats(0, 1))
def test_srgb_and_linear_light_undo_each_other(v: float) -> None:
    assert float(to_srgb(to_linear(np.array([v], np.float32)))[0]) == pytest.approx(v, abs=1e-4)
