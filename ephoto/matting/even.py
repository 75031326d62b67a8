"""An even ground, known everywhere: a studio's, an existing ID photo's, a lit wall.

Where the ground is smooth, a fit to what is seen of it tells its colour behind the person as well. A mixed pixel then
has one known part, and alpha and the person's own colour follow from it (unmix.py), strands show far from the hair
(loose.py) and so do gaps in it (gaps.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.numbers import numbers
from ephoto.matting.levels import four, halved

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EvenGround", "even_ground"]

LEAST_CLEAR = 60  # px of ground below which a fit of six terms means nothing


@dataclass(frozen=True, slots=True)
class _Limits:
    clear: float
    follow: float
    hopeless: float
    least_levels: float
    of_grain: float
    reach: float
    rim: float


def _limits() -> _Limits:
    return numbers(_Limits, __package__, "even.toml")


@dataclass(frozen=True, slots=True, eq=False)
class EvenGround:
    """An even ground about the subject of a small picture, and the hair before it.

    `ground` (h, w, 4) float32 is its colour everywhere, fitted where it is seen `clear` (h, w) uint8; `hair`
    (h, w, 4) float32 the person's own colour near each pixel, 0..255, the fourth channels empty; `near` (h, w) uint8
    where strands may be, `rim` (h, w) uint8 where gaps may be.
    """

    ground: NDArray[np.float32]
    clear: NDArray[np.uint8]
    hair: NDArray[np.float32]
    near: NDArray[np.uint8]
    rim: NDArray[np.uint8]


def even_ground(
    frame: NDArray[np.uint8], alpha: NDArray[np.float32], face_width_px: float, face: NDArray[np.uint8] | None = None
) -> EvenGround | None:
    """The ground of a small picture (h, w, 3) whose alpha (h, w) is known but for strands; None if it is not even.

    In `face` (h, w), above 0, there are no gaps.

    A quadratic surface is fitted to the clear ground, and what it leaves is followed by a mean over a wide
    neighbourhood: a studio's light falls off in more ways than a quadratic knows.
    """
    t = _limits()
    clear = np.asarray(cv2.dilate((alpha > 0.02).view(np.uint8), _square(t.clear * face_width_px)) == 0)
    inside = cv2.erode((alpha > 0.98).view(np.uint8), np.ones((5, 5), np.uint8)).view(bool)
    if not inside.any():
        return None
    # A smooth surface needs no more than half of the picture's rows and columns.
    pixels = halved(frame).astype(np.float32)
    seen = halved(clear.astype(np.float32)) > 0.99
    if int(seen.sum()) < LEAST_CLEAR / 4:
        return None
    at = np.flatnonzero(seen)
    terms = _terms(*seen.shape)
    known = terms.reshape(-1, terms.shape[-1]).take(at, axis=0)
    weights = np.linalg.solve(
        known.T @ known + 1e-3 * np.eye(known.shape[1], dtype=np.float32), known.T @ _chosen(pixels, at)
    )
    ground = terms @ weights
    left = pixels - ground
    allowed = t.least_levels + t.of_grain * _grain(frame[::2], clear[::2])
    if _rms(_chosen(left, at)) > t.hopeless * allowed:
        return None
    ground += _followed(left, seen, t.follow * face_width_px / 2)
    if _rms(_chosen(pixels - ground, at)) > allowed:
        return None
    within = halved(inside.astype(np.float32)) > 0.99
    hair = _local_mean(
        pixels, within if within.any() else halved(inside.astype(np.float32)) > 0, t.reach * face_width_px / 2
    )
    h, w = alpha.shape
    behind, before = (np.asarray(cv2.resize(p, (w, h)), np.float32) for p in (ground, hair))
    person = (alpha > 0.5).view(np.uint8)
    near = np.asarray(cv2.dilate(person, _square(t.reach * face_width_px)), np.uint8)
    rim = np.asarray(cv2.dilate(1 - person, _square(t.rim * face_width_px)), np.uint8)
    if face is not None:
        rim[face > 0] = 0
    return EvenGround(four(np.clip(behind, 0, 255)), clear.view(np.uint8), four(before), near, rim)


@lru_cache(maxsize=8)
def _terms(h: int, w: int) -> NDArray[np.float32]:
    """1, u, v, u^2, u v, v^2 at each pixel (h, w, 6); u and v run from -1 to 1 along the sides."""
    u = ((np.arange(w, dtype=np.float32) + 0.5) * (2.0 / w) - 1.0)[None, :] + np.zeros((h, 1), np.float32)
    v = ((np.arange(h, dtype=np.float32) + 0.5) * (2.0 / h) - 1.0)[:, None] + np.zeros((1, w), np.float32)
    return np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], axis=-1)


def _followed(left: NDArray[np.float32], clear: NDArray[np.bool_], radius_px: float) -> NDArray[np.float32]:
    """The mean of `left` (h, w, 3) over the clear pixels about each pixel, which falls to 0 where there are few."""
    side = 2 * max(1, round(radius_px)) + 1
    weight = clear.astype(np.float32)
    share = _twice(weight, side) + np.float32(0.02)
    # Plane by plane: OpenCV takes more than twice as long for four channels at once.
    return np.asarray(cv2.merge([_twice(plane * weight, side) / share for plane in cv2.split(left)]), np.float32)


def _twice(plane: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """A plane (h, w) averaged over squares of `side` px, and again."""
    size = (side, side)
    return np.asarray(cv2.boxFilter(cv2.boxFilter(plane, -1, size), -1, size), np.float32)


def _grain(frame: NDArray[np.uint8], clear: NDArray[np.bool_]) -> float:
    """Standard deviation of the clear ground's grain, levels: from differences of neighbours, which no slow unevenness
    enters.
    """
    at = np.flatnonzero(clear[:, 1:] & clear[:, :-1])
    steps = _chosen(frame[:, 1:].astype(np.float32) - frame[:, :-1], at)
    return float(np.sqrt((steps * steps).mean() / 2)) if steps.size else 0.0


def _chosen(picture: NDArray[np.float32], at: NDArray[np.intp]) -> NDArray[np.float32]:
    """Colours (n, 3) of a picture (h, w, 3), by places in the flattened picture: a mask would cost four times this."""
    return picture.reshape(-1, 3).take(at, axis=0)


def _rms(left: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.vdot(left, left) / max(left.size, 1)))


def _local_mean(blocks: NDArray[np.float32], where: NDArray[np.bool_], radius_px: float) -> NDArray[np.float32]:
    """Mean colour (h, w, 3) of the chosen pixels about each pixel; their mean in all where none is near."""
    side = 2 * max(1, round(radius_px)) + 1
    size = (side, side)
    weight = where.astype(np.float32)
    total = cv2.boxFilter(weight, -1, size, normalize=False)
    few, count, least = total < 0.5, max(float(weight.sum()), 1.0), np.maximum(total, 0.5)
    means = []
    for plane in cv2.split(blocks):
        weighted = plane * weight
        means.append(cv2.boxFilter(weighted, -1, size, normalize=False) / least)
        means[-1][few] = weighted.sum() / count
    return np.asarray(cv2.merge(means), np.float32)


def _square(radius_px: float) -> NDArray[np.uint8]:
    """A square structuring element: its dilation is separable, so its cost does not grow with its area."""
    side = 2 * max(1, round(radius_px)) + 1
    return np.ones((side, side), np.uint8)
