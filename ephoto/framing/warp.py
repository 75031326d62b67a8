"""What a frame shows of a photo: which of its pixels exist, and the wider view that a net is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.geometry import apply, compose, invert

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["coverage", "view_of"]


def coverage(
    photo_wh: tuple[int, int], affine: NDArray[np.float64], size_wh: tuple[int, int]
) -> NDArray[np.bool_] | None:
    """Which frame pixels (H, W) have their centre inside the photo; None where all have."""
    w, h = size_wh
    back = invert(affine)
    corners = apply(back, np.array([[0, 0], [w, 0], [0, h], [w, h]], np.float64))
    if corners.min() >= 0 and (corners.max(0) <= np.array(photo_wh)).all():
        return None
    x, y = np.arange(w) + 0.5, (np.arange(h) + 0.5)[:, None]
    px = back[0, 0] * x + back[0, 1] * y + back[0, 2]
    py = back[1, 0] * x + back[1, 1] * y + back[1, 2]
    return np.asarray((px >= 0) & (px <= photo_wh[0]) & (py >= 0) & (py <= photo_wh[1]))


def view_of(
    photo_to_card: NDArray[np.float64],
    card_wh: tuple[int, int],
    net_wh: tuple[int, int],
    *,
    widen: float,
    lift: float,
) -> NDArray[np.float64]:
    """The affine from photo px to a net's input that shows the card's frame with room around it.

    The card fills 1/widen of the input along each axis; `lift` moves it up by that share of the input, so that
    more of the body than of the wall is seen.
    """
    (w, h), (nw, nh) = card_wh, net_wh
    sx, sy = nw / (w * widen), nh / (h * widen)
    x0, y0 = nw * (1 - 1 / widen) / 2, nh * ((1 - 1 / widen) / 2 - lift)
    return compose(photo_to_card, np.array([[sx, 0.0, x0], [0.0, sy, y0]]))
