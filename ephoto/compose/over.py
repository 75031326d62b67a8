"""A person laid on a new ground: the Porter-Duff operator "over", straight alpha, in sRGB values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.compose.background import rows_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.compose.background import Background
    from ephoto.core.types import Matte

__all__ = ["over"]


def over(matte: Matte, background: Background, *, frame: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """The picture (H, W, 3), or (H, W, 4) with straight alpha on a transparent ground.

    Where alpha is 0 the ground's value comes out exactly, where it is 1 the foreground's; between them the mixture
    is rounded to the nearest value. On a transparent ground hidden pixels are black, so that nothing of the old
    ground is left in the file. "keep" gives `frame` itself, untouched.

    Raises ValueError if "keep" is asked for without the frame.
    """
    if background.kind == "keep":
        if frame is None:
            raise ValueError("the photo's own ground can only be kept where the frame is given")
        return frame
    h, w = matte.alpha.shape
    if background.kind == "transparent":
        alpha = np.rint(matte.alpha * np.float32(255)).astype(np.uint8)
        seen = cv2.copyTo(matte.foreground, alpha)
        return np.asarray(cv2.merge([*cv2.split(seen), alpha]), np.uint8)
    # Seen as rows of 3 W values, picture, alpha and ground meet in long contiguous loops. Whole numbers up to 255 are
    # exact in float32, so alpha 0 and 1 give exact values without being treated apart.
    ground = np.tile(rows_of(background, h).astype(np.float32), (1, w))
    mixed = np.subtract(matte.foreground.reshape(h, 3 * w), ground, dtype=np.float32)
    mixed *= cv2.merge([matte.alpha] * 3).reshape(h, 3 * w)
    mixed += ground
    np.rint(mixed, out=mixed)
    return mixed.astype(np.uint8).reshape(h, w, 3)
