"""A face of points whose every length is known: 100 px between the eyes, 120 px from the eyes to the chin."""

from __future__ import annotations

import numpy as np

from ephoto.quality.points import INNER_LIPS, LIDS_LEFT, LIDS_RIGHT, MOUTH_CORNERS

EYES = np.array([[250.0, 300.0], [350.0, 300.0]])  # the subject's right and left
CHIN = np.array([300.0, 420.0])


def face_points(*, lid_px=10.0, lip_px=0.0, mouth_px=80.0, lift_px=0.0, brow_px=40.0):
    """Landmarks (468, 2); what no measure reads lies in the middle of the face."""
    points = np.tile(np.array([300.0, 340.0]), (468, 1))
    for (first, last), lids, (x, y) in zip(((33, 133), (362, 263)), (LIDS_RIGHT, LIDS_LEFT), EYES, strict=True):
        points[first], points[last] = [x - 15, y], [x + 15, y]
        for k, (upper, lower) in enumerate(lids):
            gap = lid_px if k == 1 else 0.6 * lid_px
            points[upper], points[lower] = [x, y - gap / 2], [x, y + gap / 2]
    points[105], points[334] = [EYES[0, 0], 300 - brow_px], [EYES[1, 0], 300 - brow_px]
    for upper, lower in INNER_LIPS:
        points[upper], points[lower] = [300, 385 - lip_px / 2], [300, 385 + lip_px / 2]
    corners = 385 - lift_px
    points[MOUTH_CORNERS[0]], points[MOUTH_CORNERS[1]] = [300 - mouth_px / 2, corners], [300 + mouth_px / 2, corners]
    points[152] = CHIN
    return points.astype(np.float32)


def moved(points, *, scale=1.0, turn_deg=0.0, shift=(0.0, 0.0)):
    """The points scaled, turned about the picture's corner and moved."""
    c, s = np.cos(np.radians(turn_deg)) * scale, np.sin(np.radians(turn_deg)) * scale
    return points @ np.array([[c, s], [-s, c]]) + np.array(shift)
