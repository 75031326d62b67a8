"""A whole matte in one call: alpha refined, loose strands added, the foreground's own colours estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from ephoto.core.geometry import scale_of
from ephoto.core.types import Matte
from ephoto.matting.finish import finish
from ephoto.matting.gaps import open_gaps
from ephoto.matting.levels import Places, halvings, moved, put_colours, pyramid, scaling
from ephoto.matting.loose import loose_strands
from ephoto.matting.refine import refine
from ephoto.matting.solution import Solution, solve
from ephoto.matting.tuning import tuning
from ephoto.matting.unmix import unmix

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Quality", "cut", "matte"]

Quality = Literal["fast", "high"]


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
    """Cut the subject out of a frame, of which nothing but the frame itself is known.

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
    count = halvings(face_width_px, tuning().level_face_px)
    small = pyramid(frame, count)[-1]
    rows = -(-head_rows // 2**count) if head_rows else None
    solution = solve(small, pyramid(coarse, count)[-1], face_width_px / 2**count, rows)
    to_frame = scaling(small.shape[:2], frame.shape[:2])
    return cut(solution, frame, to_frame, engine=engine, quality=quality, head_rows=head_rows, valid=valid)


def cut(
    solution: Solution,
    frame: NDArray[np.uint8],
    to_frame: NDArray[np.float64],
    *,
    engine: str,
    quality: Quality = "fast",
    head_rows: int | None = None,
    valid: NDArray[np.bool_] | None = None,
) -> Matte:
    """A solved subject on a frame: alpha refined, loose strands added, the person's own colours un-mixed.

    `to_frame` (2, 3) maps the solution's px to the frame's; the rest is as in `matte`.
    """
    w = frame.shape[1]
    alpha, unknown = refine(solution, frame, to_frame)
    method = f"local linear, {quality}"
    even, loose = solution.even, None
    if even is not None:
        method += ", studio"
        if head_rows:
            head = np.s_[:head_rows]
            loose = loose_strands(even, frame[head], alpha[head], to_frame)
            inside = moved(solution.inside, to_frame, (w, len(loose.alpha)))
            strands = _strands(loose.alpha, inside, solution.face_width_px * scale_of(to_frame))
            np.maximum(alpha[: len(strands)], strands, out=alpha[: len(strands)])
            unknown.ravel()[open_gaps(even, frame[head], alpha[head], to_frame)] = True
    if quality == "high":  # after the strands: those in the band are where it starts from
        finish(alpha, unknown, frame, solution.face_width_px * scale_of(to_frame))
    shares = alpha.ravel()
    mixed = np.flatnonzero(unknown.ravel() & (shares > 0 if even is not None else (shares > 0) & (shares < 1)))
    places = Places(mixed, w, to_frame)
    means = (places.on(p) for p in (solution.person, solution.ground, *(() if even is None else (even.hair,))))
    foreground = frame.copy()
    shares[mixed], own = unmix(frame.reshape(-1, 3).take(mixed, axis=0), shares.take(mixed), *means)
    put_colours(foreground, mixed, own)
    if loose is not None:
        # In the band the local colours are known better; beyond it only the hair's mean is.
        beyond = (strands[loose.y, loose.x] > 0) & ~unknown[loose.y, loose.x] & (alpha[loose.y, loose.x] < 1)
        y, x = loose.y[beyond], loose.x[beyond]
        foreground[y, x] = np.rint(np.clip(loose.colour[beyond], 0, 255)).astype(np.uint8)
        unknown[y, x] = True
    if valid is not None:
        alpha *= valid
    return Matte(alpha, foreground, unknown, engine, method)


def _strands(found: NDArray[np.float32], inside: NDArray[np.float32], face_width_px: float) -> NDArray[np.float32]:
    """Loose alpha (h, w) with what is no strand taken out, and faded towards the lowest rows.

    Beyond the band (where `inside` falls to 0), faint alpha that is wide as well is the ground's own unevenness: what
    a morphological opening leaves of it is subtracted, and what is nowhere more than a haze goes. The last rows fade,
    since below them nothing was looked for.
    """
    t = tuning()
    side = 2 * max(1, round(t.strand_width * face_width_px / 2)) + 1
    wide = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    out = np.where(wide < t.faint, found - wide * (1 - inside), found)
    side = 2 * max(1, round(t.strand_width * face_width_px)) + 1
    out *= cv2.dilate(found, np.ones((side, side), np.uint8)) > t.least_seen
    rows = min(len(out), max(1, round(t.fade * face_width_px)))
    out[-rows:] *= np.linspace(1, 0, rows, dtype=np.float32)[:, None]
    return out
