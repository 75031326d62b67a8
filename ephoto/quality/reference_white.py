"""Whether a photo is too dark, whatever the skin: the light on the whites of the eyes, or on a light ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.colour import LUMINANCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["reference_white"]


def reference_white(whites: Sequence[NDArray[np.floating]], ground: NDArray[np.floating] | None) -> float | None:
    """Luminance, 0..1 of white in linear light, of the brighter eye's white or of the ground, whichever is more; None
    where neither is seen.

    A dark ground says nothing, and an eye may lie in shadow. In the same light the whites of the eyes measure 0.46 to
    0.53 for skins from L* 25 to 85 (renders); 1.5 stops less are 0.17, three stops 0.06.

    Parameters
    ----------
    whites : (3,) each, linear RGB 0..1, as `sclera.whites` gives them
    ground : (256,), optional
        Shares of the levels of linear Y in the ground.
    """
    seen = [float(white @ LUMINANCE) for white in whites]
    if ground is not None:
        seen.append(int(np.searchsorted(np.cumsum(ground), 0.5)) / 255)
    return max(seen, default=None)
