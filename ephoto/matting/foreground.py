"""The person's own colour where a pixel is a mixture, so that no old ground is carried into the new picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.matting.levels import enlarged, halvings, pyramid
from ephoto.matting.tuning import tuning

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["estimate"]

_CONTRAST = np.float32(30)  # (grey levels)^2: below some 5 levels between F and B their direction is noise


def estimate(
    frame: NDArray[np.uint8], alpha: NDArray[np.float32], unknown: NDArray[np.bool_], *, px_per_face: float
) -> NDArray[np.uint8]:
    """The foreground (H, W, 3) uint8 of a frame: the frame itself where it is opaque, un-mixed where it is not.

    A pixel is I = alpha F + (1 - alpha) B. F and B start as means over the neighbourhood, weighted to pixels that
    are nearly all person or nearly all ground; then F takes its share of what the equation still misses:
    F + alpha (I - alpha F - (1 - alpha) B) (Forte, Approximate Fast Foreground Colour Estimation, ICIP 2021, whose
    means run over wide windows at full size; ours run on a level where the face is about 50 px wide, which is what
    makes them cheap). Whatever of that share still points from F towards B is old ground that alpha claims wrongly:
    it is left out in proportion to 1 - alpha.

    Parameters
    ----------
    frame : (H, W, 3) uint8
    alpha : (H, W) float32, 0..1
    unknown : (H, W) bool
        Only pixels of this band change.
    px_per_face : float
        Width of the face, px.
    """
    t = tuning()
    out = frame.copy()
    band = np.flatnonzero(unknown & (alpha > 0) & (alpha < 1))
    if not band.size:
        return out
    count = halvings(px_per_face, t.level_face_px)
    radius = max(1, round(t.colour_radius * px_per_face / 2**count))
    small, opaque = pyramid(frame, count)[-1].astype(np.float32), pyramid(alpha, count)[-1]
    f, b = (
        [enlarged(plane, frame.shape[:2]).ravel().take(band) for plane in _local_mean(small, weight, radius)]
        for weight in (_sixth_power(opaque), _sixth_power(1 - opaque))
    )
    i = frame.reshape(-1, 3).take(band, axis=0).T.astype(np.float32, order="C")
    out.reshape(-1, 3)[band] = _unmixed(i, alpha.ravel().take(band), f, b)
    return out


def _sixth_power(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """A pixel's weight by its share: nearly pure pixels count, mixed ones hardly. (Powers 3 to 10 do as well.)"""
    square = x * x
    return np.asarray(square * square * square)


def _local_mean(pixels: NDArray[np.float32], weight: NDArray[np.float32], radius: int) -> list[NDArray[np.float32]]:
    """Three planes (h, w): the colour averaged over (2 radius + 1)^2 px, each pixel with its weight (h, w)."""
    ksize = (2 * radius + 1, 2 * radius + 1)
    weights = np.asarray(cv2.boxFilter(weight, -1, ksize), np.float32)
    weights += np.float32(1e-6)
    return [np.asarray(cv2.boxFilter(plane * weight, -1, ksize), np.float32) / weights for plane in cv2.split(pixels)]


def _unmixed(
    i: NDArray[np.float32], a: NDArray[np.float32], f: list[NDArray[np.float32]], b: list[NDArray[np.float32]]
) -> NDArray[np.uint8]:
    """F (n, 3) of pixels I (3, n) with alpha (n,), from three planes (n,) each of the local F and B."""
    lean, contrast = np.zeros_like(a), np.full_like(a, _CONTRAST)
    shares, backs = [], []
    for i_c, f_c, b_c in zip(i, f, b, strict=True):
        back = b_c - f_c
        share = (i_c - b_c + a * back) * a  # alpha (I - alpha F - (1 - alpha) B)
        lean += share * back
        contrast += back * back
        shares.append(share)
        backs.append(back)
    lean /= contrast
    np.maximum(lean, 0, out=lean)
    lean *= 1 - a
    planes = [f_c + share - lean * back for f_c, share, back in zip(f, shares, backs, strict=True)]
    colour = np.stack(planes, axis=-1)
    colour += np.float32(0.5)
    return np.clip(colour, 0, 255, out=colour).astype(np.uint8)
