"""The person's own colour where a pixel is a mixture, so that no old ground is carried into the new picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ephoto.matting.levels import four
from ephoto.matting.tuning import tuning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["local_colours", "unmix"]

_LEAST_SHARE = np.float32(0.2)  # alpha below which a pixel tells too little of F to be divided by
_CONTRAST = np.float32(30)  # (grey levels)^2: below some 5 levels between F and B their direction is noise


def local_colours(
    frame: NDArray[np.uint8], alpha: NDArray[np.float32], face_width_px: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The person's and the ground's mean colour about each pixel of a small picture, both (h, w, 4), 0..255.

    A pixel is I = alpha F + (1 - alpha) B. B is a mean over the neighbourhood, weighted to pixels that are nearly all
    ground; F a mean of (I - (1 - alpha) B) / alpha, weighted to those that are nearly all person.

    Parameters
    ----------
    frame : (h, w, 3) uint8
    alpha : (h, w) float32, 0..1
    face_width_px : float
        Width of the face, px; about 50, which is what makes wide neighbourhoods cheap.
    """
    radius = max(1, round(tuning().colour_radius * face_width_px))
    pixels, clear = cv2.split(frame.astype(np.float32)), 1 - alpha
    ground = _local_mean(pixels, clear**2 * clear, radius)
    share = np.maximum(alpha, _LEAST_SHARE)
    person = [np.clip((i - clear * b) / share, 0, 255) for i, b in zip(pixels, ground, strict=True)]
    return four(cv2.merge(_local_mean(person, alpha**2 * alpha, radius))), four(cv2.merge(ground))


def unmix(
    colour: NDArray[np.uint8], alpha: NDArray[np.float32], person: NDArray[np.float32], ground: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """The foreground's own colour (n, 3) at pixels that may be mixtures.

    The local mean F takes its share of what the mixture I = alpha F + (1 - alpha) B still misses:
    F + alpha (I - alpha F - (1 - alpha) B). (That step is Forte's, Approximate Fast Foreground Colour Estimation,
    ICIP 2021, whose means run over wide windows at full size and twice.) Whatever of that share still points from F
    towards B is old ground that alpha claims wrongly: it is left out in proportion to 1 - alpha. Where alpha is 1 the
    colour itself comes out.

    Parameters
    ----------
    colour : (n, 3) uint8
    alpha : (n,) float32, 0..1
    person, ground : (n, 4) float32
        Local mean colours, 0..255; the fourth channel is empty.
    """
    i, f, b = (np.ascontiguousarray(p.T[:3], np.float32) for p in (colour, person, ground))
    return _unmixed(i, alpha, f, b)


def _local_mean(planes: Sequence[NDArray[Any]], weight: NDArray[np.float32], radius: int) -> list[NDArray[np.float32]]:
    """Each plane (h, w) averaged over (2 radius + 1)^2 px, each pixel with its weight (h, w)."""
    ksize = (2 * radius + 1, 2 * radius + 1)
    weights = np.asarray(np.maximum(cv2.boxFilter(weight, -1, ksize), 1e-8), np.float32)
    return [np.asarray(cv2.boxFilter(plane * weight, -1, ksize), np.float32) / weights for plane in planes]


def _unmixed(
    i: NDArray[np.float32], a: NDArray[np.float32], f: NDArray[np.float32], b: NDArray[np.float32]
) -> NDArray[np.uint8]:
    """F (n, 3) of pixels I (3, n) with alpha (n,), from the local F and B, (3, n)."""
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
