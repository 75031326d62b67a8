"""docs/matting.png: the same hair cut out by each candidate, three times enlarged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.matting.scenes import grounds, heads, person, scene
from benchmarks.matting.scores import on_ground
from benchmarks.matting.setting import frames_of, setting_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from benchmarks.matting.ours import Cut
    from benchmarks.matting.setting import Setting
    from ephoto.pipeline.converter import Converter

__all__ = ["draw"]

ZOOM = 3
PART = (96, 84)  # w, h of what is shown of a card, px
LABEL = 18
# which head before which ground, laid on what, and where the part begins on the card
ROWS = (
    ("strands", "office 1", (255, 255, 255), (20, 24)),
    ("long", "blue", (255, 255, 255), (246, 60)),
    ("tall", "foliage 2", (67, 142, 219), (90, 8)),
    ("short", "light wall, lit from one side", (216, 32, 32), (210, 40)),
)
# the columns, as far as their candidates are there
SHOWN = (
    "selfie, raw mask",
    "selfie fast",
    "selfie high",
    "closed form + multi-level",
    "rembg u2net",
    "rembg u2net + clean-up",
)


def draw(path: Path, candidates: Mapping[str, Callable[[Setting], Cut]], converter: Converter) -> None:
    """Write the picture."""
    shown = [name for name in SHOWN if name in candidates]
    by_name = {ground.name: ground for ground in grounds()}
    rows = []
    for head in heads("proof"):
        for name, ground, new, (x, y) in ROWS:
            if head.name != name:
                continue
            rendered = person(head)
            frames = frames_of(rendered.image, converter)
            setting = setting_of(scene(head, rendered, by_name[ground]), frames)
            part = np.s_[y : y + PART[1], x : x + PART[0]]
            cuts = [candidates[c](setting) for c in shown]
            cards = [on_ground(c.alpha, c.premultiplied, new) for c in cuts]
            truth = on_ground(setting.alpha, setting.premultiplied, new)
            rows.append(np.hstack([_enlarged(p[part]) for p in (setting.pixels, *cards, truth)]))
    picture = Image.new("RGB", (rows[0].shape[1], sum(r.shape[0] for r in rows) + LABEL), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for k, name in enumerate(("the photo", *shown, "the truth")):
        pen.text((k * PART[0] * ZOOM + 5, 1), name, "black", font)
    top = LABEL
    for row in rows:
        picture.paste(Image.fromarray(row), (0, top))
        top += row.shape[0]
    picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


def _enlarged(pixels: NDArray[np.float32] | NDArray[np.uint8]) -> NDArray[np.uint8]:
    whole = np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
    return np.asarray(Image.fromarray(whole).resize((PART[0] * ZOOM, PART[1] * ZOOM), Image.Resampling.NEAREST))
