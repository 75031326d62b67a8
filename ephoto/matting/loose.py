"""Loose strands that stand off the hair, found by un-mixing them from an even ground.

A strand is thinner than anything a segmentation network sees, and stands outside the band that its mask draws. Where
the ground about the head is even (a wall, a studio), it is known everywhere from a smooth fit; a pixel there is a mix
of two known colours, ground and hair, and alpha is its place on the line between them, as far as that stands out of
the ground's grain. Where the ground is not even, nothing is claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.numbers import numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Loose", "loose_strands"]


@dataclass(frozen=True, slots=True)
class _Limits:
    reach: float
    clear: float
    stride: int
    even_levels: float
    least_contrast: float
    low_sigmas: float
    high_sigmas: float


def _limits() -> _Limits:
    return numbers(_Limits, __package__, "loose.toml")


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


def loose_strands(frame: NDArray[np.uint8], alpha: NDArray[np.float32], px_per_face: float) -> Loose | None:
    """Strands about the hair of a frame (H, W, 3) whose alpha (H, W) is known but for them; None if the ground is
    not even or too like the hair to tell.

    Only rows above the chin are worth giving: cut the frame to the head.
    """
    t = _limits()
    h, w = alpha.shape
    small_wh = (max(w // t.stride, 1), max(h // t.stride, 1))
    per_face = px_per_face / t.stride
    blocks = cv2.resize(frame, small_wh, interpolation=cv2.INTER_AREA).astype(np.float32)
    body = cv2.resize(alpha, small_wh, interpolation=cv2.INTER_AREA)
    near = cv2.dilate((body > 0.5).view(np.uint8), _square(t.reach * per_face))
    clear = cv2.dilate((body > 0.02).view(np.uint8), _square(t.clear * per_face)) == 0
    inside = cv2.erode((body > 0.98).view(np.uint8), np.ones((3, 3), np.uint8)).view(bool)
    weights = _fitted(blocks, clear, t)
    if weights is None or not inside.any():
        return None
    sigma = _noise(frame, clear, weights, t.stride)
    left = blocks[clear] - _surface(weights, clear.shape, *np.nonzero(clear))
    if float(np.sqrt((left * left).mean())) > t.even_levels + 1.2 * sigma / t.stride:
        return None
    hair = _local_mean(blocks, inside, round(t.reach * per_face))
    reach = cv2.resize(near, (w, h), interpolation=cv2.INTER_NEAREST).view(bool)
    y, x = np.nonzero(_unlike(frame, weights, clear.shape, t.low_sigmas * sigma) & reach & (alpha < 0.98))
    behind = _surface(weights, (h, w), y, x)
    colour = hair[np.minimum(y // t.stride, hair.shape[0] - 1), np.minimum(x // t.stride, hair.shape[1] - 1)]
    line = colour - behind
    contrast = np.sqrt(np.einsum("nc,nc->n", line, line))
    strong = np.maximum(contrast, np.float32(t.least_contrast))
    place = np.einsum("nc,nc->n", frame[y, x] - behind, line) / (strong * strong)
    place *= contrast >= t.least_contrast
    rise = np.clip((place * strong * np.float32(1 / sigma) - t.low_sigmas) / (t.high_sigmas - t.low_sigmas), 0.0, 1.0)
    shown = np.zeros((h, w), np.float32)
    shown[y, x] = np.minimum(place, 1.0) * (rise * rise * (3 - 2 * rise))
    shown = _joined(shown, alpha)
    return Loose(shown, y, x, colour)


def _fitted(blocks: NDArray[np.float32], clear: NDArray[np.bool_], t: _Limits) -> NDArray[np.float32] | None:
    """Weights (6, 3) of the ground as a quadratic in x and y; None where too little ground is seen."""
    if int(clear.sum()) < 60:
        return None
    y, x = np.nonzero(clear)
    u, v = _along(clear.shape[1])[x], _along(clear.shape[0])[y]
    terms = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=1)
    picked = blocks[clear]
    return np.asarray(np.linalg.solve(terms.T @ terms + 1e-3 * np.eye(6, dtype=np.float32), terms.T @ picked))


def _surface(
    weights: NDArray[np.float32], shape_hw: tuple[int, ...], y: NDArray[np.intp], x: NDArray[np.intp]
) -> NDArray[np.float32]:
    """The fitted ground at pixels (n,) of a grid, (n, 3)."""
    u, v = _along(shape_hw[1])[x], _along(shape_hw[0])[y]
    return np.asarray(np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=1) @ weights)


def _along(n: int) -> NDArray[np.float32]:
    """Pixel centres along a side, -1..1."""
    return ((np.arange(n) + 0.5) * (2.0 / n) - 1.0).astype(np.float32)


def _unlike(
    frame: NDArray[np.uint8], weights: NDArray[np.float32], small_hw: tuple[int, ...], levels: float
) -> NDArray[np.bool_]:
    """Which pixels (H, W) differ from the ground by more than so many levels in some channel.

    A quick sieve: the ground is drawn on the small grid and enlarged; it is smooth, so that costs no accuracy.
    """
    h, w = frame.shape[:2]
    small = _surface(weights, small_hw, *(v.ravel() for v in np.indices(small_hw))).reshape(*small_hw, 3)
    drawn = cv2.resize(np.clip(small + 0.5, 0, 255).astype(np.uint8), (w, h), interpolation=cv2.INTER_LINEAR)
    r, g, b = cv2.split(cv2.absdiff(frame, drawn))
    return np.asarray(cv2.max(cv2.max(r, g), b) > levels)


def _noise(frame: NDArray[np.uint8], clear: NDArray[np.bool_], weights: NDArray[np.float32], stride: int) -> float:
    """Standard deviation of the ground's grain along any one line of colours, levels; half a level at least.

    One pixel of each block is looked at.
    """
    h, w = clear.shape
    picked = frame[stride // 2 : h * stride : stride, stride // 2 : w * stride : stride][:h, :w][clear]
    away = picked - _surface(weights, clear.shape, *np.nonzero(clear))
    return float(np.sqrt((away * away).mean())) + 0.5


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
