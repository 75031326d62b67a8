"""How the person is found in a photo: one look of the net on the neighbourhood of the card, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.geometry import apply, compose, for_opencv, invert
from ephoto.core.numbers import numbers
from ephoto.core.types import Contact
from ephoto.framing.warp import view_of
from ephoto.matting.tuning import tuning
from ephoto.pipeline.engine_output import person_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.types import Face, Framing, MattingEngine, Photo

__all__ = ["View", "ViewLimits", "contact", "face_on", "limits", "look", "mask_on"]


@dataclass(frozen=True, slots=True)
class ViewLimits:
    widen: float
    lift: float
    net_px: int
    photo_px: int
    photo_per_level: float
    hair_guess: float
    reuse_low: float
    reuse_high: float
    reuse_beyond_px: float
    touch_alpha: float
    touch_run: float
    margin_px: int
    room_above: float
    solid_share: float
    seen_alpha: float
    seen_share: float
    seen_lift: float
    early_rows: float
    face_inside: float
    ear_reach: float
    ear_drop: float
    frontal_deg: float
    face_share: float


def limits() -> ViewLimits:
    """The values of view.toml; its comments give the reasons."""
    return numbers(ViewLimits, __package__, "view.toml")


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The person mask that an engine gave for one view of the photo.

    `mask` (h, w) float32 0..1; `photo_to_view` (2, 3) maps photo px to mask px.
    """

    mask: NDArray[np.float32]
    photo_to_view: NDArray[np.float64]
    engine: str


def look(photo: Photo, framing: Framing, engine: MattingEngine, face_width_px: float) -> View:
    """Let the engine see the photo as it sees best: the widened frame of the card, or the whole photo.

    `face_width_px`, photo px, says how fine the mask of a whole photo has to be.

    Raises
    ------
    EnvironmentFault
        "engine_nonsense" where the engine returns no mask.
    """
    if engine.view == "photo":
        return _whole(photo, engine, face_width_px)
    lim = limits()
    size = (lim.net_px, lim.net_px)
    to_view = view_of(framing.photo_to_card, framing.size_wh, size, widen=lim.widen, lift=lim.lift)
    return View(person_of(engine, photo.pyramid.sample(to_view, size)), to_view, engine.name)


def _whole(photo: Photo, engine: MattingEngine, face_width_px: float) -> View:
    """The view of the whole photo, its mask averaged until it is little finer than the small picture it is drawn on.

    Sampled straight from a fine mask, that picture would skip most of it; and so all that follows costs the same for
    any photo.
    """
    lim, (w, h) = limits(), photo.size_wh
    seen_wh = _shrunk(photo.size_wh, lim.photo_px / max(w, h))
    shown = photo.pixels
    if seen_wh != photo.size_wh:
        shown = photo.pyramid.sample(_stretch(photo.size_wh, seen_wh), seen_wh)
    mask = person_of(engine, shown)
    fine = lim.photo_per_level * tuning().level_face_px / face_width_px
    mask_wh = _shrunk(photo.size_wh, min(fine, seen_wh[0] / w))
    if mask_wh != seen_wh:
        mask = np.asarray(cv2.resize(mask, mask_wh, interpolation=cv2.INTER_AREA), np.float32)
    return View(mask, _stretch(photo.size_wh, mask_wh), engine.name)


def _shrunk(size_wh: tuple[int, int], scale: float) -> tuple[int, int]:
    if scale >= 1.0:
        return size_wh
    return max(round(size_wh[0] * scale), 1), max(round(size_wh[1] * scale), 1)


def _stretch(size_wh: tuple[int, int], onto_wh: tuple[int, int]) -> NDArray[np.float64]:
    """The affine (2, 3) from a picture to the same picture at another size."""
    return np.array([[onto_wh[0] / size_wh[0], 0.0, 0.0], [0.0, onto_wh[1] / size_wh[1], 0.0]])


def mask_on(view: View, photo_to_frame: NDArray[np.float64], size_wh: tuple[int, int]) -> NDArray[np.float32]:
    """The mask (H, W) on a frame, interpolated cubically and clipped to 0..1."""
    affine = compose(invert(view.photo_to_view), photo_to_frame)
    out = cv2.warpAffine(view.mask, for_opencv(affine), size_wh, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.clip(out, 0.0, 1.0).astype(np.float32, copy=False)


def face_on(face: Face, photo_to_frame: NDArray[np.float64], size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """Where the face is on a frame, (H, W) uint8, 1 or 0: inside its landmarks, drawn in a little.

    There it is person, whatever the net doubts, and so is a hand or a receiver before it.
    """
    middle = face.landmarks.mean(0)
    inside = middle + limits().face_inside * (face.landmarks - middle)
    hull = cv2.convexHull(apply(photo_to_frame, inside).astype(np.float32)) - np.float32(0.5)  # OpenCV's pixel centres
    out = np.zeros(size_wh[::-1], np.uint8)
    return np.asarray(cv2.fillConvexPoly(out, np.rint(hull).astype(np.int32), 1), np.uint8)


def contact(view: View, photo_wh: tuple[int, int], face_width_px: float) -> Contact:
    """Where the photo's edges cut the person, read from the mask just inside each edge."""
    w, h = photo_wh
    step = 1.0 / max(float(np.abs(view.photo_to_view[:, :2]).max()), 1e-6)  # photo px per mask px
    inset = min(max(step, 1.0), min(w, h) / 4)
    run = limits().touch_run * face_width_px
    top = _touching(view, np.arange(inset, w - inset / 2, step), inset, along_x=True)
    left = _touching(view, np.arange(inset, h - inset / 2, step), inset, along_x=False)
    right = _touching(view, np.arange(inset, h - inset / 2, step), w - inset, along_x=False)
    return Contact(
        top=_first_run(top, step, run) is not None,
        bottom=True,
        image_left_from_px=_row(_first_run(left, step, run), inset, step),
        image_right_from_px=_row(_first_run(right, step, run), inset, step),
    )


def _touching(view: View, along: NDArray[np.float64], across: float, *, along_x: bool) -> NDArray[np.bool_]:
    fixed = np.full_like(along, across)
    points = np.stack([along, fixed] if along_x else [fixed, along], axis=1)
    on_view = (apply(view.photo_to_view, points) - 0.5).astype(np.float32)  # OpenCV's pixel centres
    seen = cv2.remap(
        view.mask, on_view[:, 0], on_view[:, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0
    )
    return np.asarray(seen.ravel() > limits().touch_alpha)


def _first_run(touching: NDArray[np.bool_], step: float, least_px: float) -> int | None:
    """Where the first run begins that is at least `least_px` photo px long."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], touching, [False]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        if (last - first) * step >= least_px:
            return int(first)
    return None


def _row(first: int | None, inset: float, step: float) -> float | None:
    return None if first is None else inset + first * step
