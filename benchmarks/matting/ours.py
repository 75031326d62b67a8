"""ephoto's own mattes, and the raw mask of its network, as candidates."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.matting.scenes import on_card
from ephoto.core.geometry import compose, invert
from ephoto.framing.warp import coverage
from ephoto.matting.refine import known_on
from ephoto.pipeline.view import look, mask_on
from ephoto.pipeline.work import cut_out, serves
from ephoto.pipeline.work import on_card as drawn_on_card

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.matting.setting import Setting
    from ephoto.core.types import MattingEngine
    from ephoto.pipeline.work import WorkingMatte

__all__ = ["Cut", "known_on_card", "raw", "raw_whole", "refined", "truth", "worked"]


class Cut:
    """What a candidate made: `alpha` (H, W), `premultiplied` (H, W, 3) 0..255, and the time that it took, ms: in all,
    and without the network and the drawing of the card's pixels, which every card needs.
    """

    def __init__(self, alpha: NDArray[Any], premultiplied: NDArray[Any], ms: float, own_ms: float) -> None:
        self.alpha = np.asarray(np.clip(alpha, 0, 1), np.float32)
        self.premultiplied = np.asarray(premultiplied, np.float32)
        self.ms, self.own_ms = ms, own_ms


REPEATS = 3  # the median of so many: what ran in between has emptied the caches for the first


def refined(setting: Setting, engine: MattingEngine, quality: Any) -> Cut:
    """An engine's mask through ephoto's own refinement and colours."""
    photo, frames = setting.photo, setting.frames
    view = frame = work = matte = None
    times = []
    for _ in range(REPEATS):
        frame = frames.first
        start = time.perf_counter()
        view = view or look(photo, frame, engine, frames.head.face_width_px)
        looked = time.perf_counter()
        work = cut_out(photo, frames.face, frames.head, view, frame, quality)
        if not serves(work, frames.card):  # as the conversion does: a frame that leaves the small picture is cut anew
            frame = frames.card
            start = time.perf_counter()
            again = look(photo, frame, engine, frames.head.face_width_px)
            looked = time.perf_counter()
            work = cut_out(photo, frames.face, frames.head, again, frame, quality)
        solved = time.perf_counter()
        photo.pyramid.draw(frames.card.photo_to_card, frames.card.size_wh)
        drawn = time.perf_counter()
        matte = drawn_on_card(photo, frames.head, work, frames.card)
        own = (solved - looked) + (time.perf_counter() - drawn) - (drawn - solved)
        times.append((1e3 * own, 1e3 * (looked - start)))
    assert matte is not None
    own_ms = statistics.median(t[0] for t in times)
    premultiplied = matte.alpha[..., None] * matte.foreground.astype(np.float32)
    return Cut(matte.alpha, premultiplied, own_ms + max(t[1] for t in times), own_ms)


def raw(setting: Setting, engine: MattingEngine) -> Cut:
    """The network's map of the widened frame, enlarged to the card, with the photo's own colours."""
    start = time.perf_counter()
    view = look(setting.photo, setting.frames.first, engine, setting.frames.head.face_width_px)
    looked = time.perf_counter()
    alpha = mask_on(view, setting.frames.card.photo_to_card, setting.frames.card.size_wh)
    done = time.perf_counter()
    return _with_own_colours(setting, alpha, 1e3 * (done - start), 1e3 * (done - looked))


def raw_whole(setting: Setting, engine: Any) -> Cut:
    """The network's map of the whole photo, squeezed to its input, as other tools use it."""
    start = time.perf_counter()
    mask = engine.person(setting.photo.pixels)
    looked = time.perf_counter()
    alpha = on_card(mask, setting.frames.card.photo_to_card, setting.frames.card.size_wh)
    done = time.perf_counter()
    return _with_own_colours(setting, alpha, 1e3 * (done - start), 1e3 * (done - looked))


def truth(setting: Setting) -> Cut:
    """The true alpha and ground: what the photo's own noise and JPEG leave of an error."""
    premultiplied = setting.pixels - (1 - setting.alpha[..., None]) * setting.behind
    return Cut(setting.alpha, premultiplied, 0.0, 0.0)


def worked(setting: Setting, engine: MattingEngine, quality: Any) -> WorkingMatte:
    """The person solved as the conversion does it: a frame that leaves the small picture is cut out anew."""
    photo, frames = setting.photo, setting.frames
    for frame in (frames.first, frames.card):
        view = look(photo, frame, engine, frames.head.face_width_px)
        work = cut_out(photo, frames.face, frames.head, view, frame, quality)
        if serves(work, frames.card):
            break
    return work


def known_on_card(setting: Setting, engine: MattingEngine) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The trimap that ephoto draws on the card's frame: sure person and unknown, both (H, W)."""
    work, card = worked(setting, engine, "fast"), setting.frames.card
    onto = compose(invert(work.photo_to_work), card.photo_to_card)
    person, unknown = known_on(work.solution.known, onto, card.size_wh)
    valid = coverage(setting.photo.size_wh, card.photo_to_card, card.size_wh)
    return (person > 0) & (True if valid is None else valid), unknown


def _with_own_colours(setting: Setting, alpha: NDArray[Any], ms: float, own_ms: float) -> Cut:
    alpha = np.clip(alpha, 0, 1)
    return Cut(alpha, alpha[..., None] * setting.pixels.astype(np.float32), ms, own_ms)
