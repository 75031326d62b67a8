"""Shadow on one side of the face: how much brighter one cheek is than the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["cheek_ratio"]


def cheek_ratio(luma: NDArray[np.uint8], centres: NDArray[np.floating], half_px: int) -> float | None:
    """Mean Y of the brighter cheek over the darker one's; None where a cheek lies outside the picture.

    The ratio of two patches of the same skin does not depend on how dark the skin is. Evenly lit faces have 1.0 to 1.7
    (20 real portraits), faces lit from the side 2.4 and more.

    Parameters
    ----------
    luma : (H, W) uint8
        Linear light.
    centres : (2, 2)
        Middle of either cheek, px.
    half_px : int
        Half of a patch's side.
    """
    means = []
    for x, y in centres:
        left, top = int(x) - half_px, int(y) - half_px
        patch = luma[max(top, 0) : max(top + 2 * half_px + 1, 0), max(left, 0) : max(left + 2 * half_px + 1, 0)]
        if not patch.size:
            return None
        means.append(float(patch.mean()))
    return max(means) / max(min(means), 1.0)
