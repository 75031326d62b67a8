"""What of a mask is the subject: one body, without islands and without false holes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["one_body", "without_islands"]


def without_islands(alpha: NDArray[np.float32], joined: float) -> NDArray[np.float32]:
    """The mask (h, w) without whatever is not joined to its largest part by px above `joined` (8-connected)."""
    count, labels = cv2.connectedComponents((alpha > joined).view(np.uint8), connectivity=8)
    if count <= 2:
        return alpha
    mass = np.bincount(labels.ravel(), weights=alpha.ravel(), minlength=count)
    mass[0] = 0.0
    subject = int(mass.argmax())
    return np.where((labels == subject) | (labels == 0), alpha, np.float32(0))


def one_body(
    mask: NDArray[np.float32], *, joined: float, sure: float, gap_mask: float, gap_area_px: float
) -> NDArray[np.float32]:
    """The mask (h, w) of the subject alone, its interior opaque.

    A hole is doubt (below `sure`) or ground (below one half) that does not reach the frame's top or sides; the
    frame's lower edge counts as body, since a portrait's body goes on below it. A hole is filled, unless the mask
    falls below `gap_mask` over at least `gap_area_px`: between arm and body, or between neck and hair, the ground is
    truly seen.
    """
    body = without_islands(mask, joined)
    for level in (sure, 0.5):  # doubt that a thread of doubt joins to the edge may still hold a hole
        body = _filled(body, level, gap_mask, gap_area_px)
    return body


def _filled(body: NDArray[np.float32], level: float, gap_mask: float, gap_area_px: float) -> NDArray[np.float32]:
    count, labels = cv2.connectedComponents((body < level).view(np.uint8), connectivity=4)
    outside = np.zeros(count, bool)
    outside[np.concatenate([labels[0], labels[:, 0], labels[:, -1]])] = True
    outside[0] = True  # label 0 is the body
    if outside.all():
        return body
    clear = np.bincount(labels.ravel(), weights=(body < gap_mask).ravel(), minlength=count)
    hole = ~outside & (clear < gap_area_px)
    return np.where(hole[labels], np.float32(1), body)
