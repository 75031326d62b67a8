"""Errors of a matte on the card against the truth (Rhemann et al., A Perceptually Motivated Online Benchmark for Image
Matting, CVPR 2009, for the four of alpha), and the halo that is left on new grounds.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["GROUNDS", "Scores", "band_of", "lab", "mean_scores", "on_ground", "score"]

GROUNDS = ((255, 255, 255), (67, 142, 219), (216, 32, 32))  # what cards are printed on: white, blue, red
NEAR = np.ones((7, 7), np.uint8)  # px about the truly soft pixels that count as the band
SOFT = (0.02, 0.98)
STEP = 0.1  # between the levels of the connectivity error
LOOSE = 0.15  # alpha that may be missing from the connected part without an error


@dataclass(frozen=True)
class Scores:
    """`mse` of alpha in the band, x 1000; `sad` over the card, thousands of px; `gradient` and `connectivity` in the
    band, as their authors sum them, thousands; `halo` mean CIELAB difference in the band over three grounds; `worst`
    its 99th percentile; `off` mean CIELAB difference outside the band.
    """

    mse: float
    sad: float
    gradient: float
    connectivity: float
    halo: float
    worst: float
    off: float


def band_of(alpha: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where a true alpha (H, W) is soft, and a few px about it."""
    soft = (alpha > SOFT[0]) & (alpha < SOFT[1])
    return cv2.dilate(soft.astype(np.uint8), NEAR).astype(bool)


def on_ground(
    alpha: NDArray[np.float32], premultiplied: NDArray[np.float32], ground: tuple[int, int, int]
) -> NDArray[np.float32]:
    """The person (premultiplied, 0..255) laid on a colour: (H, W, 3) float32."""
    return np.asarray(premultiplied + (1 - alpha[..., None]) * np.float32(ground), np.float32)


def score(
    alpha: NDArray[np.float32],
    premultiplied: NDArray[np.float32],
    true_alpha: NDArray[np.float32],
    true_premultiplied: NDArray[np.float32],
) -> Scores:
    """All errors of one card; colours 0..255."""
    band = band_of(true_alpha)
    away = alpha - true_alpha
    halos, worst, off = [], [], []
    for ground in GROUNDS:
        difference = lab(on_ground(alpha, premultiplied, ground)) - lab(
            on_ground(true_alpha, true_premultiplied, ground)
        )
        delta_e = np.sqrt((difference**2).sum(2))
        halos.append(delta_e[band].mean())
        worst.append(np.percentile(delta_e[band], 99))
        off.append(delta_e[~band].mean())
    return Scores(
        mse=1000 * float(np.square(away)[band].mean()),
        sad=float(np.abs(away).sum()) / 1000,
        gradient=float(np.square(_gradient(alpha) - _gradient(true_alpha))[band].sum()) / 1000,
        connectivity=float(np.abs(_unjoined(alpha, true_alpha) - _unjoined(true_alpha, alpha))[band].sum()) / 1000,
        halo=float(np.mean(halos)),
        worst=float(np.mean(worst)),
        off=float(np.mean(off)),
    )


def mean_scores(scores: Iterable[Scores]) -> Scores:
    """The mean of each; NaN where there are none."""
    rows = [astuple(s) for s in scores] or [(np.nan,) * len(fields(Scores))]
    return Scores(*(float(v) for v in np.mean(rows, axis=0)))


def lab(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(np.clip(pixels / 255, 0, 1).astype(np.float32), cv2.COLOR_RGB2Lab), np.float32)


def _gradient(alpha: NDArray[np.float32], sigma: float = 1.4) -> NDArray[np.float64]:
    """Magnitude of alpha's gradient, by first derivatives of a Gaussian."""
    r = int(np.ceil(3 * sigma))
    t = np.arange(-r, r + 1, dtype=np.float64)
    bell = np.exp(-0.5 * (t / sigma) ** 2)
    slope = -t * bell
    bell, slope = bell / np.sqrt((bell**2).sum()), slope / np.sqrt((slope**2).sum())
    a = alpha.astype(np.float64)
    dx = cv2.sepFilter2D(a, -1, slope, bell, borderType=cv2.BORDER_REPLICATE)
    dy = cv2.sepFilter2D(a, -1, bell, slope, borderType=cv2.BORDER_REPLICATE)
    return np.hypot(dx, dy)


def _unjoined(alpha: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far each px is joined to the opaque part that both mattes share: 1 where it is, by levels of alpha."""
    reached = np.zeros(alpha.shape)
    for level in np.arange(STEP, 1 + STEP / 2, STEP):
        both = ((alpha >= level - 1e-6) & (other >= level - 1e-6)).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(both, connectivity=4)
        if count > 1:
            reached[labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())] = level
    missing = alpha - reached
    return 1 - np.where(missing >= LOOSE, missing, 0)
