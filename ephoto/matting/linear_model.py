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
        self._guide = np.multiply(cv2.split(guide), np.float32(1 / 255), dtype=np.float32)
        self._mean = self._boxes(self._guide)
        r, g, b = self._guide
        products = self._boxes(np.stack([r * r, g * g, b * b, r * g, r * b, g * b]))
        mr, mg, mb = self._mean
        products -= np.stack([mr * mr, mg * mg, mb * mb, mr * mg, mr * mb, mg * mb])
        rr, gg, bb, rg, rb, gb = products
        self.variance: NDArray[np.float32] = np.maximum(rr + gg + bb, 0)
        # The 3 x 3 covariance plus ridge, factored as L D L': inverting it by cofactors loses all digits of a
        # float32 where colour is flat. No pivot can truly be below the ridge.
        e = np.float32(epsilon)
        d0 = np.maximum(rr + e, e)
        l10, l20 = rg / d0, rb / d0
        d1 = np.maximum(gg + e - l10 * rg, e)
        c21 = gb - l20 * rg
        l21 = c21 / d1
        d2 = np.maximum(bb + e - l20 * rb - l21 * c21, e)
        self._factors = (np.stack([1 / d0, 1 / d1, 1 / d2]), l10, l20, l21)

    def _boxes(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean in the window about each pixel, of each plane (n, h, w)."""
        out = np.empty_like(planes)
        for plane, mean in zip(planes, out, strict=True):
            # BORDER_REFLECT repeats the edge px: with it, and not with the default, box means are a symmetric operator.
            cv2.boxFilter(plane, -1, self._ksize, mean, borderType=cv2.BORDER_REFLECT)
        return out

    def coefficients(self, alpha: NDArray[np.float32]) -> NDArray[np.float32]:
        """a_r, a_g, a_b and b, (4, h, w), averaged over the windows about each pixel: alpha = a . I + b."""
        planes = np.empty((4, *alpha.shape), np.float32)
        np.multiply(self._guide, alpha, out=planes[:3])
        planes[3] = alpha
        y = self._boxes(planes)
        slopes, mean = y[:3], y[3]
        slopes -= np.multiply(self._mean, mean, out=planes[:3])
        inverse, l10, l20, l21 = self._factors
        y0, y1, y2 = slopes
        y1 -= l10 * y0
        y2 -= l20 * y0
        y2 -= l21 * y1
        slopes *= inverse
        y1 -= l21 * y2
        y0 -= l10 * y1
        y0 -= l20 * y2
        for product in np.multiply(self._mean, slopes, out=planes[:3]):
            mean -= product
        return self._boxes(y)

    def steadied(self, alpha: NDArray[np.float32], steep: float) -> NDArray[np.float32]:
        """The model (h, w, 4): three slopes for colour in 0..255, and the offset.

        Slopes are damped by 1 / (1 + (slope / steep)^2), with `steep` for colour in 0..1; each pixel's own alpha is
        kept.
        """
        found = self.coefficients(alpha)
        slopes, offset = found[:3], found[3]
        damping = np.einsum("chw,chw->hw", slopes, slopes)
        damping *= np.float32(1 / steep**2)
        damping /= damping + 1
        lost = slopes * damping
        slopes -= lost
        for share in np.multiply(lost, self._guide, out=lost):
            offset += share
        slopes *= np.float32(1 / 255)
        return np.asarray(cv2.merge(list(found)), np.float32)

    def filtered(self, alpha: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the windows say that each pixel's alpha is, given those around it: (h, w)."""
        found = self.coefficients(alpha)
        out: NDArray[np.float32] = found[3]
        for share in np.multiply(found[:3], self._guide, out=found[:3]):
            out += share
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
