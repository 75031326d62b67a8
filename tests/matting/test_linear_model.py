"""The local linear model against its definition, window by window."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.matting.linear_model import LocalLinear, settle

EPSILON = 1e-4


def brute_filtered(guide, alpha, radius):
    """He's guided filter by a ridge regression in every window, edges repeated."""
    g = np.pad(guide / 255.0, ((2 * radius,) * 2, (2 * radius,) * 2, (0, 0)), "symmetric")
    p = np.pad(alpha.astype(float), 2 * radius, "symmetric")
    h, w = alpha.shape
    rows, cols = h + 2 * radius, w + 2 * radius
    a, b = np.zeros((rows, cols, 3)), np.zeros((rows, cols))
    for y in range(rows):
        for x in range(cols):
            window = np.s_[y : y + 2 * radius + 1, x : x + 2 * radius + 1]
            i, q = g[window].reshape(-1, 3), p[window].ravel()
            cov = np.cov(i.T, bias=True) + EPSILON * np.eye(3)
            a[y, x] = np.linalg.solve(cov, ((i - i.mean(0)) * (q - q.mean())[:, None]).mean(0))
            b[y, x] = q.mean() - a[y, x] @ i.mean(0)
    mean_a = np.array(
        [[a[y : y + 2 * radius + 1, x : x + 2 * radius + 1].mean((0, 1)) for x in range(w)] for y in range(h)]
    )
    mean_b = np.array([[b[y : y + 2 * radius + 1, x : x + 2 * radius + 1].mean() for x in range(w)] for y in range(h)])
    return (mean_a * (guide / 255.0)).sum(-1) + mean_b


@pytest.fixture
def picture():
    rng = np.random.default_rng(4)
    return rng.integers(0, 256, (14, 11, 3), dtype=np.uint8), rng.random((14, 11), dtype=np.float32)


@pytest.mark.parametrize("radius", [1, 2])
def test_filtered_is_the_guided_filter(picture, radius):
    guide, alpha = picture
    ours = LocalLinear(guide, radius, EPSILON).filtered(alpha)
    assert np.abs(ours - brute_filtered(guide, alpha, radius)).max() < 1e-4


def test_a_linear_function_of_colour_is_kept(picture):
    guide, _ = picture
    alpha = (guide @ np.array([0.001, 0.0015, 0.0008]) + 0.1).astype(np.float32)
    assert np.abs(LocalLinear(guide, 1, 1e-8).filtered(alpha) - alpha).max() < 1e-3


def test_the_laplacian_is_symmetric_and_not_negative(picture):
    """What conjugate gradients stand on."""
    guide, p = picture
    q = np.random.default_rng(5).random(p.shape, dtype=np.float32)
    model = LocalLinear(guide, 1, EPSILON)
    assert np.vdot(q, p - model.filtered(p)) == pytest.approx(np.vdot(p, q - model.filtered(q)), rel=1e-3)
    assert np.vdot(p, p - model.filtered(p)) > 0


def test_flat_colour_is_no_trouble():
    """No digits are lost where the covariance is zero."""
    model = LocalLinear(np.full((30, 30, 3), 128, np.uint8), 1, 1e-5)
    alpha = np.random.default_rng(6).random((30, 30), dtype=np.float32)
    assert np.isfinite(model.filtered(alpha)).all()
    assert np.abs(model.filtered(alpha)).max() < 1.01
    assert model.variance.max() < 1e-5


def test_coefficients_give_the_filtered_value(picture):
    guide, alpha = picture
    model = LocalLinear(guide, 1, EPSILON)
    *slopes, offset = model.coefficients(alpha)
    rebuilt = offset + sum(s * guide[..., c] / 255 for c, s in enumerate(slopes))
    assert np.abs(rebuilt - model.filtered(alpha)).max() < 1e-4


def test_steadied_slopes_are_bounded_and_keep_alpha():
    """slope / (1 + (slope / steep)^2) never exceeds half of steep, and the pixel's own alpha is as before."""
    rng = np.random.default_rng(7)
    guide = (rng.integers(0, 3, (20, 20, 3)) + 100).astype(np.uint8)
    alpha = (guide[..., 0] > 100).astype(np.float32)
    model = LocalLinear(guide, 1, 1e-6)
    linear = model.steadied(alpha, 10.0)
    assert float(np.abs(linear[..., :3]).max()) * 255 <= 5.001
    rebuilt = linear[..., 3] + (linear[..., :3] * guide).sum(-1)
    assert np.abs(rebuilt - model.filtered(alpha)).max() < 1e-3


def test_settle_keeps_what_is_known_and_lowers_the_energy(picture):
    guide, start = picture
    model = LocalLinear(guide, 1, EPSILON)
    unknown = np.zeros(start.shape, bool)
    unknown[3:11, 2:9] = True
    prior, weight = np.full_like(start, 0.5), np.full_like(start, 0.05)

    def energy(x):
        return float(np.vdot(x, x - model.filtered(x)) + (weight * (x - prior) ** 2)[unknown].sum())

    few, many = (settle(model, start, unknown, prior, weight, steps) for steps in (2, 40))
    assert (few[~unknown] == start[~unknown]).all()
    assert energy(start) > energy(few) > energy(many)
    assert 0 <= many.min() <= many.max() <= 1


def test_no_unknown_pixel_is_no_work(picture):
    guide, start = picture
    model = LocalLinear(guide, 1, EPSILON)
    nothing = np.zeros(start.shape, bool)
    assert (settle(model, start, nothing, start, np.ones_like(start), 5) == start).all()
