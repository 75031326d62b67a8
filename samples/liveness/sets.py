"""The bona fide clips: which persons are asked what, to tune on and to report on."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np

from samples.liveness.acts import GESTURES, Gesture, Performance, perform
from samples.liveness.cast import PROOF, TUNING, head_height, seated

__all__ = ["Set", "bona_fide"]

Set = Literal["tuning", "proof"]
_COUNTS = {"tuning": 40, "proof": 160}
_SEEDS = {"tuning": 52_000, "proof": 710_000}
_FAST_EACH = 7  # one clip of so many has 30 frames a second
_LENGTHS = (2, 3, 2, 3, 2, 2, 4, 3)  # gestures a challenge, in turns
QUICK = 6  # the first clips of the proof: two gestures, small pictures
_TURNS: tuple[Gesture, ...] = ("turn-left", "turn-right")
_HIGHEST_NEAR = 0.74  # of the picture: a head that came closer, so that the chin stays in it


def bona_fide(which: Set, quick: bool = False) -> tuple[Performance, ...]:
    """The clips of people who do what they are asked; with `quick` six short ones."""
    every = _all(which)
    return every[:QUICK] if quick else every


@cache
def _all(which: Set) -> tuple[Performance, ...]:
    cast, count = (TUNING if which == "tuning" else PROOF), _COUNTS[which]
    challenges = _challenges(count, _SEEDS[which])
    out = []
    for k, asked in enumerate(challenges):
        person, take = cast[k % len(cast)], k // len(cast)
        small = (320, 240) if which == "proof" and k < QUICK else None
        near = "move-closer" in asked
        portrait = seated(person, take, size_wh=small, highest=0.52 if near else 0.58)
        nearest = min(1 - head_height(portrait) / _HIGHEST_NEAR, 0.35)
        fps = 30.0 if k % _FAST_EACH == _FAST_EACH - 2 else 15.0
        out.append(perform(person.name, portrait, asked, _SEEDS[which] + k, fps=fps, nearest=nearest))
    return tuple(out)


def _challenges(count: int, seed: int) -> list[tuple[Gesture, ...]]:
    """Gestures asked in each clip: a turn in every one, the rest of those that were asked least so far."""
    rng = np.random.default_rng(seed)
    asked_so_far = dict.fromkeys(GESTURES, 0)
    out = []
    for k in range(count):
        length = 2 if k < QUICK else _LENGTHS[k % len(_LENGTHS)]
        chosen: list[Gesture] = []
        while len(chosen) < length:
            pool = [g for g in GESTURES if g not in chosen]
            if not chosen:
                pool = list(_TURNS)
            rare = min(pool, key=lambda g: (asked_so_far[g], rng.random()))
            chosen.append(rare)
            asked_so_far[rare] += 1
        out.append(tuple(chosen[i] for i in rng.permutation(length)))
    return out
