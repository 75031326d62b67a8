"""The person down to the shoulders, as the segmentation net saw them: what clothes and shoulders are judged on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.core.geometry import apply, compose, for_opencv, invert, similarity
from ephoto.framing.warp import coverage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.face import Head
    from ephoto.core.types import Photo
    from ephoto.pipeline.view import View

__all__ = ["EYES_AT", "FACE_PX", "Figure", "figure_of"]

FACE_PX = 40.0  # width of the face on the figure
SIZE_WH = (168, 66)  # 2.1 face widths to each side, and from the mouth down
EYES_AT = (84.0, -24.0)


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A level person below the mouth, with a face FACE_PX wide and the eyes at EYES_AT, above the figure.

    `person` (H, W) float32 is 0..1, and NaN where nothing was seen; `pixels` (H, W, 3) uint8; `chin_y` is the chin's
    row.
    """

    person: NDArray[np.float32]
    pixels: NDArray[np.uint8]
    chin_y: float


def figure_of(photo: Photo, head: Head, view: View) -> Figure:
    """The figure of a head in a photo."""
    to_figure = similarity(FACE_PX / head.face_width_px, head.roll_deg, head.eye_mid, np.array(EYES_AT))
    seen = cv2.warpAffine(
        view.mask,
        for_opencv(compose(invert(view.photo_to_view), to_figure)),
        SIZE_WH,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=np.nan,
    )
    person = np.asarray(seen, np.float32)
    inside = coverage(photo.size_wh, to_figure, SIZE_WH)
    if inside is not None:
        person[~inside] = np.nan
    chin = apply(to_figure, head.eye_mid + head.chin_px * head.down)
    return Figure(person, photo.pyramid.sample(to_figure, SIZE_WH), float(chin[1]))
