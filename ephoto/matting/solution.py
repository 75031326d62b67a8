"""A subject solved on few pixels, and what is needed to draw its edge on any frame of the same picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.errors import UnmetError
from ephoto.matting.foreground import local_colours
from ephoto.matting.linear_model import LocalLinear, settle
from ephoto.matting.loose import even_ground, loose_strands
from ephoto.matting.topology import without_islands
from ephoto.matting.trimap import trimap
from ephoto.matting.tuning import tuning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.matting.loose import EvenGround
    from ephoto.matting.trimap import Trimap

__all__ = ["Solution", "decided", "firm", "settled", "solve"]

PERSON = 0.5  # a mask that reaches this nowhere shows nobody


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The subject of a small picture (h, w) whose face is about 50 px wide.

    `alpha` (h, w) float32; `known` the trimap it was solved in. `model` (h, w, 4) float32 gives alpha as a linear
    function of colour (0..255) about each pixel: three slopes and an offset. `person` and `ground` (h, w, 4) float32
    are their mean colours about each pixel, 0..255. `flat` (h, w) float32 is near 1 where colour is even.
    `even` is the ground about the hair if it is even enough to tell loose strands from it; `strands` (h, w) float32 is
    alpha with those that show on the small picture.
    """

    alpha: NDArray[np.float32]
    known: Trimap
    model: NDArray[np.float32]
    person: NDArray[np.float32]
    ground: NDArray[np.float32]
    flat: NDArray[np.float32]
    even: EvenGround | None
    strands: NDArray[np.float32]
    face_width_px: float


def solve(
    frame: NDArray[np.uint8], mask: NDArray[np.float32], face_width_px: float, head_rows: int | None = None
) -> Solution:
    """The subject of a small picture.

    The mask is cleaned, the unknown band drawn, and alpha solved in the band by a few conjugate-gradient steps on the
    matting Laplacian.

    Parameters
    ----------
    frame : (h, w, 3) uint8
    mask : (h, w) float32
        Person probability, 0..1, from any engine.
    face_width_px : float
        Width of the subject's face, px: the scale of everything, `tuning().level_face_px` at best.
    head_rows : int, optional
        Rows from the top down to the chin, where hair may be loose. None: it is not looked for.

    Raises
    ------
    UnmetError
        "matte_lost" where the mask shows nobody.
    """
    if float(mask.max(initial=0)) < PERSON:
        raise UnmetError("matte_lost", problem="nobody stands out")
    t = tuning()
    known = trimap(mask, face_width_px)
    model = LocalLinear(frame, 1, t.epsilon)
    flat = np.float32(t.firm_variance) / (model.variance + np.float32(t.firm_variance))
    alpha = without_islands(settled(model, known.prior, known, t.steps), t.strand)
    alpha = firm(alpha, flat)
    linear = model.steadied(alpha, t.steep)
    alpha = decided(alpha)
    person, ground = local_colours(frame, alpha, face_width_px)
    even, strands = None, alpha
    if head_rows:
        rows = np.s_[:head_rows]
        even = even_ground(frame[rows], alpha[rows], face_width_px)
        if even is not None:
            found = loose_strands(even, frame[rows], alpha[rows], np.eye(2, 3)).alpha
            strands = np.concatenate([np.maximum(alpha[rows], found), alpha[head_rows:]])
    return Solution(alpha, known, linear, person, ground, flat, even, strands, face_width_px)


def settled(
    model: LocalLinear, start: NDArray[np.float32], known: Trimap, steps: int, finer: int = 0
) -> NDArray[np.float32]:
    """Alpha on one level, `finer` halvings below the first: a window there spans half as far, so that the prior
    would weigh four times as much against it.
    """
    t = tuning()
    weight = np.float32(t.prior_weight * t.flat_variance / 4**finer) / (model.variance + np.float32(t.flat_variance))
    return settle(model, start, known.unknown, known.prior, weight, steps)


def firm(alpha: NDArray[np.float32], flat: NDArray[np.float32]) -> NDArray[np.float32]:
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


def decided(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Alpha without its haze at both ends, and with a share of the smooth step 3 a^2 - 2 a^3 in it; in place."""
    haze, contrast = tuning().haze, tuning().contrast
    alpha -= np.float32(haze)
    alpha *= np.float32(1 / (1 - 2 * haze))
    np.clip(alpha, 0, 1, out=alpha)
    step = alpha * np.float32(-2 * contrast)
    step += np.float32(3 * contrast)
    step *= alpha
    step += np.float32(1 - contrast)
    alpha *= step
    return alpha
