"""Whether a straight frame closes round the face: the edges of a sheet of paper, or a display's bezel.

Rooms are full of straight lines, and most stand behind the person. What a room does not have is a line below the face
that the person's own shoulders do not hide. So all four sides count, each as far as it is there, and the weakest tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SIZE_PX", "closed_frame"]

SIZE_PX = 320  # longer side of the frame that lines are looked for in
_LEAST = 0.25  # of the face's width: shorter segments are not looked at
_SLANT = 0.45  # tangent of the angle that a side may lean
_NEAR, _FAR = 0.5, 2.6  # face widths from the face's middle to a side
_ALONG = 0.06  # face widths that segments of one side may lie apart
_BINS = 40


def closed_frame(grey: NDArray[np.uint8], box: tuple[float, float, float, float], scale: float) -> float:
    """How much of the weakest side of a frame round the face is there, 0..1.

    Parameters
    ----------
    grey : (H, W) uint8, SIZE_PX along its longer side
    box : the face's x0, y0, x1, y1 in the frame
    scale : px of `grey` a px of the frame
    """
    found: Any = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD).detect(grey)[0]
    if found is None:
        return 0.0
    x0, y0, x1, y1 = (v * scale for v in box)
    width, middle = x1 - x0, np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    lines = (found.reshape(-1, 2, 2).astype(np.float64) - middle) / max(width, 1.0)
    length = np.hypot(*(lines[:, 1] - lines[:, 0]).T)
    lines = lines[length >= _LEAST]
    upright = np.abs(lines[:, 1, 0] - lines[:, 0, 0]) < _SLANT * np.abs(lines[:, 1, 1] - lines[:, 0, 1])
    level = np.abs(lines[:, 1, 1] - lines[:, 0, 1]) < _SLANT * np.abs(lines[:, 1, 0] - lines[:, 0, 0])
    columns, rows = lines[upright], lines[level][:, :, ::-1]
    sides = [_side(columns, -1), _side(columns, 1), _side(rows, -1), _side(rows, 1)]
    return min(sides)


def _side(lines: NDArray[np.float64], sign: int) -> float:
    """The share of the face's extent that the best line on one side runs along.

    `lines` (N, 2, 2) are ends as (across, along) the side, face widths from the face's middle.
    """
    best = 0.0
    across = sign * lines[:, :, 0].mean(1)
    lines = lines[(across > _NEAR) & (across < _FAR)]
    for one in lines:
        slope = (one[1, 0] - one[0, 0]) / (one[1, 1] - one[0, 1])
        off = np.abs(lines[:, :, 0] - one[0, 0] - slope * (lines[:, :, 1] - one[0, 1])).max(1)
        covered = np.zeros(_BINS, bool)
        for a, b in np.sort(lines[off < _ALONG][:, :, 1], axis=1):
            low, high = np.clip(np.round((np.array([a, b]) + 0.5) * _BINS), 0, _BINS).astype(int)
            covered[low:high] = True
        best = max(best, float(covered.mean()))
    return best
