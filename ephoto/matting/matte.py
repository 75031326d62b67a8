"""A whole matte in one call: alpha refined, loose strands added, the foreground's own colours estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.errors import UnmetError
from ephoto.core.types import Matte
from ephoto.matting.foreground import estimate
from ephoto.matting.loose import loose_strands
from ephoto.matting.refine import Quality, refine
from ephoto.matting.tuning import tuning

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
    fading = _fading(alpha, unknown, face_width_px)
    alpha *= fading
    method = f"local linear, {quality}"
    loose = loose_strands(frame[:head_rows], alpha[:head_rows], face_width_px) if head_rows else None
    if loose is not None:
        method += ", loose strands"
        strands = _strands(loose.alpha, fading[: len(loose.alpha)], face_width_px)
        np.maximum(alpha[: len(strands)], strands, out=alpha[: len(strands)])
    foreground = estimate(frame, alpha, unknown, px_per_face=face_width_px)
    if loose is not None:
        # In the band the local colours are known better; beyond it only the hair's mean is.
        beyond = (strands[loose.y, loose.x] > 0) & ~unknown[loose.y, loose.x] & (alpha[loose.y, loose.x] < 1)
        y, x = loose.y[beyond], loose.x[beyond]
        foreground[y, x] = np.rint(np.clip(loose.colour[beyond], 0, 255)).astype(np.uint8)
        unknown[y, x] = True
    if valid is not None:
        alpha *= valid
    return Matte(alpha, foreground, unknown, engine, method)


def _fading(alpha: NDArray[np.float32], unknown: NDArray[np.bool_], face_width_px: float) -> NDArray[np.float32]:
    """1 inside, falling to 0 at the band's outer edge: what is left of alpha there would end in the band's own steps,
    which are a few px wide, since the band is drawn on a coarser grid.
    """
    side = 2 * max(1, round(tuning().band_fade * face_width_px)) + 1
    inside = (unknown | (alpha >= 1)).astype(np.float32)
    share = cv2.boxFilter(inside, -1, (side, side), borderType=cv2.BORDER_REPLICATE)
    return np.clip(2 * share - 1, 0, 1).astype(np.float32, copy=False)


def _strands(found: NDArray[np.float32], inside: NDArray[np.float32], face_width_px: float) -> NDArray[np.float32]:
    """Loose alpha (h, w) with what is no strand taken out, and faded towards the lowest rows.

    Beyond the band (where `inside` falls to 0), faint alpha that is wide as well is the ground's own unevenness: what
    a morphological opening leaves of it is subtracted. The last rows fade, since below them nothing was looked for.
    """
    t = tuning()
    side = 2 * max(1, round(t.strand_width * face_width_px / 2)) + 1
    wide = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    out = np.where(wide < t.faint, found - wide * (1 - inside), found)
    rows = min(len(out), max(1, round(t.fade * face_width_px)))
    out[-rows:] *= np.linspace(1, 0, rows, dtype=np.float32)[:, None]
    return out
