"""Alpha that agrees with the local linear model, by a few steps of conjugate gradients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.matting.linear_model import LocalLinear

__all__ = ["settle"]


def settle(
    model: LocalLinear,
    start: NDArray[np.float32],
    prior: NDArray[np.float32],
    weight: NDArray[np.float32],
    steps: int,
) -> NDArray[np.float32]:
    """Alpha (h, w) in 0..1, as `start` but at the model's unknown pixels.

    Goes towards the least alpha' L alpha + sum of weight (alpha - prior)^2 over the unknown pixels, by conjugate
    gradients with the diagonal for a preconditioner. Few steps are meant: the full solution is worse than an early one
    that starts well, since the model itself is only nearly true.

    Parameters
    ----------
    model : LocalLinear
    start : (h, w) float32
    prior, weight : (m,) float32
        At the model's `pixels`.
    steps : int
    """
    whole = start.copy()
    if not len(model.pixels):
        return whole
    flat, at = whole.ravel(), model.pixels
    x = flat.take(at)
    inverse = 1 / np.maximum(model.diagonal() + weight, np.float32(1e-4))
    left = weight * (prior - x) - model.laplacian(whole)
    along = np.zeros_like(whole)
    towards = inverse * left
    direction = towards.copy()
    now = float(left @ towards)
    for _ in range(steps):
        along.ravel()[at] = direction
        bent = model.laplacian(along) + weight * direction
        stride = np.float32(now / max(float(direction @ bent), 1e-20))
        x += stride * direction
        left -= stride * bent
        towards = inverse * left
        before, now = now, float(left @ towards)
        direction *= np.float32(now / max(before, 1e-20))
        direction += towards
    flat[at] = np.clip(x, 0, 1)
    return whole
