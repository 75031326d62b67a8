"""The person down to the shoulders, as the segmentation net saw them: what clothes and shoulders are judged on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.geometry import apply, compose, invert, similarity
from ephoto.framing.warp import coverage
from ephoto.pipeline.view import mask_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.face import Head
    from ephoto.core.types import Photo
    from ephoto.pipeline.view import View

__all__ = ["EYES_AT", "FACE_PX", "Figure", "figure_of"]

FACE_PX = 40.0  # width of the face on the figure
SIZE_WH = (168, 120)  # 2.1 face widths to each side, and from the eyes about two face widths down
EYES_AT = (84.0, 30.0)


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A level person with a face FACE_PX wide and the eyes at EYES_AT.

    `person` (H, W) float32 is 0..1, and NaN where nothing was seen; `pixels` (H, W, 3) uint8; `chin_y` is the chin's
    row.
    """

    person: NDArray[np.float32]
    pixels: NDArray[np.uint8]
    chin_y: float


def figure_of(photo: Photo, head: Head, view: View) -> Figure:
    """The figure of a head in a photo."""
    to_figure = similarity(FACE_PX / head.face_width_px, head.roll_deg, head.eye_mid, np.array(EYES_AT))
    person = mask_on(view, to_figure, SIZE_WH)
    for known in (coverage(photo.size_wh, to_figure, SIZE_WH), _seen(view, to_figure)):
        if known is not None:
            person[~known] = np.nan
    chin = apply(to_figure, head.eye_mid + head.chin_px * head.down)
    return Figure(person, photo.pyramid.sample(to_figure, SIZE_WH), float(chin[1]))


def _seen(view: View, photo_to_figure: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    h, w = view.mask.shape
    """Where the net looked, on the figure."""
    return coverage((w, h), compose(invert(view.photo_to_view), photo_to_figure), SIZE_WH)
