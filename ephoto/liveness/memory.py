"""All that a session knows between two frames, and its form as JSON."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.core.errors import UsageError
from ephoto.liveness.challenge import Challenge
from ephoto.liveness.eyes import EyePattern
from ephoto.liveness.gestures import Rest, relative_size
from ephoto.liveness.relief import Anchor
from ephoto.liveness.screening import Screening
from ephoto.liveness.series import Series
from ephoto.liveness.values import Evidence, Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.liveness.values import Prompt

__all__ = ["STATE", "Memory"]

STATE = "ephoto.liveness-state/1"
_PLAIN = (
    *("step", "prompt", "prompt_s", "started_s", "last_s", "lost_s", "searched_s", "steady_s", "base_size", "looks"),
    *("size_wh", "restarts", "frames"),
)
_OUTLIVES = ("started_s", "last_s", "restarts", "prompt_s", "searched_s", "size_wh")  # what was seen
_PICTURES = ("view", "anchor_view", "anchor_small", "mouth")


@dataclass(slots=True)
class Memory:
    """The state of a session. Moments are on the frames' clock, s; None before they come.

    `lost_s` is since when no face is seen, `size_wh` the frames' size, px.
    `landmarks` (468, 2) are the last frame's, `at_rest` those of the face at rest.
    `view` is the face's view of the last frame, `anchor_view`, `anchor_small` (the whole frame) and `mouth` those at
    rest, grey uint8; `pictures` the eyes while the rest is learnt; `base_size` what moving closer is measured from;
    `looks` how many looks at the present turn were compared.
    """

    challenge: Challenge
    step: int = 0
    prompt: Prompt = "look"
    prompt_s: float | None = None
    started_s: float | None = None
    last_s: float | None = None
    lost_s: float | None = None
    size_wh: tuple[int, int] | None = None
    searched_s: float = -1e9
    steady_s: float | None = None
    base_size: float = 1.0
    looks: int = 0
    restarts: int = 0
    frames: int = 0
    series: Series = field(default_factory=Series)
    screening: Screening = field(default_factory=Screening)
    evidence: list[Evidence] = field(default_factory=list)
    rest: Rest | None = None
    eyes: EyePattern | None = None
    landmarks: NDArray[np.float32] | None = None
    at_rest: NDArray[np.float32] | None = None
    anchor: Anchor | None = None
    view: NDArray[np.uint8] | None = None
    anchor_view: NDArray[np.uint8] | None = None
    anchor_small: NDArray[np.uint8] | None = None
    mouth: NDArray[np.uint8] | None = None
    pictures: list[NDArray[np.float32]] = field(default_factory=list)
    verdict: Verdict | None = None

    def ask(self, prompt: Prompt, seconds: float) -> None:
        """Another prompt from this moment on."""
        self.prompt, self.prompt_s, self.looks = prompt, seconds, 0
        if self.rest is not None and len(self.series):
            recent = self.series.since(seconds - 0.3)
            self.base_size = float(np.median(relative_size(recent, self.rest))) if len(recent["seconds"]) else 1.0

    def restart(self, seconds: float) -> None:
        """Everything from the beginning, with nothing of what was seen."""
        self.clear()
        self.frames += 1  # the frame that this begins with
        self.restarts += 1
        self.prompt_s = seconds

    def clear(self) -> None:
        """Nothing of what was seen, in the time that there is."""
        fresh = Memory(self.challenge)
        kept = {name: getattr(self, name) for name in _OUTLIVES}
        kept["frames"] = self.frames + self.screening.frames
        for name in self.__slots__:
            setattr(self, name, kept.get(name, getattr(fresh, name)))

    def forget(self) -> None:
        """Every picture: a session that is over needs none."""
        self.view = self.anchor_view = self.anchor_small = self.mouth = None
        self.anchor = self.eyes = self.landmarks = self.at_rest = None
        self.pictures = []

    def to_state(self, *, pixels: bool) -> bytes:
        """JSON, schema "ephoto.liveness-state/1"."""
        table: dict[str, Any] = {"schema": STATE, "challenge": self.challenge.to_dict()}
        table |= {name: getattr(self, name) for name in _PLAIN}
        table["series"] = self.series.to_state()
        table["screening"] = self.screening.to_state()
        table["evidence"] = [one.to_dict() for one in self.evidence]
        table["rest"] = None if self.rest is None else asdict(self.rest)
        table |= {"landmarks": _packed(self.landmarks), "at_rest": _packed(self.at_rest)}
        table["verdict"] = None if self.verdict is None else self.verdict.to_dict()
        if pixels:
            table["eyes"] = None if self.eyes is None else _packed(self.eyes.patterns)
            table["pictures"] = [_packed(one) for one in self.pictures]
            table["anchor"] = None if self.anchor is None else _plain_anchor(self.anchor)
            table |= {name: _packed(getattr(self, name)) for name in _PICTURES}
        return json.dumps(table, allow_nan=False, default=float).encode()

    @classmethod
    def from_state(cls, state: bytes) -> Memory:
        """The memory that `to_state` told.

        Raises
        ------
        UsageError
            "state_unfit".
        """
        try:
            table = json.loads(state)
            if table["schema"] != STATE:
                raise UsageError("state_unfit", problem="it is of another version")
            return cls._of(table)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, UsageError):
                raise
            raise UsageError("state_unfit", problem="it is no session's") from error

    @classmethod
    def _of(cls, table: dict[str, Any]) -> Memory:
        made = cls(Challenge.from_dict(table["challenge"]))
        for name in _PLAIN:
            setattr(made, name, table[name])
        made.series = Series.from_state(table["series"])
        made.screening = Screening.from_state(table["screening"])
        made.evidence = [Evidence(**one) for one in table["evidence"]]
        made.rest = None if table["rest"] is None else Rest(**table["rest"])
        made.landmarks, made.at_rest = _unpacked(table["landmarks"]), _unpacked(table["at_rest"])
        made.verdict = None if table["verdict"] is None else Verdict.from_dict(table["verdict"])
        if table.get("eyes") is not None:
            made.eyes = EyePattern(_unpacked(table["eyes"]))
        made.pictures = [_unpacked(one) for one in table.get("pictures", [])]
        if table.get("anchor") is not None:
            made.anchor = Anchor(**{k: _unpacked(v) if isinstance(v, dict) else v for k, v in table["anchor"].items()})
        for name in _PICTURES:
            setattr(made, name, _unpacked(table.get(name)))
        if made.verdict is None and "view" not in table:
            made.clear()  # who comes now cannot be held against who was there: everything is asked again
        return made


def _plain_anchor(anchor: Anchor) -> dict[str, Any]:
    values = {name: getattr(anchor, name) for name in Anchor.__slots__}
    return {name: _packed(v) if isinstance(v, np.ndarray) else v for name, v in values.items()}


def _packed(array: NDArray[Any] | None) -> dict[str, Any] | None:
    if array is None:
        return None
    return {"dtype": str(array.dtype), "shape": list(array.shape), "data": base64.b64encode(array.tobytes()).decode()}


def _unpacked(table: dict[str, Any] | None) -> Any:
    if table is None:
        return None
    if table["dtype"] not in ("uint8", "float32", "float64"):
        raise ValueError("an array of no known kind")
    return np.frombuffer(base64.b64decode(table["data"]), table["dtype"]).reshape(table["shape"]).copy()
