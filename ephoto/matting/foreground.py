"""The person's own colour where a pixel is a mixture, so that no old ground is carried into the new picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ephoto.matting.levels import enlarged, halvings, pyramid
from ephoto.matting.tuning import tuning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["estimate"]

_LEAST_SHARE = np.float32(0.2)  # alpha below which a pixel tells too little of F to be divided by
_CONTRAST = np.float32(30)  # (grey levels)^2: below some 5 levels between F and B their direction is noise


def estimate(
    frame: NDArray[np.uint8], alpha: NDArray[np.float32], unknown: NDArray[np.bool_], *, px_per_face: float
) -> NDArray[np.uint8]:
    """The foreground (H, W, 3) uint8 of a frame: the frame itself where it is opaque, un-mixed where it is not.

    A pixel is I = alpha F + (1 - alpha) B. B is a mean over the neighbourhood, weighted to pixels that are nearly all
    ground; F a mean of (I - (1 - alpha) B) / alpha, weighted to those that are nearly all person. Then F takes its
    share of what the equation still misses: F + alpha (I - alpha F - (1 - alpha) B). (The last step is Forte's,
    Approximate Fast Foreground Colour Estimation, ICIP 2021, whose means run over wide windows at full size and
    twice; ours run on a level where the face is about 50 px wide, which is what makes them cheap.) Whatever of that
    share still points from F towards B is old ground that alpha claims wrongly: it is left out in proportion to
    1 - alpha.

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
    pixels, clear = cv2.split(small), 1 - opaque
    ground = _local_mean(pixels, clear**2 * clear, radius)
    share = np.maximum(opaque, _LEAST_SHARE)
    person = [np.clip((i - clear * b) / share, 0, 255) for i, b in zip(pixels, ground, strict=True)]
    f, b = (
        [enlarged(plane, frame.shape[:2]).ravel().take(band) for plane in planes]
        for planes in (_local_mean(person, opaque**2 * opaque, radius), ground)
    )
    i = frame.reshape(-1, 3).take(band, axis=0).T.astype(np.float32, order="C")
    out.reshape(-1, 3)[band] = _unmixed(i, alpha.ravel().take(band), f, b)
    return out


def _local_mean(planes: Sequence[NDArray[Any]], weight: NDArray[np.float32], radius: int) -> list[NDArray[np.float32]]:
    """Each plane (h, w) averaged over (2 radius + 1)^2 px, each pixel with its weight (h, w)."""
    ksize = (2 * radius + 1, 2 * radius + 1)
    weights = np.asarray(np.maximum(cv2.boxFilter(weight, -1, ksize), 1e-8), np.float32)
    return [np.asarray(cv2.boxFilter(plane * weight, -1, ksize), np.float32) / weights for plane in planes]


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
