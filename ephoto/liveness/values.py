"""What a liveness session asks, answers and decides: frozen values, without pixels."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "GESTURES",
    "Cue",
    "CueState",
    "Evidence",
    "EvidenceState",
    "Gesture",
    "Outcome",
    "Prompt",
    "Update",
    "Verdict",
]

SCHEMA = "ephoto.liveness/1"

Gesture = Literal["blink", "turn-left", "turn-right", "nod", "open-mouth", "move-closer"]  # sides are the subject's own
GESTURES: tuple[Gesture, ...] = get_args(Gesture)
Prompt = Literal["look", "blink", "turn-left", "turn-right", "nod", "open-mouth", "move-closer", "done"]
Outcome = Literal["live", "not_live", "inconclusive"]
EvidenceState = Literal["done", "missing", "wrong"]
CueState = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of one asked gesture.

    `state` is "done", "missing" (in its time), or "wrong" (another gesture came in its place: `seen`).
    `start_s` and `end_s` are on the frames' own clock. `amplitude` is in `unit`: degrees of a turn or nod, the part of
    the own open eyes that was left in a blink, the mouth's gap over the face's height, the face's growth.
    """

    gesture: Gesture
    state: EvidenceState
    start_s: float | None = None
    end_s: float | None = None
    amplitude: float | None = None
    unit: str = ""
    seen: Gesture | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Cue:
    """One sign of a presentation attack: what was measured, its limit, and what it says.

    `state` is "unknown" where the cue could not be taken (`measured` is None) or says nothing sure; `reason` says why.
    `alone` is whether it decides by itself; of the others two must fail together.
    """

    name: str
    state: CueState
    measured: float | None = None
    limit: float | None = None
    alone: bool = True
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a session ended. This is presentation-attack screening; it guarantees nothing.

    `reasons` are codes of messages' `[reason]` table, the deciding one first. `nonce` is the challenge's own.
    """

    outcome: Outcome
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    cues: tuple[Cue, ...]
    nonce: str
    seconds: float
    frames: int
    restarts: int = 0
    passive: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The same for machines, schema "ephoto.liveness/1"."""
        return {
            "schema": SCHEMA,
            "outcome": self.outcome,
            "reasons": list(self.reasons),
            "evidence": [one.to_dict() for one in self.evidence],
            "cues": [one.to_dict() for one in self.cues],
            "nonce": self.nonce,
            "seconds": self.seconds,
            "frames": self.frames,
            "restarts": self.restarts,
            "passive": self.passive,
        }

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Verdict:
        """The verdict that `to_dict` told.

        Raises KeyError, TypeError or ValueError where it is none.
        """
        told = {name: table[name] for name in cls.__slots__}
        told["reasons"] = tuple(told["reasons"])
        told["evidence"] = tuple(Evidence(**one) for one in told["evidence"])
        told["cues"] = tuple(Cue(**one) for one in told["cues"])
        return cls(**told)


@dataclass(frozen=True, slots=True)
class Update:
    """The session's answer to one frame.

    `prompt` is what the person is asked now: "look" (straight ahead, at rest), a gesture, or "done". `guidance` are
    codes of messages' `[guidance]` table, the most urgent first; empty when nothing is to be mended. `step` of `steps`
    gestures are behind; `progress` is 0..1; `seconds_left` is the time left for this prompt. `restarted` says why
    the session began anew with this frame, a code of `[reason]`. `verdict` is there once it is over.
    """

    seconds: float
    prompt: Prompt
    guidance: tuple[str, ...] = ()
    step: int = 0
    steps: int = 0
    progress: float = 0.0
    seconds_left: float = 0.0
    restarted: str | None = None
    verdict: Verdict | None = None
