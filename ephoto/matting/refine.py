"""From a network's coarse mask to alpha at the picture's own resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from ephoto.matting.levels import enlarged, halvings, pyramid
from ephoto.matting.linear_model import LocalLinear, settle
from ephoto.matting.topology import without_islands
from ephoto.matting.trimap import Trimap, trimap
from ephoto.matting.tuning import tuning

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Quality", "refine"]

Quality = Literal["fast", "high"]


def refine(
    frame: NDArray[np.uint8],
    coarse: NDArray[np.float32],
    *,
    quality: Quality = "fast",
    px_per_face: float,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Alpha of the subject.

    The frame is halved until its face is about 50 px wide; there the mask is cleaned, the unknown band drawn, and
    alpha solved in the band by a few conjugate-gradient steps on the matting Laplacian. The local linear model of
    that solution is then applied to the full frame, which gives back its finest edges. "high" goes on solving on
    the next two levels.

    Parameters
    ----------
    frame : (H, W, 3) uint8
    coarse : (H, W) float32
        Person probability, 0..1.
    px_per_face : float
        Width of the face in the frame, px: the scale of everything.

    Returns
    -------
    alpha : (H, W) float32, 0..1
    unknown : (H, W) bool
        The band in which alpha was solved; outside it alpha is exactly 0 or 1.
    """
    t = tuning()
    count = halvings(px_per_face, t.level_face_px)
    frames = pyramid(frame, count)
    known = trimap(pyramid(coarse, count)[-1], px_per_face / 2**count)
    model = LocalLinear(frames[-1], 1, t.epsilon)
    flat = np.float32(t.firm_variance) / (model.variance + np.float32(t.firm_variance))
    alpha = without_islands(_solved(model, known.prior, known, t.steps), t.strand)
    level = count
    for steps in t.steps_high[:count] if quality == "high" else ():
        level -= 1
        known = known.on(frames[level].shape[:2])
        band = np.flatnonzero(known.unknown)
        start = known.prior.copy()
        start.ravel()[band] = np.clip(_projected(model, alpha, frames[level], band), 0, 1)
        model = LocalLinear(frames[level], 1, t.epsilon)
        alpha = _solved(model, start, known, steps, finer=count - level)
    alpha = _firm(alpha, enlarged(flat, alpha.shape))
    known = known.on(frame.shape[:2])
    band = np.flatnonzero(known.unknown)
    out = known.prior.copy()
    out.ravel()[band] = _decided(_projected(model, alpha, frame, band), t.haze, t.contrast)
    return out, known.unknown


def _solved(
    model: LocalLinear, start: NDArray[np.float32], known: Trimap, steps: int, finer: int = 0
) -> NDArray[np.float32]:
    """Alpha on one level, `finer` halvings below the first: a window there spans half as far, so that the prior
    would weigh four times as much against it.
    """
    t = tuning()
    weight = np.float32(t.prior_weight * t.flat_variance / 4**finer) / (model.variance + np.float32(t.flat_variance))
    return settle(model, start, known.unknown, known.prior, weight, steps)


def _firm(alpha: NDArray[np.float32], flat: NDArray[np.float32]) -> NDArray[np.float32]:
    """Alpha made 0 or 1 where colour is `flat` (0..1): what blends into an even wall or coat is no hair and no edge,
    only a solution that found nothing to hold on to.
    """
    t = tuning()
    rise = (alpha - np.float32(t.firm_low)) * np.float32(1 / (t.firm_high - t.firm_low))
    step = np.asarray(np.clip(rise, 0, 1), np.float32)
    step *= step * (3 - 2 * step)
    step -= alpha
    step *= flat
    step += alpha
    return step


def _projected(
    model: LocalLinear, alpha: NDArray[np.float32], frame: NDArray[np.uint8], band: NDArray[np.intp]
) -> NDArray[np.float32]:
    """The linear model of a level applied to a frame, a . I + b, at the pixels `band` (n,) of the flattened frame.

    Not clipped. On the model's own level it is alpha itself.
    """
    shape = frame.shape[:2]
    if alpha.shape == shape:
        return alpha.ravel().take(band)
    *slopes, offset = model.steadied(alpha, tuning().steep)
    out = enlarged(offset, shape).ravel().take(band)
    colour = frame.reshape(-1, 3).take(band, axis=0)
    for channel, slope in enumerate(slopes):
        part = enlarged(slope * np.float32(1 / 255), shape).ravel().take(band)
        part *= colour[:, channel]
        out += part
    return out


def _decided(alpha: NDArray[np.float32], haze: float, contrast: float) -> NDArray[np.float32]:
    """Alpha without its haze at both ends, and with a share of the smooth step 3 a^2 - 2 a^3 in it; in place."""
    alpha -= np.float32(haze)
    alpha *= np.float32(1 / (1 - 2 * haze))
    np.clip(alpha, 0, 1, out=alpha)
    step = alpha * np.float32(-2 * contrast)
    step += np.float32(3 * contrast)
    step *= alpha
    step += np.float32(1 - contrast)
    alpha *= step
    return alpha
