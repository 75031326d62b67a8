"""Which clips there are, to tune on and to report on: who is asked what, and who is attacked how."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from samples.liveness import plans
from samples.liveness.acts import GESTURES, LONGEST_S, SHORTEST_S, Event, Gesture, Performance, perform, script
from samples.liveness.attacks import SPECIES, Attack
from samples.liveness.cast import PROOF, TUNING, Person, head_height, seated
from samples.liveness.stills import Framing, Source, photo_of, real_photos

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["QUICK", "QUICK_ATTACKS", "Set", "attacks", "bona_fide", "photo_attacks"]

Set = Literal["tuning", "proof"]
_COUNTS = {"tuning": 40, "proof": 160}
_SEEDS = {"tuning": 52_000, "proof": 710_000}
_CAST = {"tuning": TUNING, "proof": PROOF}
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
    cast, count = _CAST[which], _COUNTS[which]
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


QUICK_ATTACKS = 3  # a species; they need no other clips than the quick ones
PHOTO_SPECIES = ("still", "tilted-print", "bent-print", "screen-replay")  # what real photos are made into
_ATTACK_COUNTS = {"tuning": 8, "proof": 32}
_CUT_COUNT = 32  # of clips that are cut from others, in both sets: they cost next to nothing
# Limits were mended after a first look at such clips of the proof, and those of loops after two more: these are others.
_ANEW = {"loop": 900}
_ANEW_ELSE = 500
_ATTACK_SEEDS = {"tuning": 4_000_000, "proof": 9_000_000}
_PHOTO_SEED = 15_000_000
_ATTACK_FPS = 15.0
_SMALL = (320, 240)
_SIZES = (_SMALL, (480, 360), (640, 480))
_PAPER_ASKS: tuple[Gesture, ...] = ("turn-left", "turn-right", "nod", "move-closer")  # what paper can imitate
_LAYOUTS = ("filling", "bordered", "held")
_BENT = ("filling/steady", "bordered/flexed", "held/steady", "filling/flexed", "bordered/hollow", "held/flexed")
_STILLS = ("frozen", "panned", "flickering", "frozen")
_DISPLAYS = ("bezel", "close")
# Of paper; a face on a flat print seems to turn by a third of that at most, on a bent one by half.
_TURN_DEG, _FILLING_TURN_DEG, _BENT_TURN_DEG, _NOD_DEG = (28.0, 45.0), (24.0, 34.0), (30.0, 55.0), (20.0, 40.0)
_PLANS: dict[str, Callable[..., plans.Plan | None]] = {
    "loop": lambda a, _, rng, k: plans.loop(a, rng, k),
    "wrong-challenge": lambda a, _, rng, k: plans.wrong_challenge(a, rng, k),
    "swap": plans.swap,
    "injection": plans.inject,
}


def attacks(species: str, which: Set, quick: bool = False) -> tuple[Attack, ...]:
    """The attacks of a species of SPECIES; with `quick` three that are made of the quick bona fide clips."""
    every = _attacks(species, which)
    return every[:QUICK_ATTACKS] if quick else every


def photo_attacks(species: str) -> tuple[Attack, ...]:
    """Attacks made of real photos, one a photo; none where there are no photos or the species needs a clip."""
    if species not in PHOTO_SPECIES:
        return ()
    return tuple(
        _of_still(species, k, _PHOTO_SEED + 1000 * _rank(species) + k, "photo", lambda _, p=photo: p)
        for k, photo in enumerate(real_photos())
    )


def _rank(species: str) -> int:
    return list(SPECIES).index(species)


@cache
def _attacks(species: str, which: Set) -> tuple[Attack, ...]:
    cast, first = _CAST[which], _ATTACK_SEEDS[which] + 1000 * _rank(species)
    first += _ANEW.get(species, _ANEW_ELSE) if which == "proof" and species in _PLANS else 0
    out = []
    for k in range(_CUT_COUNT if species in _PLANS else _ATTACK_COUNTS[which]):
        person = cast[k % len(cast)]
        pool = bona_fide(which, quick=which == "proof" and k < QUICK_ATTACKS)
        if species in _PLANS:
            out.append(_of_plan(species, k, first + k, pool))
        elif species == "screen-replay":
            out.append(_replayed(k, first + k, pool))
        elif species == "eye-holes":
            out.append(_with_eyes(k, first + k, pool, cast))
        else:
            out.append(_of_still(species, k, first + k, person.name, lambda framing, p=person: photo_of(p, framing)))
    return tuple(out)


def _acted(
    asked: tuple[Gesture, ...], rng: np.random.Generator, turn_deg: tuple[float, float]
) -> tuple[tuple[Event, ...], float]:
    """When the attacker does what: as people do it, but for the angles that paper is turned by."""
    while True:
        events, seconds = script(asked, rng)
        if seconds <= LONGEST_S:
            break
    angles = {"nod": _NOD_DEG, "turn-left": turn_deg, "turn-right": turn_deg}
    moved = tuple(
        replace(e, amplitude=round(float(rng.uniform(*angles[e.kind])), 3)) if e.kind in angles else e for e in events
    )
    return moved, round(np.ceil(max(seconds, SHORTEST_S) * _ATTACK_FPS) / _ATTACK_FPS, 6)


def _asked_of(kinds: Sequence[Gesture], rng: np.random.Generator, *needed: str) -> tuple[Gesture, ...]:
    """Two or three different gestures with a turn and whatever else is `needed`."""
    while True:
        asked = tuple(kinds[i] for i in rng.permutation(len(kinds))[: int(rng.integers(2, 4))])
        if any(g in _TURNS for g in asked) and all(g in asked for g in needed):
            return asked


def _of_still(species: str, k: int, seed: int, person: str, source_of: Callable[[Framing], Source]) -> Attack:
    """An attack with one photo."""
    rng = np.random.default_rng(seed)
    filling = False
    if species == "still":
        variant, kinds = _STILLS[k % len(_STILLS)], (_PAPER_ASKS if k % len(_STILLS) == 1 else GESTURES)
    elif species == "screen-replay":
        variant, kinds = f"still-{_DISPLAYS[k % 2]}", GESTURES
    else:
        choices = _LAYOUTS if species == "tilted-print" else _BENT
        variant, kinds = choices[k % len(choices)], _PAPER_ASKS
        filling = variant.startswith("filling")
    asked = _asked_of(kinds, rng)
    turn_deg = _BENT_TURN_DEG if species == "bent-print" else _FILLING_TURN_DEG if filling else _TURN_DEG
    events, seconds = _acted(asked, rng, turn_deg)
    source = source_of("wide" if filling or species == "still" else "close")
    size = _SIZES[k % 2] if species == "screen-replay" else _SIZES[k // 2 % 3]
    return Attack(species, variant, person, seed, asked, events, size, _ATTACK_FPS, float(seconds), source)


def _with_eyes(k: int, seed: int, pool: Sequence[Performance], cast: Sequence[Person]) -> Attack:
    """A print with holes, before a clip in which the same person blinks."""
    rng = np.random.default_rng(seed)
    blinking = _dealt([clip for clip in pool if "blink" in clip.asked], _rank("eye-holes"))
    clip = blinking[k % len(blinking)]
    person = next(p for p in cast if p.name == clip.person)
    asked = _asked_of(("blink", *_PAPER_ASKS), rng, *(("blink",) if k % 8 else ()))
    layout = _LAYOUTS[1 + k % 2]
    events, seconds = _acted(asked, rng, _TURN_DEG)
    source = photo_of(person, "close")
    size = _SIZES[k // 2 % 3]
    return Attack(
        "eye-holes", layout, person.name, seed, asked, events, size, _ATTACK_FPS, float(seconds), source, (clip,)
    )


def _dealt(clips: Sequence[Performance], seed: int) -> list[Performance]:
    """Clips shuffled so that nobody comes twice before all have come once."""
    shuffled = [clips[i] for i in np.random.default_rng(seed).permutation(len(clips))]
    times: dict[str, int] = {}
    turns = []
    for clip in shuffled:
        times[clip.person] = turn = times.get(clip.person, 0) + 1
        turns.append(turn)
    return [clip for _, clip in sorted(zip(turns, shuffled, strict=True), key=lambda pair: pair[0])]


def _replayed(k: int, seed: int, pool: Sequence[Performance]) -> Attack:
    """A clip on a display, for a challenge that it does not answer."""
    rng = np.random.default_rng(seed)
    wide = [clip for clip in pool if clip.fps == _ATTACK_FPS and clip.portrait.size_wh[0] > clip.portrait.size_wh[1]]
    clip = _dealt(wide, _rank("screen-replay"))[k % len(wide)]
    size = _SMALL if k < QUICK_ATTACKS else _SIZES[k % 3]
    asked, variant = plans.other_challenge(clip, rng), _DISPLAYS[k % 2]
    seconds = int(clip.seconds * _ATTACK_FPS) / _ATTACK_FPS
    return Attack(
        "screen-replay", variant, clip.person, seed, asked, clip.events, size, _ATTACK_FPS, seconds, None, (clip,)
    )


def _of_plan(species: str, k: int, seed: int, pool: Sequence[Performance]) -> Attack:
    """An attack that is cut from clips; pairs are drawn until two go together."""
    rng = np.random.default_rng(seed)
    slow = [clip for clip in pool if clip.fps == _ATTACK_FPS]
    dealt = _dealt(slow, _rank(species))
    for attempt in range(2000):
        a, b = dealt[(k + attempt) % len(dealt)], slow[int(rng.integers(len(slow)))]
        plan = _PLANS[species](a, b, rng, k)
        if plan is not None:
            break
    else:
        raise ValueError(f"no clips go together for {species} {k}")
    seconds = round(len(plan.cuts) / _ATTACK_FPS, 6)
    return Attack(
        species,
        plan.variant,
        a.person,
        seed,
        plan.asked,
        plan.events,
        a.portrait.size_wh,
        _ATTACK_FPS,
        seconds,
        None,
        plan.clips,
        plan.cuts,
    )
