"""From a solution on few pixels to alpha at a frame's own resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.matting.levels import Places, moved
from ephoto.matting.solution import applied, decided

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.matting.solution import Solution
    from ephoto.matting.trimap import Trimap

__all__ = ["known_on", "refine"]


def refine(
    solution: Solution,
    frame: NDArray[np.uint8],
    to_frame: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Alpha (H, W) of the subject on a frame, and the unknown band in which it was drawn: beyond it alpha is 0 or 1.

    The local linear model of the solution is applied to the frame's own colours, which gives back its finest edges.

    Parameters
    ----------
    solution : Solution
    frame : (H, W, 3) uint8
    to_frame : (2, 3) float64
        From the solution's px to the frame's.
    """
    h, w = frame.shape[:2]
    alpha, unknown = known_on(solution.known, to_frame, (w, h))
    band = np.flatnonzero(unknown)
    places = Places(band, w, to_frame)
    drawn = decided(applied(places.on(solution.model), frame, band))
    drawn *= places.on(solution.inside)
    alpha.ravel()[band] = drawn
    return alpha, unknown


def known_on(
    known: Trimap, affine: NDArray[np.float64], size_wh: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Alpha where it is known, 0 in the band, and the band, both (H, W)."""
    labels = np.where(known.unknown, np.uint8(2), (known.prior >= 1).view(np.uint8))
    on_frame = moved(labels, affine, size_wh, nearest=True)
    return (on_frame == 1).astype(np.float32), np.asarray(on_frame == 2)
