"""Alpha solved further on a frame's own pixels, where it is soft."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.matting.levels import halvings, pyramid
from ephoto.matting.linear_model import LocalLinear
from ephoto.matting.settle import settle
from ephoto.matting.solution import decided
from ephoto.matting.tuning import tuning

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["finish"]


def finish(
    alpha: NDArray[np.float32], unknown: NDArray[np.bool_], frame: NDArray[np.uint8], face_width_px: float
) -> None:
    """Better an alpha (H, W) in place, on a frame (H, W, 3) whose face is `face_width_px` wide.

    From the first level that is finer than the solution's to the frame itself, a few steps each; what a level changes
    is added to the next. Only `unknown` (H, W) pixels change.
    """
    t = tuning()
    count = halvings(face_width_px, t.level_face_px)
    if not count or min(frame.shape[:2]) < 3 << (count - 1):
        return
    frames, alphas = pyramid(frame, count - 1), pyramid(alpha, count - 1)
    open_ = pyramid(unknown.astype(np.float32), count - 1)
    change = np.zeros_like(alphas[-1])
    for level in reversed(range(count)):
        pixels, start = frames[level], alphas[level]
        h, w = start.shape
        if change.shape != (h, w):
            change = np.asarray(cv2.resize(change, (w, h), interpolation=cv2.INTER_LINEAR), np.float32)
        here = np.asarray(open_[level] > 0.99)
        moved = np.where(here, np.clip(start + change, 0, 1), start)
        linear = LocalLinear(pixels, here & _soft(moved), t.high_epsilon)
        own = moved.ravel().take(linear.pixels)
        steps = t.high_steps[min(count - 1 - level, len(t.high_steps) - 1)]
        change = settle(linear, moved, own, np.full_like(own, t.high_hold), steps) - start
    alpha += change
    band = np.flatnonzero(unknown)
    alpha.ravel()[band] = decided(np.clip(alpha.ravel().take(band), 0, 1))


def _soft(alpha: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels that are neither person nor ground, and those about them (h, w)."""
    t = tuning()
    soft = ((alpha > t.soft) & (alpha < 1 - t.soft)).view(np.uint8)
    side = 2 * t.soft_reach_px + 1
    return cv2.dilate(soft, np.ones((side, side), np.uint8)).view(bool)
