"""SingleFacePresent: how large the second face is beside the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["single_face_present"]


def single_face_present(area_shares: Sequence[float]) -> float:
    """Area of the largest other face over the subject's, 0 if there is none (OFIQ: the two largest detections).

    `area_shares` are those of the other faces. Ours are confirmed by landmarks first, so that spectacles pushed up on
    the head are no second face.
    """
    return max(area_shares, default=0.0)
