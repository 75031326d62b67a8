"""A person cut out of a whole photo, every pixel of it: the cut-out's own road, beside the card's."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.codec.decode import decode
from ephoto.core.face import head_of
from ephoto.core.geometry import apply, compose, invert
from ephoto.faces.subject import choose
from ephoto.matting.enlarge import enlarge, straight
from ephoto.matting.levels import halvings
from ephoto.matting.matte import cut
from ephoto.matting.solution import solve
from ephoto.matting.tuning import tuning
from ephoto.pipeline.analyse import upright
from ephoto.pipeline.engine_output import faces_of
from ephoto.pipeline.looks import looks, subject_mask, whole_limits
from ephoto.pipeline.view import face_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.codec.source import Loaded
    from ephoto.core.face import Head
    from ephoto.core.settings import Settings
    from ephoto.core.types import Face, FaceEngine, MattingEngine, Photo, Subject
    from ephoto.matting.solution import Solution
    from ephoto.pipeline.request import MatteQuality
    from ephoto.pipeline.view import View

__all__ = ["WholeMatte", "cut_whole"]

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class WholeMatte:
    """A photo's subject on nothing.

    `pixels` (H, W, 4) uint8 are the upright photo's own, with straight alpha; black where alpha is 0. `photo`,
    `subject` and `head` are as they were worked on, after `turned` quarter turns (clockwise) because the head lay on
    its side; the pixels are turned back. `looks` counts the views that the engine was shown.
    """

    pixels: NDArray[np.uint8]
    photo: Photo
    subject: Subject
    head: Head
    turned: int
    engine: str
    method: str
    looks: int


def cut_whole(
    loaded: Loaded, faces: FaceEngine, matting: MattingEngine, quality: MatteQuality, settings: Settings
) -> WholeMatte:
    """Decode every pixel, find the one subject, and cut it out.

    Raises
    ------
    InputError, FaceError
    UnmetError
        "matte_lost" where the mask shows nobody.
    """
    photo = decode(loaded, settings)
    subject = choose(faces_of(faces, photo), photo.size_wh)
    head = head_of(subject.face)
    turned = round(head.roll_deg / 90.0) % 4
    if turned:
        photo, subject = upright(photo, subject, turned)
        head = head_of(subject.face)
    views = looks(photo, head, matting)
    box = _box(views, photo, subject.face, head)
    solution, to_work = _solved(views, photo, subject.face, head, box)
    pixels = np.zeros((*photo.pixels.shape[:2], 4), np.uint8)
    method = _draw(solution, to_work, photo, head, box, quality, pixels)
    if turned:
        pixels = np.ascontiguousarray(np.rot90(pixels, turned))
    return WholeMatte(pixels, photo, subject, head, turned, matting.name, method, len(views))


def _box(views: list[View], photo: Photo, face: Face, head: Head) -> Box:
    """The body with room about it, photo px, cut to the photo."""
    t, (w, h) = whole_limits(), photo.size_wh
    scale = min(1.0, t.scan_face_px / head.face_width_px, math.sqrt(t.solved_px / (w * h)))
    to_scan, size = _scaled((0, 0, w, h), scale)
    y, x = np.nonzero(subject_mask(views, photo, face, to_scan, size) > t.boxed)
    if not len(x):
        return 0, 0, w, h
    room = t.room * head.face_width_px
    return (
        max(int(x.min() / scale - room), 0),
        max(int(y.min() / scale - room), 0),
        min(math.ceil((x.max() + 1) / scale + room), w),
        min(math.ceil((y.max() + 1) / scale + room), h),
    )


def _solved(views: list[View], photo: Photo, face: Face, head: Head, box: Box) -> tuple[Solution, NDArray[np.float64]]:
    """The body solved on a small picture of its box, and the affine from photo px to that picture's."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    scale = min(1.0, tuning().level_face_px / head.face_width_px, math.sqrt(whole_limits().solved_px / area))
    to_work, size = _scaled(box, scale)
    mask = subject_mask(views, photo, face, to_work, size)
    rows = min(max(math.ceil(_chin(head, to_work)), 1), size[1])
    small, shown = photo.pyramid.sample(to_work, size), face_on(face, to_work, size)
    return solve(small, mask, head.face_width_px * scale, rows, shown), to_work


def _draw(
    solution: Solution,
    to_work: NDArray[np.float64],
    photo: Photo,
    head: Head,
    box: Box,
    quality: MatteQuality,
    out: NDArray[np.uint8],
) -> str:
    """Draw the body on a halving of its box and from there on the photo's own pixels; tells the method."""
    x0, y0, x1, y1 = box
    times = _times(head.face_width_px, (x1 - x0) * (y1 - y0))
    to_drawn, size = _scaled(box, 0.5**times)
    drawn = photo.pyramid.sample(to_drawn, size)
    matte = cut(
        solution,
        drawn,
        compose(invert(to_work), to_drawn),
        engine="",
        quality=quality,
        head_rows=min(max(round(_chin(head, to_drawn)), 1), size[1]),
    )
    matte = replace(matte, alpha=_joined(matte.alpha))
    onto = out[y0:y1, x0:x1]
    if not times:
        straight(matte, onto)
        return matte.method
    to_full = compose(invert(to_work), np.array([[1.0, 0.0, -x0], [0.0, 1.0, -y0]]))
    enlarge(matte, drawn, times, solution, to_full, photo.pixels[y0:y1, x0:x1], onto)
    return f"{matte.method}, enlarged"


def _joined(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Alpha (h, w) of the largest part alone: finer solving may bring back what lay in the band but off the body.

    A gap of two px does not part a strand from the hair, as where strands are looked for.
    """
    there = cv2.dilate((alpha > tuning().strand).view(np.uint8), np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(there, connectivity=8)
    if len(stats) <= 2:
        return alpha
    subject = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return np.where((labels == subject) | (there == 0), alpha, np.float32(0))


def _times(face_width_px: float, area_px: int) -> int:
    """How often the photo is halved until the body may be drawn on it."""
    t = whole_limits()
    times = halvings(face_width_px, t.drawn_face_px)
    while area_px / 4**times > t.drawn_px:
        times += 1
    return times


def _scaled(box: Box, scale: float) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """The affine from photo px to a box at a scale, and the size (w, h) of that picture."""
    x0, y0, x1, y1 = box
    affine = np.array([[scale, 0.0, -x0 * scale], [0.0, scale, -y0 * scale]])
    return affine, (max(math.ceil((x1 - x0) * scale), 1), max(math.ceil((y1 - y0) * scale), 1))


def _chin(head: Head, affine: NDArray[np.float64]) -> float:
    return float(apply(affine, head.eye_mid + head.chin_px * head.down)[1])
