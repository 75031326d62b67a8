"""The tone correction on the road: what is read off the photo, what is done for it, and what the report says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ephoto.compose.tone import IDENTITY, Tone, tone_from
from ephoto.core.findings import Finding
from ephoto.quality.eye_view import eye_views
from ephoto.quality.sclera import Sclera, sclera

if TYPE_CHECKING:
    from ephoto.pipeline.analyse import Analysis
    from ephoto.pipeline.request import Request

__all__ = ["Toning", "facts_of", "finding_of", "toning"]


@dataclass(frozen=True, slots=True)
class Toning:
    """What was asked for, what the whites of the eyes are, and the correction; the identity where they are not seen."""

    white: Sclera
    tone: Tone


def toning(analysis: Analysis, request: Request) -> Toning | None:
    """The correction of a photo; None where none was asked for, so that nothing is even measured."""
    if request.tone == "none":
        return None
    face = analysis.subject.face
    white = sclera(eye_views(analysis.photo.pyramid, face.landmarks, face.irises))
    return Toning(white, IDENTITY if white.rgb is None else tone_from(white.rgb))


def facts_of(toned: Toning) -> dict[str, Any]:
    """The step's facts for the report."""
    white, tone = toned.white, toned.tone
    return {
        "mode": "auto",
        "ev": tone.ev,
        "gains": list(tone.gains),
        "limited": list(tone.limited),
        "reference_rgb": None if white.rgb is None else [round(v, 4) for v in white.rgb],
        "reason": white.reason or None,
    }


def finding_of(toned: Toning, request: Request) -> Finding:
    """Whether exposure or colour were changed, which is advice where the document's rules say nothing of edits."""
    white, tone = toned.white, toned.tone
    if white.rgb is None:
        return Finding("tone_corrected", "unknown", "card", reason=white.reason, required=False)
    if tone.identity:
        return Finding("tone_corrected", "pass", "card", "unchanged", required=False)
    changed = [word for word, done in (("exposure", tone.ev != 0), ("white_balance", tone.gains != (1, 1, 1))) if done]
    return Finding(
        "tone_corrected", "warn" if request.spec.background.edit == "silent" else "pass", "card", ", ".join(changed),
        remedy="conversion", required=False, source="house",
        values={"ev": tone.ev, "gains": list(tone.gains), "limited": list(tone.limited)},
    )  # fmt: skip
