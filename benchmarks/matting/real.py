"""Real photos where the truth is known: people cut out of even grounds and laid on others, and blue grounds made white.

Whom a cut-out shows exactly nobody knows, but what is made of it is known exactly: laid on a new ground it is a photo
with a real person's hair in it whose alpha and colours are given. Cut-outs are ephoto's own, so the candidates are
compared with one another here, and not with the rendered heads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.matting.scenes import Head, on_card
from benchmarks.matting.scores import lab
from ephoto.core.errors import EphotoError
from ephoto.core.geometry import compose
from ephoto.matting.measure import torso
from ephoto.pipeline.render import frame, make
from samples.render import Portrait

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ephoto.pipeline.converter import Converter
    from ephoto.pipeline.render import Made

__all__ = ["BLUE", "Cut", "Lean", "converted", "cut_outs", "lean", "torsos"]

BLUE = ("p16", "p17", "p18", "p19")  # studio portraits before a blue ground
EVEN = (*BLUE, "p36", "p37")  # and before a white one, without anybody else in view
WIDER = 1.33  # of the card's frame that is cut out
INSIDE = np.ones((17, 17), np.uint8)  # how far inside a person's own colours are taken
ABOUT = (87, 87)  # px about a pixel whose inside counts


@dataclass(frozen=True, eq=False)
class Cut:
    """A real person with alpha, as `samples.render.Rendered` has it: `image` is the photo as it was."""

    portrait: Portrait
    image: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    foreground: NDArray[np.uint8]


def cut_outs(folder: Path, converter: Converter) -> dict[Head, Cut]:
    """Those of the photos that stand before an even ground, at about the card's scale."""
    found = {}
    for seed, name in enumerate(EVEN):
        path = folder / f"{name}.jpg"
        whole = converter.matte(path).image
        analysis = converter.analyse(path)
        framing = frame(analysis, converter.request)
        whole = cv2.resize(whole, analysis.photo.size_wh, interpolation=cv2.INTER_AREA)
        w, h = framing.size_wh
        room = np.array([[1.0, 0.0, (WIDER - 1) / 2 * w], [0.0, 1.0, (WIDER - 1) / 2 * h]])
        affine, size = compose(framing.photo_to_card, room), (round(WIDER * w), round(WIDER * h))
        alpha = np.clip(on_card(np.float32(whole[..., 3]) / 255, affine, size), 0, 1)
        colours = np.float32(whole[..., :3]) * (np.float32(whole[..., 3:]) / 255)
        own = on_card(colours, affine, size) / np.maximum(alpha, 1e-3)[..., None]
        foreground = np.clip(np.rint(own), 0, 255).astype(np.uint8)
        grey = np.clip(np.rint(alpha[..., None] * own + (1 - alpha[..., None]) * 170), 0, 255).astype(np.uint8)
        dark = tuple(int(v) for v in np.median(foreground[: size[1] // 4][alpha[: size[1] // 4] > 0.98], axis=0))
        portrait = Portrait(size_wh=size, hair_colour=dark, noise=1.0, seed=700 + seed)  # type: ignore[arg-type]
        found[Head(name, portrait, 92)] = Cut(portrait, grey, alpha, foreground)
    return found


def converted(path: Path, converter: Converter) -> tuple[Made, NDArray[np.uint8]]:
    """A card, and the photo's own pixels on its frame."""
    analysis = converter.analyse(path)
    made = make(analysis, converter.request, converter._matting)
    return made, analysis.photo.pyramid.draw(made.framing.photo_to_card, made.framing.size_wh)


@dataclass(frozen=True)
class Lean:
    """How far the band's pixels lean to the old ground's hue on white, CIELAB, beyond the person's own colours nearby:
    the mean of the opaque pixels inside and as far as those stray from it.
    """

    most: float
    share_over_5: float


def lean(made: Made, photo_on_card: NDArray[np.uint8]) -> Lean:
    """The lean of a card that was made white."""
    assert made.matte is not None
    alpha, band = made.matte.alpha, made.matte.unknown
    old = np.median(photo_on_card[(alpha == 0) & ~band], axis=0)
    hue = lab(np.float32(old)[None, None])[0, 0, 1:]
    hue /= np.hypot(*hue)
    towards, before = (lab(p.astype(np.float32))[..., 1:] @ hue for p in (made.pixels, photo_on_card))
    inside = cv2.erode((alpha >= 1).astype(np.uint8), INSIDE).astype(np.float32)
    weight = np.maximum(cv2.boxFilter(inside, -1, ABOUT, normalize=False), 1e-3)
    mean, square = (cv2.boxFilter(p * inside, -1, ABOUT, normalize=False) / weight for p in (before, before * before))
    own = mean + np.sqrt(np.maximum(square - mean * mean, 0))
    beyond = (towards - np.maximum(own, 0))[band & (weight > 20)]
    return Lean(float(beyond.max()), float((beyond > 5).mean()))


def torsos(folder: Path, converter: Converter) -> dict[str, float]:
    """Mean alpha at the card's lower edge, where there is most of it, of every photo that gives a card."""
    found = {}
    for path in sorted(folder.glob("p*.jpg")):
        try:
            made, _ = converted(path, converter)
        except EphotoError:
            continue
        assert made.matte is not None
        width = made.framing.measures["face_width"]
        across = np.arange(width / 2, made.framing.size_wh[0] - width / 2, 8)
        found[path.stem] = max(torso(made.matte.alpha, x, width) for x in across)
    return found
