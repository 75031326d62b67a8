"""Whether a face that turns has depth: optical flow between two looks at it, and what explains the motion.

A flat picture moves by a homography whatever one does with it; bent round a cylinder it moves, to second order, by a
quadratic in the picture's two coordinates. A head does more: its nose stands out of any such surface, and moves
further. So measured motion is explained by a quadratic surface and, on top, by one fixed head's relief times two
numbers, one for each axis. Those numbers are near the sine of the turn for a head, and 0 for pictures. The points are
measured by optical flow; the landmark net's own depth of the frame is never used, as it sees a nose in pictures too.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.liveness.flow import follow
from ephoto.liveness.view import FACE_PX, SIZE_WH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.types import Pose
    from ephoto.liveness.view import View

__all__ = ["Anchor", "Parallax", "anchored", "even", "parallax"]

# The rim of the face in the mesh, all round.
_OVAL: tuple[int, ...] = (
    10,
    338,
    297,
    332,
    284,
    251,
    389,
    356,
    454,
    323,
    361,
    288,
    397,
    365,
    379,
    378,
    400,
    377,
    152,
    148,
    176,
    149,
)
_OVAL += (150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)
# The part of a view that flow is solved on: x0, x1, y0, y1. What lies outside has no points, and costs a third.
_PART = (8, 120, 18, 148)
_INSIDE = 0.86  # of the way to the rim: beyond lie hair and silhouette, which no point stays on
# Between the brows, so many px high, and this part of the way from the lower lids to the nose's base lie the eyes,
# which move by themselves, and glasses, which stand before the face.
_BROW_PX = 6
_GLASSES_TO = 0.62
_BROWS, _LIDS, _NOSE_BASE = (105, 334), (145, 374), 2
_GRID_PX = 4
_LEAST_POINTS = 40
_WINDOW_PX = 13  # over which a point's texture counts
_MOST_BACK_PX = 1.5  # a point that the flow back does not return to its place is lost
_ROUNDS = 6
# Light changes on a head that turns, so flow is measured on detail, over its own strength in the neighbourhood.
_DETAIL_PX, _STRENGTH_PX, _FLOOR = 8.0, 12.0, 9.0
_TEXTURE_FLOOR = 1.0  # of the structure tensor, levels squared a px squared


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """A look that later ones are compared with.

    `detail` (H, W) uint8 is the view's part evened out; `points` (N, 2) float32 view px; `depth` (N,) over the face's
    width; `texture` (N, 3) each point's structure tensor (xx, xy, yy); `affine` photo to view. Angles in degrees.
    """

    detail: NDArray[np.uint8]
    points: NDArray[np.float32]
    depth: NDArray[np.float64]
    texture: NDArray[np.float64]
    affine: NDArray[np.float64]
    yaw_deg: float
    pitch_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Parallax:
    """The relief's share in a motion, across and down, in sines of a turn, each with its standard error.

    `before` and `now` (N, 2) are the points that were followed, px of both views; `rest_px` is the median of what
    stayed unexplained, view px.
    """

    across: float
    across_error: float
    down: float
    down_error: float
    before: NDArray[np.float32]
    now: NDArray[np.float32]
    rest_px: float


def even(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The detail (130, 112) uint8 of a view's part: less its surroundings' brightness, over their contrast."""
    x0, x1, y0, y1 = _PART
    levels = grey[y0:y1, x0:x1].astype(np.float32)
    detail = levels - cv2.GaussianBlur(levels, (0, 0), _DETAIL_PX)
    strength = cv2.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), _STRENGTH_PX) + np.float32(_FLOOR))
    return np.asarray(np.clip(128 + 45 * detail / strength, 0, 255), np.uint8)


def anchored(view: View, pose: Pose) -> Anchor | None:
    """The look as an anchor; None if too little of the face is in it."""
    points = _points(view.points)
    if len(points) < _LEAST_POINTS:
        return None
    depth = _depth_at(points + 0.5, view.points)
    return Anchor(
        even(view.grey), points, depth, _texture(view.grey, points), view.affine, pose.yaw_deg, pose.pitch_deg
    )


def parallax(anchor: Anchor, view: View) -> Parallax | None:
    """The motion from an anchor to a later view of the same face; None if too few points can be followed."""
    corner = np.array([_PART[0], _PART[2]], np.float32)
    kept, at = follow(anchor.detail, even(view.grey), anchor.points - corner, back_px=_MOST_BACK_PX, fine=True)
    if int(kept.sum()) < _LEAST_POINTS:
        return None
    return _fitted(anchor.points[kept], at[kept] + corner, anchor.depth[kept], anchor.texture[kept])


def _fitted(
    before: NDArray[np.float32], now: NDArray[np.float32], depth: NDArray[np.float64], texture: NDArray[np.float64]
) -> Parallax:
    """Least squares, each point weighed by its texture along each direction, outliers less (Cauchy weights)."""
    x, y = ((before - np.array(SIZE_WH) / 2) / FACE_PX).astype(np.float64).T
    moved = (now - before).astype(np.float64) / FACE_PX
    one, none = np.ones_like(x), np.zeros((len(x), 6))
    surface = np.stack([one, x, y, x * x, x * y, y * y], axis=1)
    across = np.concatenate([surface, none, depth[:, None], none[:, :1]], axis=1)
    down = np.concatenate([none, surface, none[:, :1], depth[:, None]], axis=1)
    # The Cholesky factor of each tensor: along an edge a point's place is not known, and must not count.
    xx, xy, yy = texture.T
    l11 = np.sqrt(xx + _TEXTURE_FLOOR)
    l21 = xy / l11
    l22 = np.sqrt(np.maximum(yy + _TEXTURE_FLOOR - l21**2, 1e-9))
    first, second = l11[:, None] * across + l21[:, None] * down, l22[:, None] * down
    seen_1, seen_2 = l11 * moved[:, 0] + l21 * moved[:, 1], l22 * moved[:, 1]
    weight = np.ones(len(x))
    for _ in range(_ROUNDS):
        w = weight[:, None]
        normal = (first * w).T @ first + (second * w).T @ second + 1e-9 * np.eye(14)
        solved = np.linalg.solve(normal, (first * w).T @ seen_1 + (second * w).T @ seen_2)
        rest = np.hypot(seen_1 - first @ solved, seen_2 - second @ solved)
        scale = 1.2 * float(np.median(rest)) + 1e-9
        weight = 1 / (1 + (rest / (2 * scale)) ** 2)
    error = np.sqrt(np.diag(np.linalg.inv(normal))) * scale
    plain = np.hypot(moved[:, 0] - across @ solved, moved[:, 1] - down @ solved)
    return Parallax(
        across=float(solved[-2]),
        across_error=float(error[-2]),
        down=float(solved[-1]),
        down_error=float(error[-1]),
        before=before,
        now=now,
        rest_px=float(np.median(plain)) * FACE_PX,
    )


def _points(landmarks: NDArray[np.float64]) -> NDArray[np.float32]:
    """A grid's points (N, 2), whole px, on skin that moves with the head."""
    oval = landmarks[list(_OVAL)]
    middle = oval.mean(0)
    rim = cv2.convexHull(np.round(middle + (oval - middle) * _INSIDE).astype(np.int32))
    w, h = SIZE_WH
    mask = np.zeros((h, w), np.uint8)
    cv2.fillConvexPoly(mask, rim, (1,))
    top, lids = landmarks[list(_BROWS), 1].mean() + _BROW_PX, landmarks[list(_LIDS), 1].mean()
    low = lids + _GLASSES_TO * (landmarks[_NOSE_BASE, 1] - lids)
    mask[max(int(top), 0) : max(int(low), 0)] = 0
    x0, x1, y0, y1 = _PART
    y, x = np.mgrid[y0 + 2 : y1 : _GRID_PX, x0 + 2 : x1 : _GRID_PX]
    inside = mask[y, x] > 0
    return np.stack([x[inside], y[inside]], axis=1).astype(np.float32)


def _texture(grey: NDArray[np.uint8], points: NDArray[np.float32]) -> NDArray[np.float64]:
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 0.8)
    dx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    dy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    columns, rows = points.T.astype(np.intp)
    window = (_WINDOW_PX, _WINDOW_PX)
    return np.stack([cv2.boxFilter(p, -1, window)[rows, columns] for p in (dx * dx, dx * dy, dy * dy)], 1).astype(float)


def _depth_at(points: NDArray[np.floating], landmarks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The fixed head's depth (N,) at points of a face with landmarks (468, 2): the nearest four, by inverse squares."""
    away = ((points[:, None].astype(np.float64) - landmarks[None]) ** 2).sum(2)
    near = np.argpartition(away, 4, axis=1)[:, :4]
    weight = 1 / (np.take_along_axis(away, near, axis=1) + 1e-3)
    return np.asarray((weight * _head()[near]).sum(1) / weight.sum(1))


@cache
def _head() -> NDArray[np.float64]:
    return np.array(tomllib.loads(files(__package__).joinpath("depth.toml").read_text("utf-8"))["depth"])
