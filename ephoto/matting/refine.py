"""From a solution on few pixels to alpha at a frame's own resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ephoto.core.geometry import compose, scale_of
from ephoto.matting.levels import Places, halvings, moved, pyramid, scaling
from ephoto.matting.linear_model import LocalLinear
from ephoto.matting.solution import applied, decided, firm, settled, started
from ephoto.matting.tuning import tuning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.matting.solution import Solution
    from ephoto.matting.trimap import Trimap

__all__ = ["Quality", "Refined", "known_on", "refine"]

Quality = Literal["fast", "high"]


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """The subject on a frame (H, W).

    `alpha` float32 0..1; `unknown` bool, the band in which it was drawn: outside it alpha is exactly 0 or 1. `band`
    (n,) are its pixels in the flattened frame and `places` the same on the solution's picture.
    """

    alpha: NDArray[np.float32]
    unknown: NDArray[np.bool_]
    band: NDArray[np.intp]
    places: Places


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
    h, w = frame.shape[:2]
    alpha, unknown = known_on(solution.known, to_frame, (w, h))
    band = np.flatnonzero(unknown)
    places = Places(band, w, to_frame)
    whole = _finished(solution, frame, to_frame) if quality == "high" else None
    drawn = applied(places.on(solution.model), frame, band) if whole is None else whole.ravel().take(band)
    drawn = decided(drawn)
    drawn *= places.on(solution.inside)
    alpha.ravel()[band] = drawn
    return Refined(alpha, unknown, band, places)


def known_on(
    known: Trimap, affine: NDArray[np.float64], size_wh: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Alpha where it is known, 0 in the band, and the band, both (H, W)."""
    labels = (known.prior >= 1).view(np.uint8) + 2 * known.unknown.view(np.uint8)
    on_frame = moved(np.minimum(labels, 2), affine, size_wh, nearest=True)
    return (on_frame == 1).astype(np.float32), np.asarray(on_frame == 2)


def _finished(
    solution: Solution, frame: NDArray[np.uint8], to_frame: NDArray[np.float64]
) -> NDArray[np.float32] | None:
    """Alpha (H, W) solved on the frame's own levels, not yet decided; None where none is finer than the solution."""
    t = tuning()
    count = halvings(solution.face_width_px * scale_of(to_frame), t.level_face_px)
    frames = pyramid(frame, count)
    model, to_level = solution.model, to_frame
    alpha = None
    own = frame.shape[:2]
    for finer, steps in enumerate(t.steps_high[:count], start=1):
        pixels = frames[count - finer]
        h, w = pixels.shape[:2]
        shrink = scaling(own, (h, w))
        onto = compose(to_frame, shrink)
        known = solution.known.on(onto, (w, h))
        linear = LocalLinear(pixels, 1, t.epsilon)
        alpha = settled(linear, started(known, pixels, model, compose(to_level, shrink)), known, steps, finer)
        alpha = firm(alpha, moved(solution.flat, onto, (w, h)))
        model, to_level = linear.steadied(alpha, t.steep), scaling((h, w), own)
    if alpha is None or alpha.shape == own:
        return alpha
    whole = moved(model, to_level, own[::-1])
    return applied(whole.reshape(-1, 4), frame, np.arange(own[0] * own[1])).reshape(own)
