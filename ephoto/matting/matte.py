"""A whole matte in one call: alpha refined, loose strands added, the foreground's own colours estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.errors import UnmetError
from ephoto.core.types import Matte
from ephoto.matting.foreground import estimate
from ephoto.matting.loose import loose_strands
from ephoto.matting.refine import Quality, refine

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["matte"]

PERSON = 0.5  # a mask that reaches this nowhere shows nobody


def matte(
    frame: NDArray[np.uint8],
    coarse: NDArray[np.float32],
    *,
    engine: str,
    face_width_px: float,
    quality: Quality = "fast",
    head_rows: int | None = None,
    valid: NDArray[np.bool_] | None = None,
) -> Matte:
    """Cut the subject out of a frame.

    Parameters
    ----------
    frame : (H, W, 3) uint8
    coarse : (H, W) float32
        Person probability, 0..1, from any engine.
    engine : str
        Its name, for the report.
    face_width_px : float
        Width of the subject's face in the frame, px.
    quality : "fast" or "high"
    head_rows : int, optional
        Rows from the top down to the chin: there loose strands are looked for. None: nowhere.
    valid : (H, W) bool, optional
        Pixels that exist in the photo; the others are never person.

    Raises
    ------
    UnmetError
        "matte_lost" where the mask shows nobody.
    """
    if float(coarse.max(initial=0)) < PERSON:
        raise UnmetError("matte_lost", problem="nobody stands out")
    alpha, unknown = refine(frame, coarse, quality=quality, px_per_face=face_width_px)
    foreground = estimate(frame, alpha, unknown, px_per_face=face_width_px)
    method = f"local linear, {quality}"
    loose = loose_strands(frame[:head_rows], alpha[:head_rows], face_width_px) if head_rows else None
    if loose is not None:
        method += ", loose strands"
        head = alpha[:head_rows]
        seen = loose.alpha[loose.y, loose.x] > head[loose.y, loose.x]
        y, x = loose.y[seen], loose.x[seen]
        head[y, x] = loose.alpha[y, x]
        foreground[y, x] = np.rint(np.clip(loose.colour[seen], 0, 255)).astype(np.uint8)
        unknown[y, x] = True
    if valid is not None:
        alpha *= valid
    return Matte(alpha, foreground, unknown, engine, method)
