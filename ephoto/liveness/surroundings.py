"""Whether what lies around the face moves as one with it, as on a print or a display that is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.geometry import apply, invert
from ephoto.liveness.flow import follow

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["apartness", "in_frame"]

_GRID_PX = 5
_TEXTURE = 6.0  # least eigenvalue of the structure tensor's mean, levels squared a px squared
_BACK_PX = 0.7
# The person is left out: so many face widths to each side of the face's middle, above it, and everything below.
_ASIDE, _ABOVE = 0.95, 1.0
_SHOULDERS = 1.5


def apartness(
    before: NDArray[np.uint8],
    now: NDArray[np.uint8],
    face_before: NDArray[np.float64],
    face_now: NDArray[np.float64],
    width_px: float,
    *,
    least_px: float,
    least_points: int,
) -> float | None:
    """0 where the surroundings move as the face's plane does, 1 where they stand or move as the camera alone does.

    Parameters
    ----------
    before, now : the whole frame, grey (H, W) uint8, at one small size
    face_before, face_now : (N, 2) the same points of the face in both, px of that size
    width_px : the face's width there
    least_px : None if both explanations differ by less, in the median
    least_points : None if fewer points have texture
    """
    points = _around(before, face_before, width_px)
    if len(points) < least_points:
        return None
    kept, at = follow(before, now, points, back_px=_BACK_PX, fine=False)
    if int(kept.sum()) < least_points:
        return None
    where = points[kept].astype(np.float64)
    motion = at[kept] - where
    glued = _carried(face_before, face_now, where)
    camera = np.broadcast_to(np.median(motion, axis=0), motion.shape)
    if float(np.median(np.hypot(*(glued - camera).T))) < least_px:
        return None
    off_glued, off_camera = (float(np.median(np.hypot(*(motion - m).T))) for m in (glued, camera))
    return off_glued / max(off_glued + off_camera, 1e-9)


def _carried(before: NDArray[np.float64], now: NDArray[np.float64], where: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far points (M, 2) move if they move by the affine that takes the face's points there (least squares)."""
    full = np.column_stack([before, np.ones(len(before))])
    solved, *_ = np.linalg.lstsq(full, now, rcond=None)
    return np.asarray(np.column_stack([where, np.ones(len(where))]) @ solved - where)


def _around(grey: NDArray[np.uint8], face: NDArray[np.float64], width_px: float) -> NDArray[np.float32]:
    """A grid's points (N, 2) outside the person that have texture."""
    h, w = grey.shape
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.8)
    eigen = cv2.cornerMinEigenVal(smooth, 7, ksize=3) * 255.0**2 / 8
    y, x = np.mgrid[3 : h - 3 : _GRID_PX, 3 : w - 3 : _GRID_PX]
    cx, cy = face.mean(0)
    aside = np.abs(x - cx) / width_px
    person = (aside < _ASIDE) & (y > cy - _ABOVE * width_px) | (aside < _SHOULDERS) & (y > cy + 0.5 * width_px)
    kept = ~person & (eigen[y, x] > _TEXTURE)
    return np.stack([x[kept], y[kept]], axis=1).astype(np.float32)


def in_frame(points: NDArray[np.floating], affine: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """View points (N, 2) as px of the small frame, given the photo-to-view affine and small px per photo px."""
    return apply(invert(affine), points) * scale
