"""Heads in many poses at nine places of the picture: what the pose is proven on."""

from __future__ import annotations

import numpy as np

from samples.portrait.parameters import Proportions
from samples.render import Portrait

__all__ = ["HEADS", "PLACES", "POSES", "posed"]

PLACES = tuple((x, y) for y in (0.32, 0.45, 0.58) for x in (0.3, 0.5, 0.7))
POSES = 2  # at each place, for each head
# The default head, one with a long chin and nose, one with a short chin and a flat nose.
HEADS = (
    Proportions(),
    Proportions(chin_length_mm=8.0, nose_length_mm=6.0, nose_forward_mm=6.0),
    Proportions(chin_length_mm=-6.0, nose_length_mm=-4.0, nose_forward_mm=-4.0, nose_width=1.2),
)


def posed(head: int, place: int, pose: int) -> Portrait:
    """|yaw| and |pitch| up to 20 degrees, |roll| up to 15, spread evenly by a seed of their own."""
    rng = np.random.default_rng([31, head, place, pose])
    yaw, pitch, roll = rng.uniform(-1, 1, 3) * (20.0, 20.0, 15.0)
    return Portrait(
        size_wh=(540, 720),
        head=0.3,
        position=PLACES[place],
        distance_mm=900.0,
        yaw_deg=float(yaw),
        pitch_deg=float(pitch),
        roll_deg=float(roll),
        proportions=HEADS[head],
        hair=("short", "none", "short")[head],
        skin_lightness=(66.0, 48.0, 36.0)[head],
        seed=int(700 + 100 * head + 10 * place + pose),
    )
