"""A matte that was drawn on a picture's halving, brought onto the picture's own pixels.

About each pixel of the halving alpha is a linear function of colour (see linear_model); that function is applied to the
colours of the full picture, so that an edge comes out as sharp as it is there. Only the band about the edge is touched,
some rows at a time: what is held besides the picture does not grow with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.geometry import compose
from ephoto.core.numbers import numbers
from ephoto.matting.levels import Places, moved
from ephoto.matting.linear_model import LocalLinear
from ephoto.matting.solution import applied
from ephoto.matting.tuning import tuning
from ephoto.matting.unmix import unmix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.types import Matte
    from ephoto.matting.solution import Solution

__all__ = ["ROWS", "enlarge", "straight"]

ROWS = 256  # of the full picture, worked on at a time
_OPAQUE = 255


@dataclass(frozen=True, slots=True)
class _Numbers:
    epsilon: float
    haze: float


def straight(matte: Matte, out: NDArray[np.uint8]) -> None:
    """A matte as straight-alpha pixels, written into `out` (H, W, 4) uint8, all 0 so far; hidden pixels stay black."""
    alpha = np.rint(matte.alpha * np.float32(_OPAQUE)).astype(np.uint8)
    _write(matte.foreground, alpha, out)


def enlarge(
    matte: Matte,
    reduced: NDArray[np.uint8],
    times: int,
    solution: Solution,
    to_full: NDArray[np.float64],
    full: NDArray[np.uint8],
    out: NDArray[np.uint8],
) -> None:
    """Draw a matte of a picture's halving on the picture itself, as straight alpha.

    Parameters
    ----------
    matte : Matte
        Of `reduced`.
    reduced : (h, w, 3) uint8
        The picture halved `times` times; its last row or column may stand for fewer px.
    times : int
    solution : Solution
        What the matte was drawn from: it knows the colours of person and ground.
    to_full : (2, 3) float64
        From the solution's px to the full picture's.
    full : (H, W, 3) uint8
        The picture; a view will do.
    out : (H, W, 4) uint8
        All 0, or a view that is; written into: RGB and straight alpha. Where alpha is 0 nothing is written.
    """
    t = numbers(_Numbers, __package__, "enlarge.toml")
    labels, open_ = _labels(matte)
    model = LocalLinear(reduced, labels == 2, t.epsilon).steadied(matte.alpha, tuning().steep)
    scale = float(2**times)
    for top in range(0, len(full), ROWS):
        pixels = full[top : top + ROWS]
        h, w = pixels.shape[:2]
        up = np.array([[scale, 0.0, 0.0], [0.0, scale, -float(top)]])
        here = moved(labels, up, (w, h), nearest=True)
        alpha = np.where(here == 1, np.uint8(_OPAQUE), np.uint8(0))
        band = np.flatnonzero(here == 2)
        colours = pixels
        if band.size:
            places = Places(band, w, up)
            drawn = applied(places.on(model), np.ascontiguousarray(pixels), band)
            drawn = (drawn - np.float32(t.haze)) * np.float32(1 / (1 - 2 * t.haze))
            above, below = places.on(open_).T
            drawn = np.clip(drawn, np.maximum(0, 1 - below), np.minimum(1, above))
            far = Places(band, w, compose(to_full, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, -float(top)]])))
            colours = pixels.copy()
            mixed = colours.reshape(-1, 3)
            opaque = () if solution.even is None else (solution.even.hair,)
            means = (far.on(p) for p in (solution.person, solution.ground, *opaque))
            drawn, mixed[band] = unmix(mixed.take(band, axis=0), drawn, *means)
            alpha.ravel()[band] = np.rint(drawn * np.float32(_OPAQUE)).astype(np.uint8)
        _write(colours, alpha, out[top : top + ROWS])


def _labels(matte: Matte) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Which px (h, w) are ground (0), person (1) or must be drawn (2), and how far (h, w, 2) alpha may differ there
    from ground and from person: not at all at the band's borders, or the halving's steps would show.
    """
    soft = (matte.alpha > 0) & (matte.alpha < 1)
    edge = cv2.morphologyEx((matte.alpha > 0.5).view(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    near = cv2.dilate((soft | (edge > 0)).view(np.uint8), np.ones((3, 3), np.uint8)).view(bool)
    labels = np.where(near, np.uint8(2), (matte.alpha >= 0.5).view(np.uint8))
    planes = []
    for inner in (labels != 0, labels != 1):
        share = cv2.boxFilter(inner.astype(np.float32), -1, (3, 3), borderType=cv2.BORDER_REPLICATE)
        planes.append(np.clip(2 * share - 1, 0, 1))
    return labels, np.ascontiguousarray(np.stack(planes, axis=-1), np.float32)


def _write(colours: NDArray[np.uint8], alpha: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Colours (h, w, 3) with their alpha (h, w) into `out` (h, w, 4), which is 0 so far: what is hidden stays so."""
    seen = cv2.cvtColor(colours, cv2.COLOR_RGB2RGBA)
    cv2.insertChannel(alpha, seen, 3)
    cv2.copyTo(seen, alpha, out)
