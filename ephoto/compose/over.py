"""A person laid on a new ground: the Porter-Duff operator "over", straight alpha, in sRGB values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.compose.background import paint

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
    out = paint(background, (w, h))
    opaque = matte.alpha >= 1
    band = np.flatnonzero((matte.alpha > 0) ^ opaque)
    a = matte.alpha.ravel().take(band)[:, None]
    ground = out.reshape(-1, 3).take(band, axis=0).astype(np.float32)
    mixed = matte.foreground.reshape(-1, 3).take(band, axis=0) - ground
    mixed *= a
    mixed += ground
    cv2.copyTo(matte.foreground, opaque.view(np.uint8), out)
    # Three bytes taken for one value: numpy's assignment to rows of three costs four times as much.
    np.put(out.reshape(-1).view("V3"), band, np.rint(mixed, out=mixed).astype(np.uint8).reshape(-1).view("V3"))
    return out
