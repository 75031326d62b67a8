"""The subject solved once, on a small picture about the head, and drawn on any card's frame from there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.geometry import apply, compose, invert, scale_of
from ephoto.framing.warp import coverage
from ephoto.matting.matte import cut
from ephoto.matting.measure import hair_top
from ephoto.matting.solution import solve
from ephoto.matting.tuning import tuning
from ephoto.pipeline.view import face_on, limits, mask_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.face import Head
    from ephoto.core.types import Face, Framing, Matte, Photo
    from ephoto.matting.solution import Solution
    from ephoto.pipeline.request import MatteQuality
    from ephoto.pipeline.view import View

__all__ = ["WorkingMatte", "cut_out", "ears_hidden", "hair_height", "on_card", "serves"]


@dataclass(frozen=True, slots=True, eq=False)
class WorkingMatte:
    """A subject solved on a small picture of the photo.

    `photo_to_work` (2, 3) maps photo px to that picture's px. `enlargement` is px per px of it on the frame that it
    was made for.
    """

    solution: Solution
    photo_to_work: NDArray[np.float64]
    enlargement: float
    engine: str
    quality: MatteQuality


def cut_out(photo: Photo, face: Face, head: Head, view: View, framing: Framing, quality: MatteQuality) -> WorkingMatte:
    """Solve the view's mask on a small picture of the frame, with room above for tall hair and a margin all round."""
    lim, (w, h) = limits(), framing.size_wh
    on_card = scale_of(framing.photo_to_card)
    scale = tuning().level_face_px / (head.face_width_px * on_card)
    above = lim.room_above * head.face_width_px * on_card
    m = lim.margin_px
    to_work = scale * (framing.photo_to_card + np.array([[0.0, 0.0, m], [0.0, 0.0, m + above]]))
    size = (math.ceil(scale * (w + 2 * m)), math.ceil(scale * (h + 2 * m + above)))
    mask = mask_on(view, to_work, size)
    valid = coverage(photo.size_wh, to_work, size)
    if valid is not None:
        mask *= valid
    rows = max(math.ceil(apply(to_work, head.eye_mid + head.chin_px * head.down)[1]), 1)
    shown = face_on(face, to_work, size)
    solution = solve(photo.pyramid.sample(to_work, size), mask, tuning().level_face_px, rows, shown)
    return WorkingMatte(solution, to_work, 1 / scale, view.engine, quality)


def hair_height(work: WorkingMatte, head: Head) -> float:
    """Height of the hair top above the eye line along the head's axis, photo px.

    Midway between where the hair's alpha adds up and where the first strands can be seen, so that the gap above the
    hair is right by either reading; a few strands far off count no more than `seen_lift` face widths.
    """
    scale = scale_of(work.photo_to_work)
    x, y = (float(v) for v in apply(work.photo_to_work, head.eye_mid))
    alpha, width = work.solution.strands, head.face_width_px * scale
    solid = hair_top(alpha, x, width, px=limits().solid_share * width)
    seen = hair_top((alpha > limits().seen_alpha).astype(np.float32), x, width, px=limits().seen_share * width)
    lift = min(max(solid - seen, 0.0) / 2, limits().seen_lift * width)
    return (y - solid - limits().early_rows + lift) / scale


def ears_hidden(work: WorkingMatte, head: Head) -> bool:
    """Whether hair or a covering stands out beyond where the ears would, on both sides, at ear height."""
    reach = limits().ear_reach * head.face_width_px
    sides = [head.eye_mid - (head.left_px + reach) * head.across, head.eye_mid + (head.right_px + reach) * head.across]
    at = apply(work.photo_to_work, np.array(sides) + limits().ear_drop * head.face_width_px * head.down).astype(int)
    h, w = work.solution.alpha.shape
    return all(0 <= x < w and 0 <= y < h and work.solution.alpha[y, x] > 0.5 for x, y in at)


def serves(work: WorkingMatte, framing: Framing) -> bool:
    """Whether the working matte is as good for this frame as one made on it: it covers it, at about its scale."""
    w, h = framing.size_wh
    to_card = compose(invert(work.photo_to_work), framing.photo_to_card)
    corners = apply(invert(to_card), np.array([[0, 0], [w, 0], [0, h], [w, h]], np.float64))
    size = np.array(work.solution.alpha.shape[::-1], np.float64)
    lim = limits()
    beyond = lim.reuse_beyond_px / work.enlargement
    inside = bool(corners.min() >= -beyond and (corners <= size + beyond).all())
    return inside and lim.reuse_low <= scale_of(to_card) / work.enlargement <= lim.reuse_high


def on_card(photo: Photo, head: Head, work: WorkingMatte, framing: Framing) -> Matte:
    """The matte on the card's frame, drawn on the photo's own pixels, which are resampled once."""
    size = framing.size_wh
    pixels = photo.pixels if framing.identity else photo.pyramid.draw(framing.photo_to_card, size)
    chin = apply(framing.photo_to_card, head.eye_mid + head.chin_px * head.down)
    return cut(
        work.solution,
        pixels,
        compose(invert(work.photo_to_work), framing.photo_to_card),
        engine=work.engine,
        quality=work.quality,
        head_rows=max(round(float(chin[1])), 1),
        valid=coverage(photo.size_wh, framing.photo_to_card, size),
    )
