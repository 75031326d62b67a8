"""The checks of a photo: what its analysis knows, measured and judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ephoto.pipeline.figure import EYES_AT, FACE_PX, figure_of
from ephoto.quality.assess import of_figure, of_landmarks, of_pixels
from ephoto.quality.eye_view import eye_views
from ephoto.quality.face_view import face_view
from ephoto.quality.gate import findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ephoto.core.findings import Finding
    from ephoto.pipeline.analyse import Analysis
    from ephoto.pipeline.request import Request
    from ephoto.quality.gate import Limit

__all__ = ["check"]

BLOCKS_PX = 256  # side of the square about the face in which a JPEG's blocks are looked for


def check(
    analysis: Analysis, rules: Mapping[str, Limit], request: Request, *, keeps_ground: bool = False
) -> list[Finding]:
    """Every rule against the photo, in the rules' order; what could not be measured is unknown, with its reason.

    Where the photo's own ground is kept, as the request may say or `keeps_ground` for a finished card, no conversion
    repairs it, and rules on it are required.
    """
    keeps_ground = keeps_ground or request.keeps
    photo, face = analysis.photo, analysis.subject.face
    shares = [b.area_share for b in analysis.subject.bystanders]
    view = face_view(photo.pyramid, face.landmarks, analysis.work.solution.alpha, analysis.work.photo_to_work)
    eyes = eye_views(photo.pyramid, face.landmarks, face.irises)
    figure = figure_of(photo, analysis.head, analysis.view)
    # At the shoulders the ground is that of its lower end; what a transparent card is laid on is the document's.
    behind = None if keeps_ground else request.background.bottom or request.spec.background.rgb
    measured = [
        *of_landmarks(
            face,
            analysis.head,
            analysis.hair_px,
            photo.size_wh,
            photo.scale,
            shares,
            hair_cut=analysis.contact.top,
        ),
        *of_figure(figure.person, figure.pixels, EYES_AT, figure.chin_y, FACE_PX, behind),
        *of_pixels(view, eyes, _blocks(analysis), request.spec.background.rgb),
    ]
    found = findings(measured, rules)
    if keeps_ground:
        return [replace(f, remedy="retake") if f.remedy == "conversion" else f for f in found]
    return found


def _blocks(analysis: Analysis) -> NDArray[np.uint8] | None:
    """Brightness about the face in the file's own pixels; None where they were reduced, or are no JPEG's."""
    photo = analysis.photo
    if photo.source.format != "JPEG" or photo.scale != 1.0:
        return None
    x, y = (int(v) for v in analysis.head.eye_mid)
    half = BLOCKS_PX // 2
    part = photo.pixels[max(y - half, 0) : max(y + half, 0), max(x - half, 0) : max(x + half, 0)]
    return np.asarray(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), np.uint8) if part.size else None
