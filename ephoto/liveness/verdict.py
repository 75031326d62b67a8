"""From what was done and what was measured to a verdict, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ephoto.liveness.values import Cue, Evidence, Outcome, Verdict

if TYPE_CHECKING:
    from ephoto.liveness.memory import Memory

__all__ = ["decided"]

# What a failed cue is called as a reason.
_REASONS = {
    "planarity": "flat",
    "continuity": "face_changed",
    "frozen": "frozen",
    "loop": "looped",
    "duplicates": "duplicated",
    "background": "rigid_background",
    "raster": "raster",
    "sharpness": "over_sharp",
    "bezel": "bezel",
    "passive": "passive_low",
}
# How the challenge may have ended, and what that means; with None all of it was done.
_ENDS: dict[str | None, Outcome] = {
    None: "live",
    "gesture_wrong": "not_live",
    "gesture_missing": "not_live",
    "not_at_rest": "inconclusive",
    "no_face": "inconclusive",
    "stream_ended": "inconclusive",
    "time_over": "inconclusive",
    "too_many_restarts": "inconclusive",
}


def decided(memory: Memory, end: str | None) -> Verdict:
    """The verdict of a session whose challenge ended as `end` says (None: all done).

    Light that hides the face is a verdict of its own: nobody is called an attack for the sun. Then a cue that decides
    alone, or two others together, make it not live; then how the challenge ended counts; and without a turn that was
    seen well enough nobody is called live.
    """
    screening = memory.screening
    cues = screening.cues(memory.series)
    failed = [cue for cue in cues if cue.state == "fail" and cue.name in _REASONS]
    strong, weak = [c for c in failed if c.alone], [c for c in failed if not c.alone]
    dim = next((cue for cue in cues if cue.name == "exposure" and cue.state == "fail"), None)
    planarity = next(cue for cue in cues if cue.name == "planarity")
    outcome, reasons = _ENDS[end], [end or "all_done"]
    if dim is not None:
        outcome, reasons = "inconclusive", ["over_exposed" if screening.bright >= screening.dark else "too_dark"]
    elif strong or len(weak) > 1:
        outcome, reasons = "not_live", [_REASONS[cue.name] for cue in [*strong, *weak]]
        reasons += [end] if end is not None else []
    elif outcome == "live" and planarity.state == "unknown":
        outcome, reasons = "inconclusive", ["planarity_unknown"]
    asked = memory.challenge.gestures
    missing = tuple(Evidence(gesture, "missing") for gesture in asked[len(memory.evidence) :])
    seconds = 0.0 if memory.last_s is None or memory.started_s is None else memory.last_s - memory.started_s
    return Verdict(
        outcome=outcome,
        reasons=tuple(reasons),
        evidence=(*memory.evidence, *missing),
        cues=tuple(_rounded(cue) for cue in cues),
        nonce=memory.challenge.nonce,
        seconds=round(seconds, 3),
        frames=memory.frames + screening.frames,
        restarts=memory.restarts,
        passive=float(np.median(screening.passive)) if screening.passive else None,
    )


def _rounded(cue: Cue) -> Cue:
    if cue.measured is None:
        return cue
    return replace(cue, measured=round(cue.measured, 4))
