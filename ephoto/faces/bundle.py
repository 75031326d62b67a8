"""What a FaceLandmarker bundle returned, as landmarks; and whether it can be a face at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.core.face import CHIN, EYE_LEFT, EYE_RIGHT

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COUNT", "IRIS_LEFT", "IRIS_RIGHT", "MESH", "blendshapes_of", "nonsense", "points_of"]

COUNT, MESH = 478, 468  # all points, and those of the mesh, which come first
# The irises behind the mesh: centre, then four ring points; the sides are the subject's own.
IRIS_RIGHT, IRIS_LEFT = slice(468, 473), slice(473, 478)
_LIPS = (13, 14)  # middle of the inner lips, upper and lower
# Of the same face the embedded net's points and a bundle's lie 2 to 5 % of the eyes' distance apart; half that distance
# is another place.
_APART = 0.5


def points_of(landmarks: Any, size_wh: tuple[int, int]) -> NDArray[np.float64]:
    """Points (478, 3), px, out of one face's landmarks as the package gives them, in shares of the picture's sides.

    x and z are shares of the width, y of the height; z is smaller the nearer, zero about the head's centre.

    Raises
    ------
    ValueError
        Another number of points.
    """
    w, h = size_wh
    points = np.array([[p.x * w, p.y * h, p.z * w] for p in landmarks], np.float64)
    if points.shape != (COUNT, 3):
        raise ValueError(f"{len(points)} points, not {COUNT}")
    return points


def blendshapes_of(categories: Any) -> dict[str, float]:
    """Coefficients 0..1 by name out of one face's categories, without the filler `_neutral`."""
    return {c.category_name: float(c.score) for c in categories if c.category_name != "_neutral"}


def nonsense(points: NDArray[np.float64], known: NDArray[np.floating]) -> str | None:
    """Why points (478, 3) px cannot be the face whose landmarks (468, 2) px are known; None if they can.

    A bundle put together from files that do not belong together runs without an error and returns such points.
    """
    if not np.isfinite(points).all():
        return "points that are no numbers"
    if np.ptp(points[:, 2]) < 1e-6 * max(float(np.ptp(points[:, 0])), 1.0):
        return "points without any depth"
    eyes = points[[*EYE_RIGHT, *EYE_LEFT], :2].mean(0)
    across = points[list(EYE_LEFT), :2].mean(0) - points[list(EYE_RIGHT), :2].mean(0)
    down = np.array([-across[1], across[0]])
    mouth, chin = ((points[list(at), :2].mean(0) - eyes) @ down for at in (_LIPS, (CHIN,)))
    if not 0 < mouth < chin:
        return "eyes, mouth and chin out of order"
    unit = np.hypot(*(known[EYE_LEFT[1]] - known[EYE_RIGHT[0]]).astype(np.float64))
    if np.median(np.hypot(*(points[:MESH, :2] - known).T)) > _APART * unit:
        return "points where the face is not"
    return None
