"""The subject cut out once, on a working frame about the head, and brought onto any card's frame from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ephoto.core.geometry import apply, compose, for_opencv, invert, scale_of
from ephoto.core.types import Matte
from ephoto.framing.warp import coverage, resample
from ephoto.matting.matte import matte as make_matte
from ephoto.matting.measure import hair_top
from ephoto.pipeline.view import limits, mask_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.face import Head
    from ephoto.core.types import Framing, Photo
    from ephoto.pipeline.request import MatteQuality
    from ephoto.pipeline.view import View

__all__ = ["WorkingMatte", "cut_out", "ears_hidden", "hair_height", "on_card", "serves"]


@dataclass(frozen=True, slots=True, eq=False)
class WorkingMatte:
    """A matte on a frame of its own; `photo_to_work` (2, 3) maps photo px to that frame's px."""

    matte: Matte
    photo_to_work: NDArray[np.float64]


def cut_out(photo: Photo, head: Head, view: View, framing: Framing, quality: MatteQuality) -> WorkingMatte:
    """Refine the view's mask on the framing's own grid, with room above for tall hair and a margin all round."""
    lim, (w, h) = limits(), framing.size_wh
    scale = scale_of(framing.photo_to_card)
    above = round(lim.room_above * head.face_width_px * scale)
    m = lim.margin_px
    to_work = framing.photo_to_card + np.array([[0.0, 0.0, m], [0.0, 0.0, m + above]])
    size = (w + 2 * m, h + 2 * m + above)
    matte = make_matte(
        resample(photo.pixels, to_work, size, fine=False),
        mask_on(view, to_work, size),
        engine=view.engine,
        quality=quality,
        face_width_px=head.face_width_px * scale,
        head_rows=round(float(apply(to_work, head.eye_mid + head.chin_px * head.down)[1])),
        valid=coverage(photo.size_wh, to_work, size),
    )
    return WorkingMatte(matte, to_work)


def hair_height(work: WorkingMatte, head: Head) -> float:
    """Height of the hair top above the eye line along the head's axis, photo px.

    Midway between where the hair's alpha adds up and where the first strands can be seen, so that the gap above the
    hair is right by either reading; a few strands far off count no more than `seen_lift` face widths.
    """
    scale = scale_of(work.photo_to_work)
    x, y = (float(v) for v in apply(work.photo_to_work, head.eye_mid))
    alpha, width = work.matte.alpha, head.face_width_px * scale
    solid = hair_top(alpha, x, width, px=2.0)
    seen = hair_top((alpha > limits().seen_alpha).astype(np.float32), x, width)
    lift = min(max(solid - seen, 0.0) / 2, limits().seen_lift * width)
    return (y - solid + lift) / scale


def ears_hidden(work: WorkingMatte, head: Head) -> bool:
    """Whether hair or a covering stands out beyond where the ears would, on both sides, at ear height."""
    reach = limits().ear_reach * head.face_width_px
    sides = [head.eye_mid - (head.left_px + reach) * head.across, head.eye_mid + (head.right_px + reach) * head.across]
    at = apply(work.photo_to_work, np.array(sides) + limits().ear_drop * head.face_width_px * head.down).astype(int)
    h, w = work.matte.alpha.shape
    return all(0 <= x < w and 0 <= y < h and work.matte.alpha[y, x] > 0.5 for x, y in at)


def serves(work: WorkingMatte, framing: Framing) -> bool:
    """Whether the working matte is as good for this frame as one made on it: it covers it, at about its scale."""
    w, h = framing.size_wh
    to_card = compose(invert(work.photo_to_work), framing.photo_to_card)
    corners = apply(invert(to_card), np.array([[0, 0], [w, 0], [0, h], [w, h]], np.float64))
    size = np.array(work.matte.alpha.shape[::-1], np.float64)
    lim = limits()
    inside = bool(corners.min() >= -lim.reuse_beyond_px and (corners <= size + lim.reuse_beyond_px).all())
    return inside and lim.reuse_low <= scale_of(to_card) <= lim.reuse_high


def on_card(photo: Photo, work: WorkingMatte, framing: Framing) -> Matte:
    """The matte on the card's frame.

    Alpha and the band's estimated colours come from the working frame; elsewhere the colour is the
    photo's own, resampled once.
    """
    to_card, size = compose(invert(work.photo_to_work), framing.photo_to_card), framing.size_wh
    pixels = photo.pixels if framing.identity else resample(photo.pixels, framing.photo_to_card, size)
    source = work.matte
    alpha = np.clip(_moved(source.alpha, to_card, size, cv2.INTER_CUBIC), 0.0, 1.0)
    band = _moved(source.unknown.view(np.uint8), to_card, size, cv2.INTER_LINEAR)
    colour = _moved(source.foreground, to_card, size, cv2.INTER_LINEAR)
    foreground = np.array(pixels) if framing.identity else pixels  # the photo's own pixels stay as they are
    cv2.copyTo(colour, band, foreground)
    return Matte(alpha, foreground, band.view(bool), source.engine, source.method)


def _moved(plane: NDArray[Any], affine: NDArray[np.float64], size_wh: tuple[int, int], flags: int) -> NDArray[Any]:
    return cv2.warpAffine(plane, for_opencv(affine), size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE)
