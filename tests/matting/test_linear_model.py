"""The local linear model against its definition, window by window, and alpha settled by it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.matting.linear_model import LocalLinear
from ephoto.matting.settle import settle

EPSILON = 1e-4


def regressions(guide, alpha):
    """a_r, a_g, a_b, b of every window that lies in the picture, by the centre; and what each leaves of alpha."""
    h, w = alpha.shape
    found, left = {}, {}
    for y in range(1, h - 1):
        for x in range(1, w - 1):
            window = np.s_[y - 1 : y + 2, x - 1 : x + 2]
            i, q = guide[window].reshape(-1, 3) / 255.0, alpha[window].ravel().astype(float)
            cov = np.cov(i.T, bias=True) + EPSILON * np.eye(3)
            a = np.linalg.solve(cov, ((i - i.mean(0)) * (q - q.mean())[:, None]).mean(0))
            b = q.mean() - a @ i.mean(0)
            found[y, x], left[y, x] = np.append(a, b), (q - i @ a - b).reshape(3, 3)
    return found, left


def laplacian(guide, alpha):
    out = np.zeros(alpha.shape)
    for (y, x), left in regressions(guide, alpha)[1].items():
        out[y - 1 : y + 2, x - 1 : x + 2] += left
    return out


@pytest.fixture
def picture():
    rng = np.random.default_rng(4)
    return rng.integers(0, 256, (14, 11, 3), dtype=np.uint8), rng.random((14, 11), dtype=np.float32)


def unknown_of(shape, seed):
    return np.random.default_rng(seed).random(shape) < 0.3


@pytest.mark.parametrize("seed", range(4))
def test_laplacian_is_what_the_windows_leave_of_alpha(picture, seed):
    """Also at the picture's edges and corners, where fewer windows have a say."""
    guide, alpha = picture
    unknown = unknown_of(alpha.shape, seed)
    unknown[0, 0] = unknown[-1, 3] = unknown[5, -1] = True
    model = LocalLinear(guide, unknown, EPSILON)
    assert np.abs(model.laplacian(alpha) - laplacian(guide, alpha)[unknown]).max() < 2e-4


def test_diagonal_is_the_laplacians_own(picture):
    guide, alpha = picture
    unknown = unknown_of(alpha.shape, 1)
    model = LocalLinear(guide, unknown, EPSILON)
    diagonal = model.diagonal()
    for k in range(0, len(model.pixels), 5):
        one = np.zeros_like(alpha)
        one.ravel()[model.pixels[k]] = 1
        assert model.laplacian(one)[k] == pytest.approx(diagonal[k], abs=2e-4)


def test_a_linear_function_of_colour_is_no_energy(picture):
    guide, _ = picture
    alpha = (guide @ np.array([0.001, 0.0015, 0.0008]) + 0.1).astype(np.float32)
    model = LocalLinear(guide, np.ones(alpha.shape, bool), 1e-8)
    assert np.abs(model.laplacian(alpha)).max() < 1e-3


@given(seed=st.integers(0, 1000), share=st.floats(0.05, 1), flat=st.booleans())
@settings(max_examples=30, deadline=None)
def test_the_laplacian_is_symmetric_and_not_negative(seed, share, flat):
    """What conjugate gradients stand on; with flat colour too, where the covariance is zero."""
    rng = np.random.default_rng(seed)
    h, w = rng.integers(3, 20, 2)
    guide = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
    if flat:
        guide[:] = guide[0, 0]
    unknown = rng.random((h, w)) < share
    unknown[0, 0] = True
    p, q = rng.random((2, h, w), dtype=np.float32) * unknown
    model = LocalLinear(guide, unknown, 1e-6)
    lp, lq = model.laplacian(p), model.laplacian(q)
    assert np.isfinite(lp).all()
    assert np.vdot(q.ravel()[model.pixels], lp) == pytest.approx(
        np.vdot(p.ravel()[model.pixels], lq), rel=2e-3, abs=1e-3
    )
    assert np.vdot(p.ravel()[model.pixels], lp) > -1e-3


def test_flat_colour_has_no_variance():
    model = LocalLinear(np.full((30, 30, 3), 128, np.uint8), np.ones((30, 30), bool), 1e-6)
    assert model.variance.shape == (900,)
    assert model.variance.max() == 0


def test_the_model_is_the_mean_of_the_windows_about_each_pixel(picture):
    guide, alpha = picture
    unknown = np.zeros(alpha.shape, bool)
    unknown[4:9, 3:8] = True
    model = LocalLinear(guide, unknown, EPSILON).steadied(alpha, 1e6)
    found = regressions(guide, alpha)[0]
    for y, x in ((5, 4), (6, 6), (8, 7)):
        mean = np.mean([found[j, i] for j in (y - 1, y, y + 1) for i in (x - 1, x, x + 1)], axis=0)
        assert np.abs(model[y, x] * (255, 255, 255, 1) - mean).max() < 1e-3 * max(1, np.abs(mean).max())


def test_the_model_is_alpha_itself_where_nothing_is_unknown(picture):
    guide, alpha = picture
    unknown = np.zeros(alpha.shape, bool)
    unknown[2, 2] = True
    model = LocalLinear(guide, unknown, EPSILON).steadied(alpha, 20.0)
    assert (model[8:, :, :3] == 0).all()
    assert (model[8:, :, 3] == alpha[8:]).all()


def test_steadied_slopes_are_bounded_and_keep_alpha():
    """slope / (1 + (slope / steep)^2) never exceeds half of steep, and the pixel's own alpha is as before."""
    rng = np.random.default_rng(7)
    guide = (rng.integers(0, 3, (20, 20, 3)) + 100).astype(np.uint8)
    alpha = (guide[..., 0] > 100).astype(np.float32)
    model = LocalLinear(guide, np.ones(alpha.shape, bool), 1e-6)
    free, bound = model.steadied(alpha, 1e6), model.steadied(alpha, 10.0)
    assert float(np.abs(bound[..., :3]).max()) * 255 <= 5.001
    assert float(np.abs(free[..., :3]).max()) * 255 > 20
    own = [m[..., 3] + (m[..., :3] * guide).sum(-1) for m in (free, bound)]
    assert np.abs(own[0] - own[1]).max() < 1e-3


def test_settle_keeps_what_is_known_and_lowers_the_energy(picture):
    guide, start = picture
    unknown = np.zeros(start.shape, bool)
    unknown[3:11, 2:9] = True
    model = LocalLinear(guide, unknown, EPSILON)
    prior, weight = (np.full(len(model.pixels), v, np.float32) for v in (0.5, 0.05))

    def energy(x):
        own = x.ravel()[model.pixels]
        return float(np.vdot(x, laplacian(guide, x)) + (weight * (own - prior) ** 2).sum())

    few, many = (settle(model, start, prior, weight, steps) for steps in (2, 40))
    assert (few[~unknown] == start[~unknown]).all()
    assert energy(start) > energy(few) > energy(many)
    assert 0 <= many.min() <= many.max() <= 1


def test_no_unknown_pixel_is_no_work(picture):
    guide, start = picture
    model = LocalLinear(guide, np.zeros(start.shape, bool), EPSILON)
    nothing = np.zeros(0, np.float32)
    assert (settle(model, start, nothing, nothing, 5) == start).all()
