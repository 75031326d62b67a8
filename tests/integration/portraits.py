"""The portraits that the geometry is proven on: every setting of the renderer, drawn with fixed seeds."""

from __future__ import annotations

import numpy as np

from samples.render import Portrait

__all__ = ["COUNT", "SEED", "portrait"]

COUNT = 208
SEED = 20_000
HAIR = ("short", "long", "tall", "none", "strands", "covering", "short", "long")
GLASSES = ("none", "none", "clear")
BACKGROUNDS = ("plain", "gradient", "cluttered", "plain")


def portrait(k: int, first: int = SEED) -> Portrait:
    """Number `k` of the set: |yaw|, |pitch| <= 8, |roll| <= 20, all hair, skin, light, distance and size settings.

    Loose strands stand before even grounds only: nobody, and no matte, could tell them from clutter. Lenses are clear:
    behind dark ones the eyes are where the landmarks guess them.
    """
    rng = np.random.default_rng(first + k)
    width = int(rng.choice([420, 540, 660, 900]))
    head = float(rng.uniform(0.26, 0.44))
    hair = HAIR[k % len(HAIR)]
    background = BACKGROUNDS[int(rng.integers(len(BACKGROUNDS)))]
    return Portrait(
        size_wh=(width, int(width * rng.choice([1.25, 4 / 3, 1.5]))),
        yaw_deg=float(rng.uniform(-8, 8)),
        pitch_deg=float(rng.uniform(-8, 8)),
        roll_deg=float(rng.uniform(-20, 20)),
        head=head,
        position=(float(rng.uniform(0.44, 0.56)), float(rng.uniform(0.38, 0.46))),
        distance_mm=float(rng.choice([450, 700, 1200, 2000])),
        smile=float(rng.choice([0.0, 0.0, 0.5])),
        skin_lightness=float(rng.uniform(28, 82)),
        hair=hair,
        hair_colour=[(58, 40, 30), (20, 18, 18), (150, 110, 70), (175, 170, 165)][int(rng.integers(4))],
        covering=["headscarf", "hat"][int(rng.integers(2))],
        glasses=GLASSES[int(rng.integers(len(GLASSES)))],
        clothes_colour=[(58, 74, 108), (120, 40, 44), (60, 60, 62), (236, 236, 234)][int(rng.integers(4))],
        background="plain" if hair == "strands" and background == "cluttered" else background,
        background_colour=[(170, 182, 190), (224, 222, 216), (96, 120, 96), (67, 142, 219)][int(rng.integers(4))],
        light_azimuth_deg=float(rng.uniform(-50, 50)),
        light_elevation_deg=float(rng.uniform(5, 50)),
        light_strength=float(rng.uniform(0.2, 0.8)),
        exposure_ev=float(rng.uniform(-0.7, 0.5)),
        blur_px=float(rng.choice([0.4, 0.8])),
        noise=float(rng.choice([0.5, 2.0, 4.0])),
        seed=k,
    )
