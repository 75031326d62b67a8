"""Frames for a card: of those at rest, the best by what was measured anyway; kept only when asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.numbers import numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.liveness.gestures import Rest
    from ephoto.liveness.observe import FacePart, Look
    from ephoto.liveness.series import Series

__all__ = ["BestFrame", "Candidates"]


@dataclass(frozen=True, slots=True, eq=False)
class BestFrame:
    """A frame that may become the card's photo: `pixels` (H, W, 3) uint8, as fed; `score`, more is better."""

    pixels: NDArray[np.uint8]
    seconds: float
    score: float


@dataclass(frozen=True, slots=True)
class _Weights:
    """See best.toml."""

    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    shut: float
    mouth: float
    move: float
    apart_s: float


class Candidates:
    """The best few frames, each from another moment."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: list[BestFrame] = []

    def offer(self, look: Look, face: FacePart, rest: Rest, series: Series) -> None:
        """A frame at rest; copied if it is kept."""
        if not self._count:
            return
        score = _score(face, rest, series)
        apart = numbers(_Weights, __package__, "best.toml").apart_s
        rivals = [one for one in self._kept if look.seconds - one.seconds < apart]
        if rivals and max(one.score for one in rivals) >= score:
            return
        others = [one for one in self._kept if one not in rivals]
        kept = [*others, BestFrame(look.pyramid.pixels.copy(), look.seconds, score)]
        self._kept = sorted(kept, key=lambda one: -one.score)[: self._count]

    def frames(self) -> tuple[BestFrame, ...]:
        """Best first."""
        return tuple(self._kept)

    def clear(self) -> None:
        self._kept = []


def _score(face: FacePart, rest: Rest, series: Series) -> float:
    """Sharpness (log of the Laplacian's spread on the view), less what is off the ideal in units of best.toml."""
    weights, last = numbers(_Weights, __package__, "best.toml"), series.last(2)
    sharp = float(np.log(cv2.Laplacian(face.view.grey, cv2.CV_32F).std() + 1e-6))
    shut = 1 - float(np.nan_to_num(min(last["open_right"][-1], last["open_left"][-1]), nan=1.0))
    way = float(np.hypot(np.ptp(last["x"]), np.ptp(last["y"]))) / face.width_px
    off = (
        abs(face.pose.yaw_deg) / weights.yaw_deg
        + abs(face.pose.pitch_deg) / weights.pitch_deg
        + abs(face.pose.roll_deg) / weights.roll_deg
        + max(shut, 0.0) / weights.shut
        + max(face.mouth - rest.mouth, 0.0) / weights.mouth
        + way / weights.move
    )
    return sharp - off
