"""Make the committed samples again: `python samples/make.py` writes them beside this file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if not __package__:  # run as a program: the repository's root is not on the path
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from samples.portrait.parameters import Portrait, Proportions
from samples.portrait.picture import render

__all__ = ["SAMPLES", "main"]

_SOFT = Proportions(
    face_width=0.97, jaw_width=0.9, chin_length_mm=-3, nose_length_mm=-2, nose_width=0.9, lip_fullness=1.25
)
_BROAD = Proportions(face_width=1.03, jaw_width=1.08, nose_width=1.15, lip_fullness=1.2, brow_forward_mm=1)

SAMPLES: dict[str, Portrait] = {
    "portrait.jpg": Portrait(
        size_wh=(900, 1200),
        yaw_deg=4,
        pitch_deg=1,
        roll_deg=2.5,
        head=0.36,
        position=(0.5, 0.42),
        distance_mm=1100,
        smile=0.1,
        proportions=_SOFT,
        skin_lightness=71,
        hair="short",
        hair_colour=(74, 48, 32),
        iris_colour=(84, 98, 70),
        clothes_colour=(52, 92, 98),
        background="office",
        background_colour=(196, 188, 174),
        noise=2.0,
        seed=11,
    ),
    "short-hair.jpg": Portrait(
        size_wh=(900, 1200),
        yaw_deg=-6,
        roll_deg=-1,
        head=0.4,
        position=(0.52, 0.4),
        distance_mm=900,
        smile=0.35,
        proportions=_BROAD,
        skin_lightness=42,
        hair="strands",
        hair_colour=(26, 20, 18),
        iris_colour=(60, 40, 28),
        clothes_colour=(150, 62, 48),
        background="foliage",
        seed=4,
    ),
    "glasses.jpg": Portrait(
        size_wh=(900, 1200),
        yaw_deg=9,
        pitch_deg=3,
        head=0.42,
        position=(0.48, 0.42),
        smile=0.1,
        skin_lightness=76,
        hair_colour=(128, 92, 56),
        iris_colour=(88, 110, 128),
        glasses="clear",
        clothes_colour=(226, 224, 218),
        background="gradient",
        background_colour=(150, 164, 176),
        seed=5,
    ),
    "tilted.jpg": Portrait(
        size_wh=(900, 1200),
        yaw_deg=-12,
        pitch_deg=4,
        roll_deg=14,
        body_follows=0.25,
        head=0.34,
        position=(0.46, 0.4),
        smile=0.6,
        proportions=_SOFT,
        skin_lightness=60,
        hair="tall",
        hair_volume=0.85,
        hair_colour=(44, 30, 26),
        clothes_colour=(92, 70, 104),
        background="cluttered",
        background_colour=(206, 196, 176),
        seed=8,
    ),
    "id-blue.jpg": Portrait(
        size_wh=(295, 413),
        head=0.62,
        position=(0.5, 0.46),
        distance_mm=1500,
        skin_lightness=67,
        hair_colour=(30, 24, 22),
        iris_colour=(58, 40, 30),
        clothes_colour=(40, 44, 56),
        background_colour=(67, 142, 219),
        seed=2,
    ),
}


def main(argv: list[str] | None = None) -> int:
    """Render every sample, or those named."""
    from PIL import Image

    cli = argparse.ArgumentParser(description=__doc__)
    cli.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SAMPLES)}; none: all")
    cli.add_argument("--folder", type=Path, default=Path(__file__).resolve().parent)
    args = cli.parse_args(argv)
    for name in args.names or SAMPLES:
        if name not in SAMPLES:
            cli.error(f"unknown sample {name}; known: {', '.join(SAMPLES)}")
        drawn = render(SAMPLES[name])
        Image.fromarray(drawn.image).save(args.folder / name, quality=88, dpi=(300, 300))
        print(args.folder / name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
