"""From a solution on few pixels to alpha at a frame's own resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from ephoto.core.geometry import compose, scale_of
from ephoto.matting.levels import halvings, moved, pyramid
from ephoto.matting.linear_model import LocalLinear
from ephoto.matting.solution import decided, firm, settled
from ephoto.matting.trimap import Trimap
from ephoto.matting.tuning import tuning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.matting.solution import Solution

__all__ = ["Quality", "Refined", "refine"]

Quality = Literal["fast", "high"]


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """The subject on a frame (H, W).

    `alpha` float32 0..1; `unknown` bool, the band in which it was drawn: outside it alpha is exactly 0 or 1.
    `inside` float32 is 1 in body and band and falls to 0 at the band's outer edge.
    """

    alpha: NDArray[np.float32]
    unknown: NDArray[np.bool_]
    inside: NDArray[np.float32]


def refine(
    solution: Solution,
    frame: NDArray[np.uint8],
    to_frame: NDArray[np.float64],
    *,
    quality: Quality = "fast",
) -> Refined:
    """Alpha of the subject on a frame.

    The local linear model of the solution is applied to the frame's own colours, which gives back its finest edges.
    "high" goes on solving on the frame itself, from half its size to its own.

    Parameters
    ----------
    solution : Solution
    frame : (H, W, 3) uint8
    to_frame : (2, 3) float64
        From the solution's px to the frame's.
    quality : "fast" or "high"
    """
    size = (frame.shape[1], frame.shape[0])
    known = _known_on(solution, to_frame, size)
    band = np.flatnonzero(known.unknown)
    drawn = _finished(solution, frame, to_frame) if quality == "high" else None
    alpha = _applied(moved(solution.model, to_frame, size), frame, band) if drawn is None else drawn.ravel().take(band)
    alpha = decided(alpha)
    inside = moved(_fading(solution), to_frame, size)
    alpha *= inside.ravel().take(band)
    known.prior.ravel()[band] = alpha
    return Refined(known.prior, known.unknown, inside)


def _known_on(solution: Solution, affine: NDArray[np.float64], size_wh: tuple[int, int]) -> Trimap:
    known = solution.known
    unknown = moved(known.unknown.view(np.uint8), affine, size_wh, nearest=True).view(bool)
    return Trimap(moved(known.prior, affine, size_wh, nearest=True), unknown)


def _fading(solution: Solution) -> NDArray[np.float32]:
    """1 inside, falling to 0 at the band's outer edge: what is left of alpha there would end in the band's own steps,
    which are a few px wide, since the band is drawn on the small picture.
    """
    inside = (solution.known.unknown | (solution.known.prior >= 1)).astype(np.float32)
    share = cv2.boxFilter(inside, -1, (1, 1), borderType=cv2.BORDER_REPLICATE)
    return np.clip(2 * share - 1, 0, 1).astype(np.float32, copy=False)


def _applied(model: NDArray[np.float32], frame: NDArray[np.uint8], band: NDArray[np.intp]) -> NDArray[np.float32]:
    """slopes . I + offset, not clipped, at the pixels `band` (n,) of the flattened frame."""
    at = model.reshape(-1, 4).take(band, axis=0)
    colour = frame.reshape(-1, 3).take(band, axis=0)
    out = at[:, 3].copy()
    for channel in range(3):
        out += at[:, channel] * colour[:, channel]
    return out


def _finished(
    solution: Solution, frame: NDArray[np.uint8], to_frame: NDArray[np.float64]
) -> NDArray[np.float32] | None:
    """Alpha (H, W) solved on the frame's own levels, not yet decided; None where none is finer than the solution."""
    t = tuning()
    count = halvings(solution.face_width_px * scale_of(to_frame), t.level_face_px)
    frames = pyramid(frame, count)
    model, to_level = solution.model, to_frame
    alpha = None
    for finer, steps in enumerate(t.steps_high[:count], start=1):
        pixels = frames[count - finer]
        size = (pixels.shape[1], pixels.shape[0])
        shrink = np.diag([size[0] / frame.shape[1], size[1] / frame.shape[0], 1.0])[:2]
        onto = compose(to_frame, shrink)
        known = _known_on(solution, onto, size)
        start = known.prior.copy()
        band = np.flatnonzero(known.unknown)
        start.ravel()[band] = np.clip(_applied(moved(model, compose(to_level, shrink), size), pixels, band), 0, 1)
        linear = LocalLinear(pixels, 1, t.epsilon)
        alpha = firm(settled(linear, start, known, steps, finer), moved(solution.flat, onto, size))
        model = linear.steadied(alpha, t.steep)
        to_level = np.diag([1 / shrink[0, 0], 1 / shrink[1, 1], 1.0])[:2]
    if alpha is None or alpha.shape == frame.shape[:2]:
        return alpha
    full = moved(model, to_level, (frame.shape[1], frame.shape[0]))
    return _applied(full, frame, np.arange(frame.shape[0] * frame.shape[1])).reshape(frame.shape[:2])
