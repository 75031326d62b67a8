"""A subject solved on few pixels, and what is needed to draw its edge on any frame of the same picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.errors import UnmetError
from ephoto.matting.even import even_ground
from ephoto.matting.foreground import local_colours
from ephoto.matting.levels import Places, pyramid, scaling
from ephoto.matting.linear_model import LocalLinear
from ephoto.matting.loose import loose_strands
from ephoto.matting.settle import settle
from ephoto.matting.topology import without_islands
from ephoto.matting.trimap import trimap
from ephoto.matting.tuning import tuning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.matting.even import EvenGround
    from ephoto.matting.trimap import Trimap

__all__ = ["Solution", "applied", "decided", "solve"]

PERSON = 0.5  # a mask that reaches this nowhere shows nobody


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The subject of a small picture (h, w) whose face is about 50 px wide; planes are float32.

    `alpha` (h, w) and the trimap `known` in which it was solved. `model` (h, w, 4) gives alpha as a linear function of
    colour (0..255) about each pixel: three slopes and an offset. `person` and `ground` (h, w, 4) are their mean
    colours about each pixel, 0..255, the fourth channel empty. `inside` (h, w) is 1 in body and band and falls to 0 at
    the band's outer edge. `even` is the ground about the hair if it is
    even enough to tell loose strands from it; `strands` (h, w) is alpha with those that show on the small picture.
    """

    alpha: NDArray[np.float32]
    known: Trimap
    model: NDArray[np.float32]
    person: NDArray[np.float32]
    ground: NDArray[np.float32]
    inside: NDArray[np.float32]
    even: EvenGround | None
    strands: NDArray[np.float32]
    face_width_px: float


def solve(
    frame: NDArray[np.uint8],
    mask: NDArray[np.float32],
    face_width_px: float,
    head_rows: int | None = None,
    face: NDArray[np.uint8] | None = None,
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
    face : (h, w) uint8, optional
        Above 0 where the face is known to be: it is person, and has no gaps.

    Raises
    ------
    UnmetError
        "matte_lost" where the mask shows nobody.
    """
    if float(mask.max(initial=0)) < PERSON:
        raise UnmetError("matte_lost", problem="nobody stands out")
    t = tuning()
    if face is not None:
        mask = np.where(face > 0, np.float32(1), mask)
    known = trimap(mask, face_width_px)
    linear, alpha = _from_coarse(frame, known)
    alpha = firm(without_islands(alpha, t.strand), linear)
    model = linear.steadied(alpha, t.steep)
    alpha = decided(alpha)
    even, strands = even_ground(frame, alpha, face_width_px, face), alpha
    person, ground = local_colours(frame, alpha, face_width_px, None if even is None else even.ground)
    if even is not None and head_rows:
        rows = np.s_[:head_rows]
        found = loose_strands(even, frame[rows], alpha[rows], np.eye(2, 3)).alpha
        strands = np.concatenate([np.maximum(alpha[rows], found), alpha[head_rows:]])
    return Solution(alpha, known, model, person, ground, _inside(known), even, strands, face_width_px)


def _inside(known: Trimap) -> NDArray[np.float32]:
    """What is left of alpha at the band's outer edge would end in the band's own steps, which are some px wide on a
    frame: so it is faded.
    """
    inside = (known.unknown | (known.prior >= 1)).view(np.uint8)
    share = cv2.boxFilter(inside, cv2.CV_32F, (3, 3), borderType=cv2.BORDER_REPLICATE)
    return np.clip(2 * share - 1, 0, 1).astype(np.float32, copy=False)


def _from_coarse(frame: NDArray[np.uint8], known: Trimap) -> tuple[LocalLinear, NDArray[np.float32]]:
    """Alpha (h, w) in the band, and the local linear model of the picture; solved on the smaller levels first, where
    each step reaches further: better than the same steps on the picture itself, at half the cost.
    """
    t = tuning()
    frames = pyramid(frame, len(t.steps) - 1)
    own = frame.shape[:2]
    model = None
    for pixels, steps in zip(reversed(frames), t.steps, strict=True):
        h, w = pixels.shape[:2]
        here = known.on(scaling(own, (h, w)), (w, h))
        start = here.prior if model is None else started(here, pixels, model, scaling(model.shape[:2], (h, w)))
        linear = LocalLinear(pixels, here.unknown, t.epsilon)
        weight = np.float32(t.prior_weight) * _flatness(linear, t.flat_variance)
        alpha = settle(linear, start, here.prior.ravel().take(linear.pixels), weight, steps)
        if pixels is not frame:
            model = linear.steadied(alpha, t.steep)
    return linear, alpha


def _flatness(linear: LocalLinear, half: float) -> NDArray[np.float32]:
    """How flat colour is about each unknown pixel, (m,): 1 for one colour, a half for a variance of `half`."""
    return np.float32(half) / (linear.variance + np.float32(half))


def started(
    known: Trimap, frame: NDArray[np.uint8], model: NDArray[np.float32], to_frame: NDArray[np.float64]
) -> NDArray[np.float32]:
    """A first alpha (H, W) on a frame: what is known, and in the band what a smaller level's model says."""
    start, band = known.prior.copy(), np.flatnonzero(known.unknown)
    places = Places(band, frame.shape[1], to_frame)
    start.ravel()[band] = np.clip(applied(places.on(model), frame, band), 0, 1)
    return start


def applied(model: NDArray[np.float32], frame: NDArray[np.uint8], band: NDArray[np.intp]) -> NDArray[np.float32]:
    """slopes . I + offset (n,), not clipped, of a model (n, 4) at the pixels `band` (n,) of the flattened frame."""
    if not len(band):
        return np.empty(0, np.float32)
    colour = cv2.split(frame.reshape(-1, 3).take(band, axis=0)[None])
    *slopes, out = cv2.split(model[None])
    out += slopes[0] * colour[0] + slopes[1] * colour[1] + slopes[2] * colour[2]
    return np.asarray(out[0], np.float32)


def firm(alpha: NDArray[np.float32], linear: LocalLinear) -> NDArray[np.float32]:
    """Alpha made 0 or 1 where colour is flat: what blends into an even wall or coat is no hair and no edge, only a
    solution that found nothing to hold on to.
    """
    t = tuning()
    out = alpha.copy()
    own = out.ravel().take(linear.pixels)
    rise = np.clip((own - np.float32(t.firm_low)) * np.float32(1 / (t.firm_high - t.firm_low)), 0, 1)
    step = rise * rise * (3 - 2 * rise)
    out.ravel()[linear.pixels] = own + (step - own) * _flatness(linear, t.firm_variance)
    return out


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
