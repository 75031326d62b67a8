"""The checks of a photo: what its analysis knows, measured and judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.quality.assess import of_landmarks, of_pixels
from ephoto.quality.eye_view import eye_views
from ephoto.quality.face_view import face_view
from ephoto.quality.gate import findings
from ephoto.quality.periodicity import LEAST_PX, MOST_PX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ephoto.core.findings import Finding
    from ephoto.pipeline.analyse import Analysis
    from ephoto.quality.gate import Limit

__all__ = ["check"]

BLOCKS_PX = 256  # side of the square about the face in which a JPEG's blocks are looked for


def check(analysis: Analysis, rules: Mapping[str, Limit], *, keeps_ground: bool = False) -> list[Finding]:
    """Every rule against the photo, in the rules' order; what could not be measured is unknown, with its reason.

    Where the photo's own ground is kept, no conversion repairs it.
    """
    photo, face = analysis.photo, analysis.subject.face
    shares = [b.area_share for b in analysis.subject.bystanders]
    view = face_view(photo.pyramid, face.landmarks, analysis.work.solution.alpha, analysis.work.photo_to_work)
    measured = [
        *of_landmarks(face, face.pose, photo.size_wh, photo.scale, shares),
        *of_pixels(view, eye_views(photo.pyramid, face.landmarks, face.irises), _near(analysis), _blocks(analysis)),
    ]
    found = findings(measured, rules)
    if keeps_ground:
        return [replace(f, remedy="retake") if f.remedy == "conversion" else f for f in found]
    return found


def _near(analysis: Analysis) -> NDArray[np.uint8]:
    """The face's middle in the decoded photo's own pixels, with as little around it as can be judged."""
    photo, points = analysis.photo, analysis.subject.face.landmarks
    rows, columns = (
        _span(float(low), float(high), size)
        for low, high, size in zip(points.min(0)[::-1], points.max(0)[::-1], photo.size_wh[::-1], strict=True)
    )
    return photo.pixels[rows, columns]


def _span(low: float, high: float, size: int) -> slice:
    length = int(np.clip(high - low, LEAST_PX, MOST_PX))
    start = int(np.clip((low + high - length) / 2, 0, max(size - length, 0)))
    return slice(start, start + length)


def _blocks(analysis: Analysis) -> NDArray[np.uint8] | None:
    """Brightness about the face in the file's own pixels; None where they were reduced, or are no JPEG's."""
    photo = analysis.photo
    if photo.source.format != "JPEG" or photo.scale != 1.0:
        return None
    x, y = (int(v) for v in analysis.head.eye_mid)
    half = BLOCKS_PX // 2
    part = photo.pixels[max(y - half, 0) : max(y + half, 0), max(x - half, 0) : max(x + half, 0)]
    return np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8) if part.size else None
