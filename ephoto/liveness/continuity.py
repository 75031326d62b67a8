"""Whether it is one face throughout: no jump between two frames, and the same face at rest before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.face import CHIN, EAR_LEFT, EAR_RIGHT, EYE_LEFT, EYE_RIGHT
from ephoto.quality.points import MOUTH_CORNERS

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["change", "cut", "likeness", "signature", "unlike"]

_SOFT_PX = 1.5  # view px: finer detail is noise, or the landmarks' own unrest
_REACH_PX = 3  # the landmarks may have shifted so far between two looks
_BORDER_PX = 12  # of the view, mostly hair and background
# Lengths between points of the mesh that a face's bones set, whatever it expresses: both eyes' corners, outer and
# inner, the nose's bridge to its base, its wings, the mouth's corners, brows to nose, nose to chin, ear to ear.
_BRIDGE, _NOSE_BASE, _WINGS, _BROW_MID = 168, 2, (129, 358), 9
_LENGTHS = (
    *((EYE_RIGHT[0], EYE_LEFT[1]), (EYE_RIGHT[1], EYE_LEFT[0]), (_BRIDGE, _NOSE_BASE), _WINGS, MOUTH_CORNERS),
    *((_BROW_MID, _NOSE_BASE), (_NOSE_BASE, CHIN), (EAR_RIGHT, EAR_LEFT)),
)


def change(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> float:
    """How unlike two views (H, W) are, 0 (the same) to 2: one less their correlation at the best small shift."""
    return 1 - likeness(before, now)


def cut(changes: NDArray[np.float64], seconds: NDArray[np.float64], *, step_s: float, most_steps: float) -> float:
    """How far the sharpest cut stands out: a change, less twice what the frames around it change; 0 without any.

    Heads that turn fast change much in every frame; a cut does so in one, or in two where a single frame was put in.
    Where frames were dropped a head that turns changes more, too, so that the change is told for each `step_s`.

    Parameters
    ----------
    changes : (N,) `change` of each frame against the one before, the first of them not known
    seconds : (N,) when they were taken
    most_steps : no gap, however long, divides a change by more: another face is further away than any turn
    """
    steps = np.clip(np.diff(seconds) / step_s, 1.0, most_steps)
    worst = 0.0
    for i in range(1, len(changes)):
        after = changes[i + 1 : i + 3]
        around = max(changes[i - 1] if i > 1 else 0.0, after.min() if len(after) else 0.0)
        worst = max(worst, float((changes[i] - 2 * around) / steps[i - 1]))
    return worst


def likeness(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> float:
    """The correlation, -1 to 1, of two views' inner parts at the best shift of up to 3 view px."""
    soft_before, soft_now = (cv2.GaussianBlur(g, (0, 0), _SOFT_PX)[::2, ::2] for g in (before, now))
    edge, reach = _BORDER_PX // 2, (_REACH_PX + 1) // 2
    inner = soft_before[edge:-edge, edge:-edge]
    room = soft_now[edge - reach : -(edge - reach), edge - reach : -(edge - reach)]
    return float(cv2.matchTemplate(room, inner, cv2.TM_CCOEFF_NORMED).max())


def signature(landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
    """A face's proportions at rest (8,): logarithms of its lengths, less their mean, so that size falls out."""
    ends = np.asarray(landmarks, np.float64)[np.array(_LENGTHS)]
    lengths = np.log(np.maximum(np.hypot(*(ends[:, 1] - ends[:, 0]).T), 1e-6))
    return np.asarray(lengths - lengths.mean())


def unlike(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """How far two signatures are apart: the root mean square of their lengths' ratios, less one, about."""
    return float(np.sqrt(np.mean((first - second) ** 2)))
