"""Whose card it is: the one face of a photo, or an error that says why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.core.errors import FaceError
from ephoto.core.types import Bystander, Face, Subject
from ephoto.faces.attempts import TRIED

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["COMPARABLE", "choose"]

# A face with at least a quarter of the subject's area, half its width, stands in the same plane as the subject or
# nearly so: nobody can say which of the two was meant. Smaller ones are people in the background.
COMPARABLE = 0.25


def choose(faces: Sequence[Face], size_wh: tuple[int, int]) -> Subject:
    """The largest face, if no other is comparable; only what lies inside the photo of `size_wh` counts.

    Raises
    ------
    FaceError
        "no_face" with what was tried; "many_faces" with the comparable faces' boxes and scores.
    """
    if not faces:
        raise FaceError("no_face", tried=TRIED)
    ordered = sorted(faces, key=lambda f: -_visible_area(f, size_wh))
    subject, *others = ordered
    whole = max(_visible_area(subject, size_wh), 1e-6)
    shares = [_visible_area(other, size_wh) / whole for other in others]
    rivals = [other for other, share in zip(others, shares, strict=True) if share >= COMPARABLE]
    if rivals:
        shown = [subject, *rivals]
        raise FaceError("many_faces", count=len(shown), faces="; ".join(map(_described, shown)))
    return Subject(
        subject, tuple(Bystander(f.box_xyxy, f.score, share) for f, share in zip(others, shares, strict=True))
    )


def _visible_area(face: Face, size_wh: tuple[int, int]) -> float:
    x0, y0, x1, y1 = face.box_xyxy
    w, h = size_wh
    return max(min(x1, w) - max(x0, 0.0), 0.0) * max(min(y1, h) - max(y0, 0.0), 0.0)


def _described(face: Face) -> str:
    """Size, place and score in the form of X11 geometries: 210x210+1809+780 (0.72)."""
    x0, y0, x1, y1 = face.box_xyxy
    return f"{x1 - x0:.0f}x{y1 - y0:.0f}{x0:+.0f}{y0:+.0f} ({face.score:.2f})"
