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

from ephoto.core.geometry import scale_of
from ephoto.core.numbers import numbers
from ephoto.matting.levels import Places, moved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.matting.even import EvenGround

__all__ = ["Loose", "loose_strands"]


@dataclass(frozen=True, slots=True)
class _Limits:
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


def loose_strands(
    even: EvenGround, frame: NDArray[np.uint8], alpha: NDArray[np.float32], to_frame: NDArray[np.float64]
) -> Loose:
    """Strands about the hair of a frame (H, W, 3) whose alpha (H, W) is known but for them.

    `to_frame` (2, 3) maps the small picture's px to the frame's.
    """
    t = _limits()
    h, w = alpha.shape
    drawn = moved(cv2.convertScaleAbs(even.ground), to_frame, (w, h))
    drawn = np.asarray(cv2.cvtColor(drawn, cv2.COLOR_RGBA2RGB), np.uint8)
    clear, near = (moved(p, to_frame, (w, h), nearest=True) for p in (even.clear, even.near))
    sigma = _noise(frame, drawn, clear, max(1, round(2 * scale_of(to_frame))))
    # A quick sieve: which pixels differ from the ground at all, in some channel.
    r, g, b = cv2.split(cv2.absdiff(frame, drawn))
    unlike = cv2.max(cv2.max(r, g), b) > t.low_sigmas * sigma
    at = np.flatnonzero(unlike & near.view(bool) & (alpha < 0.98))
    places = Places(at, w, to_frame)
    behind, colour = (places.on(p)[:, :3] for p in (even.ground, even.hair))
    line = colour - behind
    contrast = np.sqrt(np.einsum("nc,nc->n", line, line))
    strong = np.maximum(contrast, np.float32(t.least_contrast))
    place = np.einsum("nc,nc->n", frame.reshape(-1, 3).take(at, axis=0) - behind, line) / (strong * strong)
    place *= contrast >= t.least_contrast
    rise = np.clip((place * strong * np.float32(1 / sigma) - t.low_sigmas) / (t.high_sigmas - t.low_sigmas), 0.0, 1.0)
    shown = np.zeros((h, w), np.float32)
    shown.ravel()[at] = np.minimum(place, 1.0) * (rise * rise * (3 - 2 * rise))
    return Loose(_joined(shown, alpha), *np.divmod(at, w), colour)


def _noise(frame: NDArray[np.uint8], ground: NDArray[np.uint8], clear: NDArray[np.uint8], stride: int) -> float:
    """Standard deviation of the ground's grain along any one line of colours, levels; half a level at least.

    One pixel in stride x stride is looked at.
    """
    some = np.s_[stride // 2 :: stride, stride // 2 :: stride]
    seen = clear[some].view(bool)
    away = frame[some][seen].astype(np.float32) - ground[some][seen]
    return float(np.sqrt((away * away).mean())) + 0.5 if away.size else 0.5


def _joined(shown: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """The strands that reach the hair; a gap of two pixels along a strand does not part it."""
    there = cv2.dilate(((shown > 0) | (alpha > 0.05)).view(np.uint8), np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(there, connectivity=8)
    some = np.s_[::4, ::4]
    mass = np.bincount(labels[some].ravel(), weights=alpha[some].ravel(), minlength=count)
    mass[0] = 0.0
    return np.where(labels == int(mass.argmax()), shown, np.float32(0))
