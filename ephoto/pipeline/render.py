"""The second phase: from an analysis to a card, each step once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ephoto.codec.encode import encode
from ephoto.compose.over import over
from ephoto.compose.tone import IDENTITY, apply
from ephoto.core.types import Framing, Matte
from ephoto.framing.measures import Build, measure, nearly
from ephoto.framing.solve import solve
from ephoto.pipeline.toning import toning
from ephoto.pipeline.view import look
from ephoto.pipeline.work import cut_out, on_card, serves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.codec.encode import Encoded
    from ephoto.compose.tone import Tone
    from ephoto.core.types import MattingEngine
    from ephoto.pipeline.analyse import Analysis
    from ephoto.pipeline.request import Request
    from ephoto.pipeline.toning import Toning
    from ephoto.specs.model import Spec

__all__ = ["Made", "frame", "make"]


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A card and what it was made of.

    `matte` is None where the photo's own ground was kept, `toning` where no tone correction was asked for.
    """

    framing: Framing
    matte: Matte | None
    pixels: NDArray[np.uint8]
    encoded: Encoded
    kept: bool
    toning: Toning | None = None


def frame(analysis: Analysis, request: Request) -> Framing:
    """Where the card lies in the photo; a photo that already is the card keeps its frame."""
    spec = request.spec
    own = _own_frame(analysis, spec) if request.nudge == (0.0, 0.0, 1.0) else None
    return own or solve(
        spec,
        analysis.head,
        analysis.hair_px,
        analysis.photo.size_wh,
        contact=analysis.contact,
        keep_background=request.keeps,
        photo_scale=analysis.photo.scale,
        nudge=request.nudge,
    )


def make(analysis: Analysis, request: Request, matting: MattingEngine) -> Made:
    """Frame, matte, correct the tone, compose and encode."""
    spec, framing = request.spec, frame(analysis, request)
    toned = toning(analysis, request)
    tone = IDENTITY if toned is None else toned.tone
    kept = request.keeps or _already_stands(analysis, framing, request, tone)
    if kept:
        matte, pixels = None, apply(_card_pixels(analysis, framing), tone)
    else:
        matte = _matte(analysis, framing, request, matting)
        matte = replace(matte, foreground=apply(matte.foreground, tone))
        pixels = over(matte, request.background)
    encoded = encode(
        pixels,
        format=spec.format,
        dpi=spec.dpi,
        window=spec.window,
        quality=spec.quality,
        max_compression_ratio=spec.max_compression_ratio,
        spec_id=spec.id,
    )
    return Made(framing, matte, pixels, encoded, kept, toned)


def _own_frame(analysis: Analysis, spec: Spec) -> Framing | None:
    """The photo's own frame, if it has the card's size and no rule is out by more than measuring errors."""
    photo, head = analysis.photo, analysis.head
    if photo.size_wh != spec.size_wh or photo.scale != 1.0 or analysis.turned:
        return None
    build = Build.of(head, analysis.hair_px)
    x, y = (float(v) for v in head.eye_mid)
    measures = measure(build, 1.0, x, y, spec.size_wh)
    gave_way = []
    for rule in spec.rules:
        if nearly(rule, measures[rule.measure]):
            continue
        cut = rule.measure == "hair_top_gap" and spec.hair_may_be_cut and analysis.contact.top
        if not (rule.soft or cut):
            return None
        gave_way.append(rule.measure)
    identity = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    return Framing(identity, spec.size_wh, measures, tuple(gave_way), identity=True)


def _card_pixels(analysis: Analysis, framing: Framing) -> NDArray[np.uint8]:
    if framing.identity:
        return analysis.photo.pixels
    return analysis.photo.pyramid.draw(framing.photo_to_card, framing.size_wh)


def _already_stands(analysis: Analysis, framing: Framing, request: Request, tone: Tone) -> bool:
    """Whether the photo is a card on the spec's own ground already, and no tone is to be changed.

    A tone would take the ground with it; then the person is cut out, so that the ground comes out exact.
    """
    return request.automatic and framing.identity and tone.identity and _on_ground(analysis, request.spec)


def _on_ground(analysis: Analysis, spec: Spec) -> bool:
    """Whether the photo's upper border already has the spec's ground colour, as far as JPEG lets it."""
    pixels = analysis.photo.pixels
    h, w = pixels.shape[:2]
    depth = max(h // 100, 2)
    strip = [pixels[:depth], pixels[: h // 4, :depth], pixels[: h // 4, w - depth :]]
    samples = np.concatenate([s.reshape(-1, 3) for s in strip]).astype(np.int16)
    away = np.abs(samples - np.array(spec.background.rgb, np.int16)).max(1)
    return bool(np.percentile(away, 98) <= 6)


def _matte(analysis: Analysis, framing: Framing, request: Request, matting: MattingEngine) -> Matte:
    """The analysis's own matte if it serves this frame, else one that is made for it."""
    work = analysis.work
    if not serves(work, framing):
        view = analysis.view  # the whole photo looks the same for any frame
        if matting.view == "frame":
            view = look(analysis.photo, framing, matting, analysis.head.face_width_px)
        work = cut_out(analysis.photo, analysis.subject.face, analysis.head, view, framing, request.matte)
    return on_card(analysis.photo, analysis.head, work, framing)
