"""From photo pixels to the pixels of a frame: one resampling, sharp when enlarging, without aliasing when reducing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.geometry import apply, compose, for_opencv, invert, scale_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["coverage", "resample", "view_of"]

# Below this scale the source is first averaged down over blocks, to at most twice the frame's resolution: bilinear
# sampling at half scale weighs every source pixel, so nothing is skipped and nothing aliases.
REDUCE_BELOW = 0.5
# From this scale on a bilinear kernel visibly softens, so the cubic one is used, which costs 2.5 times as much.
CUBIC_FROM = 0.85
# Nets are trained on pictures reduced carelessly; for them some skipping is no harm.
REDUCE_COARSE_BELOW = 0.35


def resample(
    pixels: NDArray[np.uint8],
    affine: NDArray[np.float64],
    size_wh: tuple[int, int],
    *,
    fine: bool = True,
) -> NDArray[np.uint8]:
    """Pixels (H, W, 3) or (H, W) mapped by `affine` (source px to frame px) onto a frame of `size_wh`.

    Outside the source its edge pixels are repeated; ask `coverage` where that is. `fine` keeps detail when the
    source is not reduced; without it interpolation is always bilinear and reducing less careful.
    """
    if scale_of(affine) < (REDUCE_BELOW if fine else REDUCE_COARSE_BELOW):
        pixels, affine = _reduced(pixels, affine, size_wh)
    flags = cv2.INTER_CUBIC if fine and scale_of(affine) >= CUBIC_FROM else cv2.INTER_LINEAR
    out = cv2.warpAffine(pixels, for_opencv(affine), size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(out, np.uint8)


def _reduced(
    pixels: NDArray[np.uint8], affine: NDArray[np.float64], size_wh: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The part of the source under the frame, averaged over whole blocks of pixels to once or twice the frame's scale.

    Whole blocks, because averaging by a fraction costs ten times as much.
    """
    h, w = pixels.shape[:2]
    fw, fh = size_wh
    corners = apply(invert(affine), np.array([[0, 0], [fw, 0], [0, fh], [fw, fh]], np.float64))
    along = np.hypot(affine[0, :2], affine[1, :2])  # frame px per source px, x and y
    block = np.clip(np.ceil(0.5 / along), 1, [w, h]).astype(int)
    low = np.clip(np.floor(corners.min(0)) - 2 * block, 0, [w, h] - block).astype(int)
    high = np.clip(np.ceil(corners.max(0)) + 2 * block, low + block, [w, h]).astype(int)
    target = (high - low) // block
    part = pixels[low[1] : low[1] + target[1] * block[1], low[0] : low[0] + target[0] * block[0]]
    small = cv2.resize(part, (int(target[0]), int(target[1])), interpolation=cv2.INTER_AREA)
    to_source = np.array([[block[0], 0.0, low[0]], [0.0, block[1], low[1]]], np.float64)
    return np.asarray(small, np.uint8), compose(to_source, affine)


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
