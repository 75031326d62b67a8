"""The card measured again from the bytes that were written, so that the report speaks of the file that exists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.codec.probe import probe
from ephoto.compose.background import paint
from ephoto.core.face import EYE_LEFT, EYE_RIGHT, eye_centres, head_from
from ephoto.core.geometry import apply
from ephoto.framing.measures import Build, measure
from ephoto.matting.measure import HAIR_PX, HAIR_SPAN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.codec.probe import FileFacts
    from ephoto.compose.background import Background
    from ephoto.core.types import FaceEngine
    from ephoto.pipeline.analyse import Analysis
    from ephoto.pipeline.render import Made
    from ephoto.pipeline.request import Request

__all__ = ["Checked", "recheck"]

# A pixel belongs to the person if a channel differs from the ground by more than this: what JPEG at card quality
# leaves of a plain ground stays below it.
GROUND_TOLERANCE = 20


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """What the written file is. `measures` are card px; None where no face was found on the card again."""

    pixels: NDArray[np.uint8]
    file: FileFacts
    measures: dict[str, float] | None
    roll_deg: float | None


def recheck(made: Made, analysis: Analysis, request: Request, faces: FaceEngine) -> Checked:
    """Decode the card and measure its face again, with the landmark net alone."""
    framing, file = made.framing, probe(made.encoded.data)
    card = file.pixels
    guess = apply(framing.photo_to_card, analysis.subject.face.landmarks).astype(np.float32)
    found = faces.follow(card, guess)
    if found is None:
        return Checked(_shown(card, made), file, None, None)
    eyes = np.stack(eye_centres(analysis.subject.face))
    irises = apply(framing.photo_to_card, eyes).astype(np.float32)
    # The irises move with their eye corners; looking for them again would cost two more nets.
    right = found[list(EYE_RIGHT)].mean(0) + irises[0] - guess[list(EYE_RIGHT)].mean(0)
    left = found[list(EYE_LEFT)].mean(0) + irises[1] - guess[list(EYE_LEFT)].mean(0)
    # What is known of the ears from the photo holds for the card as well.
    head = head_from(found, right, left).wider(analysis.ears)
    x, y = (float(v) for v in head.eye_mid)
    top = y - framing.measures["eye_from_top"] + framing.measures["hair_top_gap"]
    if not made.kept and request.background.kind != "transparent":
        top = _hair_top(card, request.background, x, head.face_width_px)
    measures = measure(Build.of(head, y - top), 1.0, x, y, framing.size_wh)
    return Checked(_shown(card, made), file, measures, head.roll_deg)


def _shown(card: NDArray[np.uint8], made: Made) -> NDArray[np.uint8]:
    """The file's pixels; a transparent card keeps its alpha, which decoding for measuring lays on white."""
    return made.pixels if made.pixels.shape[2] == 4 else card


def _hair_top(card: NDArray[np.uint8], background: Background, x: float, face_width_px: float) -> float:
    """The first row in which at least HAIR_PX pixels near the middle are not ground."""
    h, w = card.shape[:2]
    left, right = max(int(x - HAIR_SPAN * face_width_px), 0), min(int(x + HAIR_SPAN * face_width_px), w)
    r, g, b = cv2.split(cv2.absdiff(card[:, left:right], paint(background, (right - left, h))))
    away = (cv2.max(cv2.max(r, g), b) > GROUND_TOLERANCE).view(np.uint8)
    rows = cv2.reduce(away, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel() >= HAIR_PX
    return float(np.argmax(rows)) if rows.any() else float(card.shape[0])
