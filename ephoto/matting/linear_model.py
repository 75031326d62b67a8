"""The local linear colour model about unknown pixels: the matting Laplacian without its matrix.

In every small window k alpha is nearly a linear function of colour, alpha_i = a_k . I_i + b_k. Fitting a_k and b_k by
ridge regression, what the windows leave of alpha, summed over the windows about each pixel, is the matting Laplacian
times alpha (Levin, Lischinski and Weiss, A Closed-Form Solution to Natural Image Matting, TPAMI 2008). Only windows
that hold an unknown pixel have a say, so only those are built: the band of a card is a tenth of its pixels. Colours are
taken less the window's own mean before anything is squared, so that float32 keeps its digits where colour is flat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LocalLinear"]

_PLACES = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]  # of a window's pixels from its centre
_N = len(_PLACES)
_WINDOW = np.ones((3, 3), np.uint8)


class LocalLinear:
    """All windows of 3 x 3 px over a guide picture that hold an unknown pixel.

    Parameters
    ----------
    guide : (h, w, 3) uint8, at least 3 x 3 px
    unknown : (h, w) bool
    epsilon : float
        Ridge of the regression: variance of colour, in 0..1, that is taken for noise.

    Attributes
    ----------
    pixels : (m,) int, the unknown pixels in the flattened picture
    variance : (m,) float32, sum of the three channels' variances about each of them, colour in 0..1
    """

    def __init__(self, guide: NDArray[np.uint8], unknown: NDArray[np.bool_], epsilon: float) -> None:
        h, w = unknown.shape
        self._shape, self._guide = (h, w), guide
        self._centres = cv2.dilate(unknown.view(np.uint8), _WINDOW)
        # A window lies in the picture as a whole.
        self._centres[0] = self._centres[-1] = self._centres[:, 0] = self._centres[:, -1] = 0
        self._at = np.flatnonzero(self._centres.view(bool))
        steps = np.array([y * w + x for y, x in _PLACES], np.intp)[:, None]
        self._index = self._at + steps  # (9, n): each window's pixels
        self.pixels = np.flatnonzero(unknown)
        self._windows_of = self._back(steps)
        self._rows = np.zeros((_N, len(self._at) + 1), np.float32)  # the last column: no window, nothing to say
        self._whiten(guide, np.float32(epsilon))
        self.variance = self._spread.take(self._nearest())

    def _back(self, steps: NDArray[np.intp]) -> NDArray[np.intp]:
        """Where each unknown pixel (9, m) stands in the nine rows of windows; n where there is no such window."""
        h, w = self._shape
        n = len(self._at)
        self._number = np.full((h + 2) * w + 2, n, np.intp)  # of the window about each pixel, and none beyond the edge
        self._number[w + 1 : -w - 1][self._at] = np.arange(n)
        out: NDArray[np.intp] = self._number.take(self.pixels - steps + (w + 1))
        out += np.arange(_N)[:, None] * (n + 1)
        return out

    def _nearest(self) -> NDArray[np.intp]:
        """For each unknown pixel the window about it, or for one at the edge the window beside it."""
        h, w = self._shape
        y, x = np.divmod(self.pixels.astype(np.int32), np.int32(w))
        at = np.minimum(np.maximum(y, 1), h - 2) * np.int32(w) + np.minimum(np.maximum(x, 1), w - 2)
        return np.asarray(self._number[w + 1 :].take(at), np.intp)

    def _whiten(self, guide: NDArray[np.uint8], e: np.float32) -> None:
        """Colours (3, 9, n) less their mean, made independent: L^-1 (I - mean) / 3, where L L' is the covariance plus
        the ridge. A sum of products over a window then is the regression itself.
        """
        planes = np.multiply(cv2.split(guide), np.float32(1 / 255), dtype=np.float32)
        d = planes.reshape(3, -1).take(self._index, axis=1)
        self._mean = _mean(d, axis=1)
        d -= self._mean[:, None]
        cov = np.einsum("akn,bkn->abn", d, d)
        cov *= np.float32(1 / _N)
        self._spread: NDArray[np.float32] = cov[0, 0] + cov[1, 1] + cov[2, 2]
        l00 = np.sqrt(cov[0, 0] + e)
        l10, l20 = cov[0, 1] / l00, cov[0, 2] / l00
        l11 = np.sqrt(np.maximum(cov[1, 1] + e - l10 * l10, e))  # no pivot can truly be below the ridge
        l21 = (cov[1, 2] - l20 * l10) / l11
        l22 = np.sqrt(np.maximum(cov[2, 2] + e - l20 * l20 - l21 * l21, e))
        self._lower = (l00, l10, l11, l20, l21, l22)
        r, g, b = d
        r /= l00
        g -= l10 * r
        g /= l11
        b -= l20 * r
        b -= l21 * g
        b /= l22
        d *= np.float32(1 / np.sqrt(_N))
        self._white = d

    def laplacian(self, alpha: NDArray[np.float32]) -> NDArray[np.float32]:
        """The matting Laplacian times alpha (h, w), at the unknown pixels (m,)."""
        left = alpha.ravel().take(self._index)
        left -= _mean(left, axis=0)
        left -= np.einsum("ckn,cn->kn", self._white, np.einsum("ckn,kn->cn", self._white, left))
        return self._summed(left)

    def diagonal(self) -> NDArray[np.float32]:
        """The Laplacian's own diagonal at the unknown pixels (m,)."""
        own = np.full(self._index.shape, 1 - 1 / _N, np.float32)
        for white in self._white:
            own -= white * white
        return self._summed(own)

    def _summed(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the windows (9, n) say of each unknown pixel, added up."""
        self._rows[:, :-1] = values
        return np.asarray(np.add.reduce(self._rows.ravel().take(self._windows_of), axis=0), np.float32)

    def steadied(self, alpha: NDArray[np.float32], steep: float) -> NDArray[np.float32]:
        """The model (h, w, 4): three slopes for colour in 0..255, and the offset, so that alpha = slopes . I + offset.

        Each pixel's is the mean over the windows about it; where there is none it is alpha itself. Slopes are damped by
        1 / (1 + (slope / steep)^2), with `steep` for colour in 0..1; each pixel's own alpha is kept.
        """
        h, w = self._shape
        held = np.flatnonzero(cv2.dilate(self._centres, _WINDOW).view(bool))
        slopes, offset = self._about(alpha, held)
        damping = slopes[0] * slopes[0] + slopes[1] * slopes[1] + slopes[2] * slopes[2]
        damping *= np.float32(1 / steep**2)
        damping /= damping + 1
        slopes *= np.float32(1 / 255)
        lost = slopes * damping
        slopes -= lost
        out = np.zeros((4, h * w), np.float32)
        out[3] = alpha.ravel()
        colour = cv2.split(self._guide)
        offset += sum(part * plane.ravel().take(held) for part, plane in zip(lost, colour, strict=True))
        for plane, values in zip(out, (*slopes, offset), strict=True):
            plane[held] = values
        return np.asarray(cv2.merge(list(out.reshape(4, h, w))), np.float32)

    def _about(
        self, alpha: NDArray[np.float32], held: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Slopes (3, k) and offset (k,), the means over the windows about the pixels `held` (k,)."""
        h, w = self._shape
        planes = np.zeros((4, h * w), np.float32)
        for plane, values in zip(planes, self._regression(alpha), strict=True):
            plane[self._at] = values
        share = cv2.boxFilter(self._centres, cv2.CV_32F, (3, 3), borderType=cv2.BORDER_CONSTANT).ravel().take(held)
        sums = [cv2.boxFilter(p, -1, (3, 3), borderType=cv2.BORDER_CONSTANT) for p in planes.reshape(4, h, w)]
        means = np.array([plane.ravel().take(held) for plane in sums])
        means /= share
        return means[:3], means[3]

    def _regression(self, alpha: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """a_r, a_g, a_b and b of each window, each (n,), for colour in 0..1."""
        values = alpha.ravel().take(self._index)
        mean = _mean(values, axis=0)
        r, g, b = np.einsum("ckn,kn->cn", self._white, values) * np.float32(1 / np.sqrt(_N))
        l00, l10, l11, l20, l21, l22 = self._lower
        b /= l22
        g -= l21 * b
        g /= l11
        r -= l10 * g
        r -= l20 * b
        r /= l00
        mean -= r * self._mean[0] + g * self._mean[1] + b * self._mean[2]
        return r, g, b, mean


def _mean(values: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """The mean over the nine pixels of each window; `numpy.mean` takes three times as long for as few as these."""
    out: NDArray[np.float32] = np.add.reduce(values, axis=axis)
    out /= np.float32(_N)
    return out
