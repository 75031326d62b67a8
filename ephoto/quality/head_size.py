"""HeadSize: how large the head is in the photo as it was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.quality.points import eye_to_chin

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["head_size"]


def head_size(landmarks: NDArray[np.floating], height_px: float) -> float:
    """T, from the eyes to the chin, over the photo's height. A passport crop has 0.3 to 0.4, and its scalar is poor:
    the card's own rules judge the crop.
    """
    return eye_to_chin(landmarks) / height_px
