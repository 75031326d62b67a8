"""The checks of a photo: what its analysis knows, measured and judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from ephoto.pipeline.figure import EYES_AT, FACE_PX, figure_of
from ephoto.quality.assess import of_figure, of_landmarks, of_pixels
from ephoto.quality.eye_view import eye_views
from ephoto.quality.face_view import face_view
from ephoto.quality.gate import findings, on_own_ground
from ephoto.quality.listed import listed
from ephoto.quality.periodicity import LEAST_PX, MOST_PX

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.findings import Finding
    from ephoto.pipeline.analyse import Analysis
    from ephoto.pipeline.request import Request

__all__ = ["Checks", "check"]

BLOCKS_PX = 256  # side of the square about the face in which a JPEG's blocks are looked for
STRAIGHTENED = "HeadPoseRoll"  # what a conversion repairs on any ground
TONED = ("ReferenceWhite", "ColourCast")  # and what it repairs a little of where the tone may be corrected


@dataclass(frozen=True, slots=True)
class Checks:
    """What was found by the rules, and every measure as plain values by component (`listed`)."""

    findings: tuple[Finding, ...]
    measures: dict[str, dict[str, Any]]


def check(analysis: Analysis, request: Request, *, as_card: bool = False) -> Checks:
    """Every rule against the photo, in the rules' order; what could not be measured is unknown, with its reason.

    Where the photo's own ground is kept, no conversion repairs it, and what is asked of it is required; a finished card
    is repaired by none at all.
    """
    keeps_ground = as_card or request.keeps
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
        *of_pixels(
            view, eyes, _near(analysis), *_blocks(analysis), request.spec.background.rgb, ground_is_own=not as_card
        ),
    ]
    found = findings(measured, on_own_ground(request.rules) if keeps_ground else request.rules)
    if keeps_ground:
        found = [_unrepaired(f) if as_card or f.values["component"] != STRAIGHTENED else f for f in found]
    if request.tone == "auto" and not as_card:
        found = [_toned(f) for f in found]
    return Checks(tuple(found), listed(measured))


def _unrepaired(finding: Finding) -> Finding:
    return replace(finding, remedy="retake") if finding.remedy == "conversion" else finding


def _toned(finding: Finding) -> Finding:
    small = finding.status == "warn" and finding.values["component"] in TONED
    return replace(finding, remedy="conversion") if small else finding


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


def _blocks(analysis: Analysis) -> tuple[NDArray[np.uint8], int]:
    """Brightness (H, W) about the face in the decoded pixels, and the width of a JPEG's blocks there; a file of another
    format may have been a JPEG before.
    """
    photo = analysis.photo
    x, y = (int(v) for v in analysis.head.eye_mid)
    half = BLOCKS_PX // 2
    part = photo.pixels[max(y - half, 0) : max(y + half, 0), max(x - half, 0) : max(x + half, 0)]
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY) if part.size else np.empty((0, 0))
    return np.asarray(grey, np.uint8), round(8 * photo.scale)
