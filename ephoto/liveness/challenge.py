"""What a session asks: gestures in an order that the server chose, a nonce, and a time for each."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ephoto.core.errors import UsageError
from ephoto.liveness.rules import rules
from ephoto.liveness.values import GESTURES, Gesture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FACE_GESTURES", "TURNS", "Challenge", "draw", "parse"]

TURNS: tuple[Gesture, ...] = ("turn-left", "turn-right")  # tell a head from a picture
FACE_GESTURES: tuple[Gesture, ...] = ("blink", "open-mouth")  # no print makes them


@dataclass(frozen=True, slots=True)
class Challenge:
    """The gestures asked, in order, each within `seconds_each`; `nonce` ties the verdict to who asked.

    Raises
    ------
    UsageError
        "challenge_unfit": not 2 to 4 gestures, one twice in a row, no turn, without which a print is not told from a
        head, or no time.
    """

    gestures: tuple[Gesture, ...]
    nonce: str
    seconds_each: float

    def __post_init__(self) -> None:
        low, high = rules().gestures
        if not low <= len(self.gestures) <= high:
            raise UsageError(
                "challenge_unfit", problem=f"the number of its gestures is {len(self.gestures)}", least=low, most=high
            )
        if any(a == b for a, b in pairwise(self.gestures)):
            raise UsageError("challenge_unfit", problem="a gesture comes twice in a row", least=low, most=high)
        if not set(self.gestures) & set(TURNS):
            raise UsageError("challenge_unfit", problem="it has no turn", least=low, most=high)
        if not 0 < self.seconds_each < math.inf:
            raise UsageError("challenge_unfit", problem="the time for each is no number above 0", least=low, most=high)

    def to_dict(self) -> dict[str, Any]:
        return {"gestures": list(self.gestures), "nonce": self.nonce, "seconds_each": self.seconds_each}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Challenge:
        """The challenge that `to_dict` told."""
        return cls(parse(table["gestures"]), str(table["nonce"]), float(table["seconds_each"]))


def draw(seed: int | None = None, *, count: int | None = None, nonce: str | None = None) -> Challenge:
    """A challenge by chance: a turn, a blink or an open mouth, and others, none of them twice.

    Parameters
    ----------
    seed : the same gives the same gestures; without it they come from the system's own randomness
    count : gestures, 2 to 4; without it by chance
    nonce : without it 128 random bits, as 32 hexadecimal digits, whatever the seed
    """
    rng = np.random.default_rng(secrets.randbits(128) if seed is None else seed)
    low, high = rules().gestures
    length = int(rng.integers(low, high + 1)) if count is None else count
    if not low <= length <= high:
        raise UsageError("challenge_unfit", problem=f"the number of its gestures is {length}", least=low, most=high)
    while True:
        asked = tuple(GESTURES[int(i)] for i in rng.permutation(len(GESTURES))[:length])
        if set(asked) & set(TURNS) and set(asked) & set(FACE_GESTURES):
            return Challenge(asked, nonce or secrets.token_hex(16), rules().seconds_each)


def parse(words: Sequence[str]) -> tuple[Gesture, ...]:
    """Gestures by their names.

    Raises
    ------
    UsageError
        "gesture_unknown" with the known names.
    """
    names = [word.strip().lower() for word in words]
    for name in names:
        if name not in GESTURES:
            raise UsageError("gesture_unknown", name=name, known=list(GESTURES))
    return tuple(cast("Gesture", name) for name in names)
