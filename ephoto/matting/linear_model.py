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
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LocalLinear"]

_PLACES = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]  # of a window's pixels from its centre
_N = len(_PLACES)


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
    pixels : (m,) int32, the unknown pixels in the flattened picture
    variance : (m,) float32, sum of the three channels' variances about each of them, colour in 0..1
    """

    def __init__(self, guide: NDArray[np.uint8], unknown: NDArray[np.bool_], epsilon: float) -> None:
        h, w = unknown.shape
        self._shape, self._guide = (h, w), guide
        centres = cv2.dilate(unknown.view(np.uint8), np.ones((3, 3), np.uint8))
        centres[[0, -1]] = centres[:, [0, -1]] = 0  # a window lies in the picture as a whole
        self._at = np.flatnonzero(centres).astype(np.int32)
        steps = np.array([y * w + x for y, x in _PLACES], np.int32)[:, None]
        self._index = self._at + steps  # (9, n): each window's pixels
        self.pixels = np.flatnonzero(unknown).astype(np.int32)
        self._windows_of = self._back(steps)
        self._rows = np.zeros((_N, len(self._at) + 1), np.float32)  # the last column: no window, nothing to say
        self._whiten([guide[..., c] for c in range(3)], np.float32(epsilon))
        self.variance = self._spread.take(self._nearest())

    def _back(self, steps: NDArray[np.int32]) -> NDArray[np.int32]:
        """Where each unknown pixel (9, m) stands in the nine rows of windows; n where there is no such window."""
        h, w = self._shape
        n = len(self._at)
        self._number = np.full((h + 2) * w + 2, n, np.int32)  # of the window about each pixel, and none beyond the edge
        self._number[w + 1 : -w - 1][self._at] = np.arange(n, dtype=np.int32)
        rows = np.arange(_N, dtype=np.int32)[:, None] * np.int32(n + 1)
        return np.asarray(self._number.take(self.pixels - steps + np.int32(w + 1)) + rows, np.int32)

    def _nearest(self) -> NDArray[np.int32]:
        """For each unknown pixel the window about it, or for one at the edge the window beside it."""
        h, w = self._shape
        y, x = np.divmod(self.pixels, np.int32(w))
        at = np.clip(y, 1, h - 2) * w + np.clip(x, 1, w - 2) + np.int32(w + 1)
        return np.asarray(self._number.take(at), np.int32)

    def _whiten(self, guide: Sequence[NDArray[np.uint8]], e: np.float32) -> None:
        """Colours (3, 9, n) less their mean, made independent: L^-1 (I - mean) / 3, where L L' is the covariance plus
        the ridge. A sum of products over a window then is the regression itself.
        """
        d = np.empty((3, *self._index.shape), np.float32)
        for plane, out in zip(guide, d, strict=True):
            out[:] = plane.ravel().take(self._index)
        d *= np.float32(1 / 255)
        self._mean = d.mean(axis=1)
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
        left -= left.mean(axis=0)
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
        planes = np.zeros((h * w, 4), np.float32)
        planes[self._at] = self._regression(alpha).T
        count = np.zeros((h, w), np.float32)
        count.ravel()[self._at] = 1
        means = cv2.boxFilter(planes.reshape(h, w, 4), -1, (3, 3), borderType=cv2.BORDER_CONSTANT).reshape(-1, 4)
        share = cv2.boxFilter(count, -1, (3, 3), borderType=cv2.BORDER_CONSTANT).ravel()
        out = np.zeros((h * w, 4), np.float32)
        out[:, 3] = alpha.ravel()
        held = np.flatnonzero(share > 0.5 / _N)
        model = means.take(held, axis=0) / share.take(held)[:, None]
        slopes, colour = model[:, :3], self._guide.reshape(-1, 3).take(held, axis=0)
        damping = np.einsum("nc,nc->n", slopes, slopes) * np.float32(1 / steep**2)
        damping /= damping + 1
        np.multiply(slopes, np.float32(1 / 255), out=slopes)
        lost = slopes * damping[:, None]
        slopes -= lost
        model[:, 3] += np.einsum("nc,nc->n", lost, colour.astype(np.float32))
        out[held] = model
        return out.reshape(h, w, 4)

    def _regression(self, alpha: NDArray[np.float32]) -> NDArray[np.float32]:
        """a_r, a_g, a_b and b of each window, (4, n), for colour in 0..1."""
        values = alpha.ravel().take(self._index)
        mean = values.mean(axis=0)
        r, g, b = np.einsum("ckn,kn->cn", self._white, values) * np.float32(1 / np.sqrt(_N))
        l00, l10, l11, l20, l21, l22 = self._lower
        b /= l22
        g -= l21 * b
        g /= l11
        r -= l10 * g
        r -= l20 * b
        r /= l00
        slopes = np.stack([r, g, b])
        return np.concatenate([slopes, (mean - np.einsum("cn,cn->n", slopes, self._mean))[None]])
