"""Loose strands that stand off the hair, found by un-mixing them from an even ground.

A strand is thinner than anything a segmentation network sees, and stands outside the band that its mask draws. Where
the ground about the head is even (a wall, a studio), it is known everywhere from a smooth fit; a pixel there is a mix
of two known colours, ground and hair, and alpha is its place on the line between them, as far as that stands out of
the ground's grain. Where the ground is not even, nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.geometry import scale_of
from ephoto.core.numbers import numbers
from ephoto.matting.levels import four, moved

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EvenGround", "Loose", "even_ground", "loose_strands"]

LEAST_CLEAR = 60  # px of ground below which a fit of six terms means nothing


@dataclass(frozen=True, slots=True)
class _Limits:
    reach: float
    clear: float
    even_levels: float
    least_contrast: float
    low_sigmas: float
    high_sigmas: float


def _limits() -> _Limits:
    return numbers(_Limits, __package__, "loose.toml")


@dataclass(frozen=True, slots=True, eq=False)
class EvenGround:
    """An even ground about the hair of a small picture, and the hair before it.

    `ground` (h, w, 4) float32 is its colour everywhere, fitted where it is seen `clear` (h, w) uint8; `hair`
    (h, w, 4) float32 the hair's own colour near each pixel, 0..255; `near` (h, w) uint8 where strands may be.
    """

    ground: NDArray[np.float32]
    clear: NDArray[np.uint8]
    hair: NDArray[np.float32]
    near: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Loose:
    """What was found beyond the solid hair.

    `alpha` (H, W) float32 is 0 where no strand stands out of the noise. `y`, `x` (n,) are the pixels that were
    looked at and `colour` (n, 3) float32 is the hair's own colour near each, 0..255.
    """

    alpha: NDArray[np.float32]
    y: NDArray[np.intp]
    x: NDArray[np.intp]
    colour: NDArray[np.float32]


def even_ground(frame: NDArray[np.uint8], alpha: NDArray[np.float32], face_width_px: float) -> EvenGround | None:
    """The ground of a small picture (h, w, 3) whose alpha (h, w) is known but for strands; None if it is not even.

    Only rows above the chin are worth giving: cut the picture to the head.
    """
    t = _limits()
    near = cv2.dilate((alpha > 0.5).view(np.uint8), _square(t.reach * face_width_px))
    clear = np.asarray(cv2.dilate((alpha > 0.02).view(np.uint8), _square(t.clear * face_width_px)) == 0)
    inside = cv2.erode((alpha > 0.98).view(np.uint8), np.ones((3, 3), np.uint8)).view(bool)
    if int(clear.sum()) < LEAST_CLEAR or not inside.any():
        return None
    terms = _terms(*clear.shape)
    some = np.s_[::2, ::2]  # a smooth surface needs no more
    known, seen = terms[some][clear[some]], frame[some][clear[some]].astype(np.float32)
    weights = np.linalg.solve(known.T @ known + 1e-3 * np.eye(known.shape[1], dtype=np.float32), known.T @ seen)
    left = seen - known @ weights
    if float(np.sqrt((left * left).mean())) > t.even_levels + 1.2 * _grain(frame[::2], clear[::2]):
        return None
    ground = np.clip(terms @ weights, 0, 255)
    hair = _local_mean(frame.astype(np.float32), inside, round(t.reach * face_width_px))
    return EvenGround(four(ground), clear.view(np.uint8), four(hair), np.asarray(near, np.uint8))


def loose_strands(
    even: EvenGround, frame: NDArray[np.uint8], alpha: NDArray[np.float32], to_frame: NDArray[np.float64]
) -> Loose:
    """Strands about the hair of a frame (H, W, 3) whose alpha (H, W) is known but for them.

    `to_frame` (2, 3) maps the small picture's px to the frame's.
    """
    t = _limits()
    h, w = alpha.shape
    ground, hair = (moved(p, to_frame, (w, h)) for p in (even.ground, even.hair))
    clear, near = (moved(p, to_frame, (w, h), nearest=True) for p in (even.clear, even.near))
    drawn = np.asarray(cv2.cvtColor(cv2.convertScaleAbs(ground), cv2.COLOR_RGBA2RGB), np.uint8)
    sigma = _noise(frame, drawn, clear, max(1, round(scale_of(to_frame))))
    # A quick sieve: which pixels differ from the ground at all, in some channel.
    r, g, b = cv2.split(cv2.absdiff(frame, drawn))
    unlike = cv2.max(cv2.max(r, g), b) > t.low_sigmas * sigma
    at = np.flatnonzero(unlike & near.view(bool) & (alpha < 0.98))
    behind, colour = (p.reshape(-1, 4).take(at, axis=0)[:, :3] for p in (ground, hair))
    line = colour - behind
    contrast = np.sqrt(np.einsum("nc,nc->n", line, line))
    strong = np.maximum(contrast, np.float32(t.least_contrast))
    place = np.einsum("nc,nc->n", frame.reshape(-1, 3).take(at, axis=0) - behind, line) / (strong * strong)
    place *= contrast >= t.least_contrast
    rise = np.clip((place * strong * np.float32(1 / sigma) - t.low_sigmas) / (t.high_sigmas - t.low_sigmas), 0.0, 1.0)
    shown = np.zeros((h, w), np.float32)
    shown.ravel()[at] = np.minimum(place, 1.0) * (rise * rise * (3 - 2 * rise))
    return Loose(_joined(shown, alpha), *np.divmod(at, w), colour)


@lru_cache(maxsize=8)
def _terms(h: int, w: int) -> NDArray[np.float32]:
    """1, u, v, u^2, u v, v^2 at each pixel (h, w, 6); u and v run from -1 to 1 along the sides."""
    u = ((np.arange(w, dtype=np.float32) + 0.5) * (2.0 / w) - 1.0)[None, :] + np.zeros((h, 1), np.float32)
    v = ((np.arange(h, dtype=np.float32) + 0.5) * (2.0 / h) - 1.0)[:, None] + np.zeros((1, w), np.float32)
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=-1)


def _grain(frame: NDArray[np.uint8], clear: NDArray[np.bool_]) -> float:
    """Standard deviation of the clear ground's grain, levels: from differences of neighbours, which no slow unevenness
    enters.
    """
    pairs = clear[:, 1:] & clear[:, :-1]
    steps = (frame[:, 1:].astype(np.float32) - frame[:, :-1])[pairs]
    return float(np.sqrt((steps * steps).mean() / 2)) if steps.size else 0.0


def _noise(frame: NDArray[np.uint8], ground: NDArray[np.uint8], clear: NDArray[np.uint8], stride: int) -> float:
    """Standard deviation of the ground's grain along any one line of colours, levels; half a level at least.

    One pixel in stride x stride is looked at.
    """
    some = np.s_[stride // 2 :: stride, stride // 2 :: stride]
    seen = clear[some].view(bool)
    away = frame[some][seen].astype(np.float32) - ground[some][seen]
    return float(np.sqrt((away * away).mean())) + 0.5 if away.size else 0.5


def _local_mean(blocks: NDArray[np.float32], where: NDArray[np.bool_], radius: int) -> NDArray[np.float32]:
    """Mean colour (h, w, 3) of the chosen pixels about each pixel; their mean in all where none is near."""
    size = (2 * radius + 1, 2 * radius + 1)
    weight = where.astype(np.float32)
    picture = blocks * weight[..., None]
    total = cv2.boxFilter(weight, -1, size, normalize=False)
    mean = cv2.boxFilter(picture, -1, size, normalize=False) / np.maximum(total, 0.5)[..., None]
    mean[total < 0.5] = picture.sum((0, 1)) / max(float(weight.sum()), 1.0)
    return np.asarray(mean, np.float32)


def _joined(shown: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """The strands that reach the hair; a gap of two pixels along a strand does not part it."""
    there = cv2.dilate(((shown > 0) | (alpha > 0.05)).view(np.uint8), np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(there, connectivity=8)
    some = np.s_[::4, ::4]
    mass = np.bincount(labels[some].ravel(), weights=alpha[some].ravel(), minlength=count)
    mass[0] = 0.0
    return np.where(labels == int(mass.argmax()), shown, np.float32(0))


def _square(radius_px: float) -> NDArray[np.uint8]:
    """A square structuring element: its dilation is separable, so its cost does not grow with its area."""
    side = 2 * max(1, round(radius_px)) + 1
    return np.ones((side, side), np.uint8)
