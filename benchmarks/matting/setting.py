"""What every candidate is given: a photo with its face known, and the card's frame, the same for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.matting.scenes import on_card
from ephoto.core.types import Photo, SourceFacts
from ephoto.pipeline.analyse import crown_frame
from ephoto.pipeline.render import frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.matting.scenes import Scene
    from ephoto.core.face import Head
    from ephoto.core.types import Face, Framing
    from ephoto.pipeline.converter import Converter

__all__ = ["Frames", "Setting", "frames_of", "setting_of"]


@dataclass(frozen=True, eq=False)
class Frames:
    """One person's face, where the net looks first, and the card's frame: from the person's own photo, once."""

    face: Face
    head: Head
    first: Framing
    card: Framing


@dataclass(frozen=True, eq=False)
class Setting:
    """One photo to cut out. `pixels` is the card's frame drawn; the other planes are the truth on it."""

    photo: Photo
    frames: Frames
    pixels: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    premultiplied: NDArray[np.float32]
    behind: NDArray[np.float32]


def frames_of(image: NDArray[np.uint8], converter: Converter) -> Frames:
    analysis = converter.analyse(image)
    first = crown_frame(converter.spec, analysis.head, analysis.photo.size_wh)
    return Frames(analysis.subject.face, analysis.head, first, frame(analysis, converter.request))


def setting_of(scene: Scene, frames: Frames) -> Setting:
    h, w = scene.photo.shape[:2]
    photo = Photo(np.ascontiguousarray(scene.photo), SourceFacts("array", "RGB", (w, h)))
    affine, size = frames.card.photo_to_card, frames.card.size_wh
    alpha = np.clip(on_card(scene.alpha, affine, size), 0, 1)
    premultiplied = on_card(scene.premultiplied, affine, size)
    behind = on_card(scene.behind, affine, size)
    return Setting(photo, frames, photo.pyramid.draw(affine, size), alpha, premultiplied, behind)
