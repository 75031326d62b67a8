"""Whether what lies around the face moves as one with it, as on a print or a display that is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ephoto.liveness.flow import follow

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["apartness"]

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
    """0 where one plane explains face and surroundings, 1 where these stand, or move as the camera alone does.

    Parameters
    ----------
    before, now : the whole frame, grey (H, W) uint8, at one small size
    face_before, face_now : (N, 2) the same points of the face in both, px of that size
    width_px : the face's width there
    least_px : None if the face moved by less against its surroundings, in the median
    least_points : None if fewer points around it have texture
    """
    points = _around(before, face_before, width_px)
    if len(points) < least_points:
        return None
    kept, at = follow(before, now, points, back_px=_BACK_PX, fine=False)
    if int(kept.sum()) < least_points:
        return None
    around_before, around_now = points[kept].astype(np.float64), at[kept].astype(np.float64)
    camera = np.median(around_now - around_before, axis=0)
    if float(np.median(np.hypot(*(face_now - face_before - camera).T))) < least_px:
        return None
    off_camera = float(np.median(np.hypot(*(around_now - around_before - camera).T)))
    off_plane = _off_plane((face_before, face_now), (around_before, around_now))
    if not np.isfinite(off_plane):
        return None
    return off_plane / max(off_plane + off_camera, 1e-9)


def _off_plane(*pairs: tuple[NDArray[np.float64], NDArray[np.float64]]) -> float:
    """How far the homography that fits all of them best misses the worse of some sets of points, px, in the median.

    The sets count alike, however many points they have.
    """
    most = max(len(before) for before, _ in pairs)
    chosen = [np.resize(np.arange(len(before)), most) for before, _ in pairs]
    source = np.concatenate([before[i] for (before, _), i in zip(pairs, chosen, strict=True)])
    target = np.concatenate([now[i] for (_, now), i in zip(pairs, chosen, strict=True)])
    plane: Any = cv2.findHomography(source, target, 0)[0]
    if plane is None:
        return float("inf")
    misses = []
    for before, now in pairs:
        carried = np.column_stack([before, np.ones(len(before))]) @ plane.T
        misses.append(float(np.median(np.hypot(*(carried[:, :2] / carried[:, 2:] - now).T))))
    return max(misses)


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
