"""Who is seen in the clips, and where they sit: heads to tune on and other heads to report on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from samples.portrait.camera import CROWN_CHIN_MM, DIAGONAL_35MM
from samples.portrait.parameters import Portrait, Proportions

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PROOF", "SKIN_TONES", "TUNING", "Person", "head_height", "seated"]

SKIN_TONES = (35.0, 55.0, 75.0)  # CIE L*, each head up to 5 darker or lighter
_TUNING_SEED, _PROOF_SEED = 31_000, 260_000  # first seeds; no head is in both sets
_HAIR = ("short", "long", "tall", "strands", "none", "short", "long", "short")
_SCARF_EACH = 16  # of so many heads one wears a headscarf
_GLASSES = ("none", "none", "none", "clear")
_GLARE_EACH = 12  # of so many glasses one pair mirrors a window, which hides the eyes
_HAIR_COLOURS = ((58, 40, 30), (20, 18, 18), (150, 110, 70), (175, 170, 165), (90, 60, 40), (34, 28, 26))
_IRISES = ((92, 66, 44), (60, 44, 32), (110, 130, 150), (96, 110, 80), (74, 52, 36))
_CLOTHES = ((58, 74, 108), (120, 40, 44), (60, 60, 62), (30, 32, 38), (96, 110, 84), (140, 120, 60), (190, 186, 178))
_SCARVES = ((92, 74, 110), (30, 30, 34), (210, 205, 198), (60, 90, 70))
_GROUNDS = ("office", "plain", "cluttered", "gradient", "foliage")
_WALLS = ((170, 182, 190), (224, 222, 216), (196, 204, 210), (150, 164, 150), (128, 134, 140), (188, 170, 150))
_SIZES = ((320, 240), (480, 360), (640, 480), (320, 240), (480, 360), (640, 480), (480, 640))


@dataclass(frozen=True, slots=True)
class Person:
    """A head: what stays the same of somebody in all their clips. `name` is "tuning-3" or "proof-40"."""

    name: str
    portrait: Portrait


def _proportions(rng: np.random.Generator) -> Proportions:
    def between(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 3)

    return Proportions(
        face_width=between(0.93, 1.08),
        jaw_width=between(0.86, 1.14),
        chin_length_mm=between(-6, 7),
        chin_forward_mm=between(-4, 4),
        nose_length_mm=between(-4, 6),
        nose_forward_mm=between(-4, 6),
        nose_width=between(0.85, 1.25),
        brow_forward_mm=between(-3, 3),
        skull_height_mm=between(-4, 6),
        eye_distance_mm=between(59.5, 67),
        mouth_width=between(0.88, 1.12),
        lip_fullness=between(0.7, 1.4),
    )


def _heads(name: str, first_seed: int, count: int) -> tuple[Person, ...]:
    """Heads whose skin, hair and glasses come in turns that do not keep step with each other."""
    deal = np.random.default_rng(first_seed)

    def dealt(choices: Sequence[Any]) -> list[Any]:
        rounds = -(-count // len(choices))
        return [choices[i] for _ in range(rounds) for i in deal.permutation(len(choices))][:count]

    hair, colours, irises, clothes, glasses = (
        dealt(choices) for choices in (_HAIR, _HAIR_COLOURS, _IRISES, _CLOTHES, _GLASSES)
    )
    worn = 0
    out = []
    for k in range(count):
        rng = np.random.default_rng(first_seed + k)
        scarf = k % _SCARF_EACH == _SCARF_EACH // 2
        if glasses[k] == "clear":
            worn += 1
            if worn % _GLARE_EACH == _GLARE_EACH // 3:
                glasses[k] = "glare"
        portrait = Portrait(
            proportions=_proportions(rng),
            skin_lightness=round(SKIN_TONES[k % len(SKIN_TONES)] + float(rng.uniform(-5, 5)), 2),
            hair="covering" if scarf else hair[k],
            covering_colour=_SCARVES[int(rng.integers(len(_SCARVES)))],
            hair_colour=colours[k],
            hair_volume=round(float(rng.uniform(0.8, 1.2)), 2),
            iris_colour=irises[k],
            clothes_colour=clothes[k],
            glasses=glasses[k],
            glasses_drop_mm=round(float(rng.uniform(-1, 3)), 2),
            seed=first_seed + k,
        )
        out.append(Person(f"{name}-{k}", portrait))
    return tuple(out)


TUNING = _heads("tuning", _TUNING_SEED, 16)
PROOF = _heads("proof", _PROOF_SEED, 48)


def head_height(portrait: Portrait) -> float:
    """Crown to chin of the default head as a part of the picture's height, for given focal length and distance."""
    w, h = portrait.size_wh
    if portrait.focal_35mm is None or portrait.distance_mm is None:
        return portrait.head
    return portrait.focal_35mm / DIAGONAL_35MM * float(np.hypot(w, h)) * CROWN_CHIN_MM / portrait.distance_mm / h


def seated(person: Person, take: int, *, size_wh: tuple[int, int] | None = None, highest: float = 0.58) -> Portrait:
    """The person before a webcam or a phone: another place, light and camera in every `take`.

    `highest` bounds the head's height, as a part of the picture's: who is asked to come closer needs room.
    """
    rng = np.random.default_rng((person.portrait.seed, take))
    size = size_wh or _SIZES[(person.portrait.seed + 3 * take) % len(_SIZES)]
    low = 0.40 if size[0] > size[1] else 0.36  # a phone held upright sees more below the face
    portrait = replace(person.portrait, size_wh=size)
    for _ in range(200):
        focal, distance = round(float(rng.uniform(26, 35)), 2), round(float(rng.uniform(450, 650)), 1)
        portrait = replace(portrait, focal_35mm=focal, distance_mm=distance)
        if low <= head_height(portrait) <= highest:
            break
    return replace(
        portrait,
        position=(round(float(rng.uniform(0.45, 0.55)), 4), round(float(rng.uniform(0.43, 0.49)), 4)),
        yaw_deg=round(float(rng.uniform(-3, 3)), 2),
        pitch_deg=round(float(rng.uniform(-4, 4)), 2),
        roll_deg=round(float(rng.uniform(-3, 3)), 2),
        background=_GROUNDS[int(rng.integers(len(_GROUNDS)))],
        background_colour=_WALLS[int(rng.integers(len(_WALLS)))],
        light_azimuth_deg=round(float(rng.uniform(-45, 45)), 1),
        light_elevation_deg=round(float(rng.uniform(8, 45)), 1),
        light_strength=round(float(rng.uniform(0.15, 0.55)), 3),
        exposure_ev=round(float(rng.uniform(-0.3, 0.2)), 2),
        blur_px=round(float(rng.uniform(0.4, 0.8)), 2),
        noise=round(float(rng.uniform(1, 4)), 2),
        seed=person.portrait.seed * 100 + take,
    )
