"""The local linear colour model, in two uses: the matting Laplacian without its matrix, and a guided filter.

In every small window k alpha is nearly a linear function of colour, alpha_i = a_k . I_i + b_k (Levin, Lischinski and
Weiss, A Closed-Form Solution to Natural Image Matting, 2008). Fitting a_k and b_k by ridge regression in all windows
and averaging what they say about each pixel is He, Sun and Tang's guided filter (2013); alpha minus its filtered
self is the matting Laplacian times alpha, so the closed form can be solved without ever building the matrix (He, Sun
and Tang, Fast Matting Using Large Kernel Matting Laplacian Matrices, 2010). Everything is box means over planes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LocalLinear", "settle"]


class LocalLinear:
    """Windows of (2 radius + 1)^2 px over a guide picture.

    Parameters
    ----------
    guide : (h, w, 3) uint8
    radius : int, px
    epsilon : float
        Ridge of the regression: variance of colour, in 0..1, that is taken for noise.

    Attributes
    ----------
    variance : (h, w) float32, sum of the three channels' variances in the window about each pixel, colour in 0..1
    """

    def __init__(self, guide: NDArray[np.uint8], radius: int, epsilon: float) -> None:
        self._ksize = (2 * radius + 1, 2 * radius + 1)
        scaled = np.multiply(guide, np.float32(1 / 255), dtype=np.float32)
        self._guide = tuple(np.asarray(c, np.float32) for c in cv2.split(scaled))
        self._mean = tuple(self._box(c) for c in self._guide)
        (r, g, b), (mr, mg, mb) = self._guide, self._mean
        rr, gg, bb = (self._box(c * c) - m * m for c, m in zip(self._guide, self._mean, strict=True))
        self.variance = np.maximum(rr + gg + bb, 0)
        rg, rb, gb = self._box(r * g) - mr * mg, self._box(r * b) - mr * mb, self._box(g * b) - mg * mb
        # The 3 x 3 covariance plus ridge, factored as L D L': inverting it by cofactors loses all digits of a
        # float32 where colour is flat. No pivot can truly be below the ridge.
        e = np.float32(epsilon)
        d0 = np.maximum(rr + e, e)
        l10, l20 = rg / d0, rb / d0
        d1 = np.maximum(gg + e - l10 * rg, e)
        c21 = gb - l20 * rg
        l21 = c21 / d1
        d2 = np.maximum(bb + e - l20 * rb - l21 * c21, e)
        self._factors = (1 / d0, 1 / d1, 1 / d2, l10, l20, l21)

    def _box(self, plane: NDArray[np.float32]) -> NDArray[np.float32]:
        # BORDER_REFLECT repeats the edge px: with it, and not with the default, box means are a symmetric operator.
        return np.asarray(cv2.boxFilter(plane, -1, self._ksize, borderType=cv2.BORDER_REFLECT), np.float32)

    def coefficients(self, alpha: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """a_r, a_g, a_b and b, each (h, w), averaged over the windows about each pixel: alpha = a . I + b."""
        mean = self._box(alpha)
        y0, y1, y2 = (self._box(c * alpha) - m * mean for c, m in zip(self._guide, self._mean, strict=True))
        i0, i1, i2, l10, l20, l21 = self._factors
        y1 -= l10 * y0
        y2 -= l20 * y0
        y2 -= l21 * y1
        y2 *= i2
        y1 *= i1
        y1 -= l21 * y2
        y0 *= i0
        y0 -= l10 * y1
        y0 -= l20 * y2
        for a, m in zip((y0, y1, y2), self._mean, strict=True):
            mean -= a * m
        return tuple(self._box(c) for c in (y0, y1, y2, mean))

    def steadied(self, alpha: NDArray[np.float32], steep: float) -> NDArray[np.float32]:
        """The model (h, w, 4): three slopes for colour in 0..255, and the offset.

        Slopes are damped by 1 / (1 + (slope / steep)^2), with `steep` for colour in 0..1; each pixel's own alpha is
        kept.
        """
        *slopes, offset = self.coefficients(alpha)
        damping = np.sum([a * a for a in slopes], axis=0) * np.float32(1 / steep**2)
        damping /= damping + 1
        for a, c in zip(slopes, self._guide, strict=True):
            lost = a * damping
            a -= lost
            lost *= c
            offset += lost
        for a in slopes:
            a *= np.float32(1 / 255)
        return np.asarray(cv2.merge([*slopes, offset]), np.float32)

    def filtered(self, alpha: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the windows say that each pixel's alpha is, given those around it: (h, w)."""
        *slopes, out = self.coefficients(alpha)
        for a, c in zip(slopes, self._guide, strict=True):
            a *= c
            out += a
        return out


def settle(
    model: LocalLinear,
    start: NDArray[np.float32],
    unknown: NDArray[np.bool_],
    prior: NDArray[np.float32],
    weight: NDArray[np.float32],
    steps: int,
) -> NDArray[np.float32]:
    """Alpha (h, w) in 0..1 that the model agrees with, known where it is not `unknown`.

    Minimises alpha' L alpha + sum of weight (alpha - prior)^2 over the unknown pixels by conjugate gradients from
    `start`, whose known pixels are kept. The first steps move the edge to where colour puts it, later ones only
    spread it through flat ground: a few are better than many.
    """
    inside = unknown.astype(np.float32)
    diagonal = (1 + weight) * inside
    x = start.copy()
    residual = (model.filtered(x) - x + weight * (prior - x)) * inside
    direction = residual.copy()
    energy = float(np.vdot(residual, residual))
    for _ in range(steps):
        if energy < 1e-8:  # px^2 of alpha: nothing left that 8 bits could show
            break
        image = model.filtered(direction)
        image *= inside
        np.subtract(diagonal * direction, image, out=image)
        length = np.float32(energy / max(float(np.vdot(direction, image)), 1e-20))
        x += length * direction
        image *= length
        residual -= image
        before, energy = energy, float(np.vdot(residual, residual))
        direction *= np.float32(energy / before)
        direction += residual
    return np.clip(x, 0, 1, out=x)
