"""Loose strands that stand off the hair, found by un-mixing them from an even ground.

A strand is thinner than anything a segmentation network sees, and stands outside the band that its mask draws. Where
the ground about the head is even (a wall, a studio), it is known everywhere from a smooth fit; a pixel there is a mix
of two known colours, ground and hair, and alpha is its place on the line between them. Noise makes a single pixel's
alpha uncertain, but not the sum over a row of many: so the hair top is read from row sums of the raw alpha, while
the card shows only strands that stand out of the noise. Where the ground is not even, nothing is claimed.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import cv2
import numpy as np

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


@cache
def _limits() -> _Limits:
    return _Limits(**tomllib.loads(files(__package__).joinpath("loose.toml").read_text("utf-8")))


@dataclass(frozen=True, slots=True, eq=False)
class Loose:
    """What was found beyond the solid hair.

    `raw` (H, W) float32 is alpha as un-mixed, noise and all (it may be slightly negative), for sums; `shown`
    (H, W) float32 is 0..1 and free of noise, for pictures. Both are 0 where strands are not looked for. `colour`
    (H, W, 3) float32 is the hair's own colour nearby, 0..255.
    """

    raw: NDArray[np.float32]
    shown: NDArray[np.float32]
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
    behind = _surface(weights, h, w)
    sigma = _noise(frame, behind, cv2.resize(clear.view(np.uint8), (w, h), interpolation=cv2.INTER_NEAREST) > 0)
    level = float(np.sqrt(((blocks - _surface(weights, *small_wh[::-1]))[clear] ** 2).mean()))
    if level > t.even_levels + 1.2 * sigma / t.stride:
        return None
    hair = cv2.resize(_local_mean(blocks, inside, round(t.reach * per_face)), (w, h), interpolation=cv2.INTER_LINEAR)
    line = hair - behind
    contrast = np.sqrt(cv2.transform(line * line, np.ones((1, 3), np.float32)))
    strong = np.maximum(contrast, np.float32(t.least_contrast))
    away = np.subtract(frame, behind, dtype=np.float32)
    place = cv2.transform(away * line, np.ones((1, 3), np.float32)) / (strong * strong)
    reach = cv2.resize(near, (w, h), interpolation=cv2.INTER_NEAREST)
    place *= (contrast >= t.least_contrast) & (reach > 0)
    rise = np.clip((place * strong * np.float32(1 / sigma) - t.low_sigmas) / (t.high_sigmas - t.low_sigmas), 0.0, 1.0)
    shown = np.minimum(place, 1.0) * (rise * rise * (3 - 2 * rise))
    return Loose(place, _joined(shown, alpha), hair)


def _fitted(blocks: NDArray[np.float32], clear: NDArray[np.bool_], t: _Limits) -> NDArray[np.float32] | None:
    """Weights (6, 3) of the ground as a quadratic in x and y; None where too little ground is seen."""
    chosen = clear.ravel()
    if int(chosen.sum()) < 60:
        return None
    terms = np.stack([np.broadcast_to(v, clear.shape).ravel() for v in _terms(*clear.shape)], axis=1)[chosen]
    picked = blocks.reshape(-1, 3)[chosen]
    return np.asarray(np.linalg.solve(terms.T @ terms + 1e-3 * np.eye(6, dtype=np.float32), terms.T @ picked))


def _surface(weights: NDArray[np.float32], h: int, w: int) -> NDArray[np.float32]:
    """The fitted ground on a grid, (h, w, 3)."""
    one, x, y, xx, xy, yy = _terms(h, w)
    planes = [c[0] * one + c[1] * x + c[3] * xx + (c[2] * y + c[5] * yy) + c[4] * xy for c in weights.T]
    return np.stack([np.broadcast_to(p, (h, w)) for p in planes], axis=2)


def _terms(h: int, w: int) -> tuple[NDArray[np.float32], ...]:
    """1, x, y, x^2, xy, y^2 over a grid, each broadcastable to (h, w); x and y in -1..1."""
    x, y = _along(w)[None, :], _along(h)[:, None]
    return np.ones((1, 1), np.float32), x, y, x * x, x * y, y * y


def _along(n: int) -> NDArray[np.float32]:
    return ((np.arange(n) + 0.5) * (2.0 / n) - 1.0).astype(np.float32)


def _noise(frame: NDArray[np.uint8], behind: NDArray[np.float32], clear: NDArray[np.bool_]) -> float:
    """Standard deviation of the ground's grain along any one line of colours, levels; half a level at least."""
    rows = slice(None, None, 3)
    away = frame[rows][clear[rows]] - behind[rows][clear[rows]]
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
    mass = np.bincount(labels.ravel(), weights=alpha.ravel(), minlength=count)
    mass[0] = 0.0
    return np.where(labels == int(mass.argmax()), shown, np.float32(0))


def _square(radius_px: float) -> NDArray[np.uint8]:
    """A square structuring element: its dilation is separable, so its cost does not grow with its area."""
    side = 2 * max(1, round(radius_px)) + 1
    return np.ones((side, side), np.uint8)
