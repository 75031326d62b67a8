"""What is drawn on a checked photo: face, card frame, the card's lines in millimetres, and where rules were broken."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import numpy as np

from ephoto.core.geometry import apply, invert
from ephoto.core.units import mm_from_px
from ephoto.report.marks import Line, Marks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ephoto.core.findings import Report
    from ephoto.core.types import Framing
    from ephoto.pipeline.analyse import Analysis
    from ephoto.specs.model import Spec

__all__ = ["marks_of"]


def marks_of(analysis: Analysis, framing: Framing | None, report: Report, spec: Spec) -> Marks:
    """Marks for a photo as it stood when it was measured; without a frame only the face is drawn."""
    landmarks = analysis.subject.face.landmarks
    lines = [*_outlines(landmarks, report)]
    if framing is not None:
        lines += _frame(framing, spec)
    return Marks(analysis.photo.pixels, tuple(lines), landmarks)


@cache
def _table() -> dict[str, dict[str, list[int]]]:
    return tomllib.loads(files(__package__).joinpath("marks.toml").read_text("utf-8"))


def _outlines(landmarks: NDArray[np.float32], report: Report) -> Iterator[Line]:
    """The parts of the face that a failed rule is about, and after a warning those that are not drawn yet."""
    drawn: set[object] = set()
    kinds: tuple[Literal["fail", "warn"], ...] = ("fail", "warn")
    for kind in kinds:
        for finding in report.findings:
            if finding.status != kind:
                continue
            for part in _table()["rules"].get(finding.code, ()):
                if part not in drawn:
                    drawn.add(part)
                    ring = landmarks[_table()["outlines"][str(part)]]
                    yield Line(tuple((float(x), float(y)) for x, y in ring), kind, closed=True)


def _frame(framing: Framing, spec: Spec) -> list[Line]:
    (w, h), measures = framing.size_wh, framing.measures
    back = invert(framing.photo_to_card)

    def line(points: list[tuple[float, float]], kind: Literal["frame", "guide"], label: str = "") -> Line:
        on_photo = apply(back, np.array(points, np.float64))
        return Line(tuple((float(x), float(y)) for x, y in on_photo), kind, label, closed=kind == "frame")

    def mm(px: float) -> str:
        return f"{mm_from_px(px, spec.dpi):.1f} mm"

    eyes, top, chin = measures["eye_from_top"], measures["hair_top_gap"], h - measures["chin_gap"]
    middle, face = measures["eye_mid_x"], measures["face_width"]
    return [
        line([(0, 0), (w, 0), (w, h), (0, h)], "frame"),
        line([(0, eyes), (w, eyes)], "guide", mm(h - eyes)),
        line([(0, top), (w, top)], "guide", mm(top)),
        line([(0, chin), (w, chin)], "guide", mm(h - chin)),
        line([(middle - face / 2, chin), (middle - face / 2, eyes)], "guide"),
        line([(middle + face / 2, chin), (middle + face / 2, eyes)], "guide", mm(face)),
    ]
