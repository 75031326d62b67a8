"""Mixed pixels parted into their share, the person's colour and the ground's, by what is known of each.

A pixel is I = alpha F + (1 - alpha) B plus noise. Of F and B local means are known, and how far colours stray from
them; of alpha a first guess. Given alpha, the most likely F has a closed form, and where the ground is even, so that B
is known, alpha has one as well given F; the two are found by turns (Chuang, Curless, Salesin and Szeliski, A Bayesian
Approach to Digital Matting, CVPR 2001). B is integrated out and all spreads lie along luma and chroma: hair differs
from its mean in brightness far more than in hue, and cameras keep chroma at half the resolution, so that at an edge
the photo's own chroma is the least trustworthy of all. Before other grounds alpha is kept: a flag or a tree behind the
head is no nearer to its local mean than to hair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.numbers import numbers
from ephoto.matting.levels import put_colours

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["luma_chroma", "towards", "unmix"]

# ITU-R BT.601 as JFIF uses it: R, G, B to Y, Cb, Cr, all in 0..255 and without the offset of 128.
_TO_LUMA_CHROMA = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_TO_LUMA_CHROMA_32 = _TO_LUMA_CHROMA.astype(np.float32)
_FROM_LUMA_CHROMA = np.linalg.inv(_TO_LUMA_CHROMA).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Spreads:
    noise: tuple[float, ...]
    person: tuple[float, ...]
    ground: tuple[float, ...]
    alpha: float
    rounds: int
    saturated: float
    lean: float


def _spreads() -> _Spreads:
    return numbers(_Spreads, __package__, "unmix.toml")


def unmix(
    colour: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    person: NDArray[np.float32],
    ground: NDArray[np.float32],
    opaque: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Alpha (n,) and the person's own colour (n, 3) uint8 at pixels that may be mixtures.

    Where the ground is even and has a hue of its own, its light is on the person's rim as well: what of F leans to it
    by more than the opaque pixels inside do is taken out.

    Parameters
    ----------
    colour : (n, 3) uint8
    alpha : (n,) float32, 0..1
        The guess. It stays where it is exactly 0 or 1, and where the ground is not even.
    person, ground : (n, 4) float32
        Local mean colours, 0..255; the fourth channel is empty.
    opaque : (n, 4) float32, optional
        The local mean of opaque pixels; given where the ground is even, and its mean thus its very colour.
    """
    t = _spreads()
    own = np.array(colour, np.uint8)
    alpha = alpha.copy()
    mixed = np.flatnonzero((alpha > 0) & (alpha < 1))
    i, f, b = (luma_chroma(p.take(mixed, axis=0)) for p in (colour, person, ground))
    a, found = _parted(i, alpha.take(mixed), f, b, t, even=opaque is not None)
    alpha[mixed] = a
    below = np.flatnonzero(a < 1)
    put_colours(own[None], mixed.take(below), _rgb(found).take(below, axis=0))
    if opaque is not None:
        _take_out_lean(own, alpha, opaque, ground, t)
    return alpha, own


def _take_out_lean(
    own: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    opaque: NDArray[np.float32],
    ground: NDArray[np.float32],
    t: _Spreads,
) -> None:
    """Take a saturated ground's light out of colours (n, 3), in place."""
    if not len(own):
        return
    behind = luma_chroma(ground.mean(axis=0)[None])[1:, 0]
    lit = np.flatnonzero(alpha > 0)
    if float(np.hypot(*behind)) < t.saturated or not lit.size:
        return
    hue = _lab(ground.mean(axis=0)[None, :3])[0, 1:]
    hue /= np.hypot(*hue)
    lab, inside = _lab(own.take(lit, axis=0)), _lab(opaque.take(lit, axis=0)[:, :3])
    limit = np.maximum(inside[:, 1:] @ hue, 0) + np.float32(t.lean)
    lean = lab[:, 1:] @ hue
    far = np.flatnonzero(lean > limit)
    if far.size:
        lab = lab[far]
        lab[:, 1:] *= (limit[far] / lean[far])[:, None]  # towards grey: taking the hue away alone would turn it
        rgb = cv2.cvtColor(lab[None], cv2.COLOR_Lab2RGB)[0]
        own[lit[far]] = np.rint(255 * np.clip(rgb, 0, 1)).astype(np.uint8)


def _lab(colours: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
    """CIE Lab (n, 3) of sRGB colours (n, 3), 0..255."""
    scaled = np.multiply(colours, np.float32(1 / 255), dtype=np.float32)
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(scaled)[None], cv2.COLOR_RGB2Lab)[0], np.float32)


def _parted(
    i: NDArray[np.float32],
    guess: NDArray[np.float32],
    f: NDArray[np.float32],
    b: NDArray[np.float32],
    t: _Spreads,
    *,
    even: bool,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The most likely alpha (n,) and F (3, n), all colours in luma and chroma."""
    noise, spread, astray = (np.square(np.array(v, np.float32))[:, None] for v in (t.noise, t.person, t.ground))
    hold = np.float32(1 / t.alpha**2)
    towards, line = i - b, f - b
    a, rounds = guess, t.rounds if even else 0
    for turn in range(rounds + 1):
        variance = noise if even else noise + astray * (1 - a) ** 2
        own = a * spread
        found = f + own / (a * own + variance) * (towards - a * line)
        if turn == rounds:
            break
        away = found - b
        certain = away / variance
        top = np.einsum("cn,cn->n", certain, towards) + hold * guess
        a = np.clip(top / (np.einsum("cn,cn->n", certain, away) + hold), 0, 1)
    return a, found


def towards(hue: NDArray[np.float32]) -> NDArray[np.float32]:
    """The weights (3,) of R, G and B that give a colour's chroma in the direction of `hue` (2,), Cb and Cr."""
    return np.asarray(hue / np.hypot(*hue) @ _TO_LUMA_CHROMA[1:], np.float32)


def luma_chroma(colours: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
    """Y, Cb and Cr, these without their offset, of colours (n, 3) or (n, 4), as planes (3, n)."""
    return np.asarray(_TO_LUMA_CHROMA_32 @ colours.T[:3].astype(np.float32), np.float32)


def _rgb(planes: NDArray[np.float32]) -> NDArray[np.uint8]:
    out = (_FROM_LUMA_CHROMA @ planes).T
    return np.asarray(np.clip(np.rint(out), 0, 255), np.uint8)
