"""Portraits with ground truth: `render(Portrait(...))`, `cached(...)` for tests, `render_clip(Clip(...))` for video,
and what a camera makes of a display or a print that shows a picture: `on_screen(...)`, `printed(...)`.

usage: python samples/render.py OUT.jpg --yaw 10 --hair long --size 600x800 ...
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

if not __package__:  # run as a program: the repository's root is not on the path
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from samples.portrait.cache import cached
from samples.portrait.clip import Clip, render_clip
from samples.portrait.parameters import Portrait, Proportions
from samples.portrait.picture import Rendered, render
from samples.portrait.recapture import Shot, on_screen, printed
from samples.portrait.truth import Truth

__all__ = [
    "Clip",
    "Portrait",
    "Proportions",
    "Rendered",
    "Shot",
    "Truth",
    "cached",
    "main",
    "on_screen",
    "printed",
    "render",
    "render_clip",
]

_UNITS = ("_deg", "_px", "_wh", "_mm", "_ev")


def _parser() -> argparse.ArgumentParser:
    cli = argparse.ArgumentParser(description="Render a portrait. Lists are given with commas: --eyes-closed 0,1.")
    cli.add_argument("out", type=Path, help="picture to write; the suffix decides the format")
    cli.add_argument("--truth", type=Path, help="write the ground truth as JSON")
    cli.add_argument("--alpha", type=Path, help="write the exact alpha as a picture")
    for f in dataclasses.fields(Portrait):
        default = "default" if f.name == "proportions" else f.default
        name = next((f.name.removesuffix(u) for u in _UNITS if f.name.endswith(u)), f.name)
        cli.add_argument(f"--{name.replace('_', '-')}", dest=f.name, metavar="V", help=f"default {default}")
    return cli


def _value(text: str, like: Any) -> Any:
    """A parameter from its text, of the default's type."""
    if isinstance(like, str):
        return text
    if isinstance(like, Proportions):
        pairs = (pair.split("=") for pair in text.split(","))
        return Proportions(**{key: float(value) for key, value in pairs})
    numbers = [float(v) for v in text.replace("x", ",").split(",")]
    if isinstance(like, tuple):
        return tuple(type(one)(v) for one, v in zip(like, numbers, strict=True))
    return tuple(numbers) if len(numbers) > 1 else type(like or 0.0)(numbers[0])


def _plain(truth: Truth) -> dict[str, Any]:
    names = [f.name for f in dataclasses.fields(truth) if not f.name.endswith("_curve")]
    names += ["chin", "crown", "face_sides", "face_width_px", "ied_px"]
    values = {name: getattr(truth, name) for name in names}
    return {k: v if isinstance(v, float) else v.tolist() for k, v in values.items()}


def main(argv: list[str] | None = None) -> int:
    """Render one portrait to a file."""
    from PIL import Image

    args = _parser().parse_args(argv)
    default = Portrait()
    given = {f.name: getattr(args, f.name) for f in dataclasses.fields(Portrait)}
    portrait = Portrait(**{k: _value(v, getattr(default, k)) for k, v in given.items() if v is not None})
    drawn = render(portrait)
    Image.fromarray(drawn.image).save(args.out, quality=92)
    if args.alpha:
        Image.fromarray((drawn.alpha * 255 + 0.5).astype("uint8")).save(args.alpha)
    if args.truth:
        args.truth.write_text(json.dumps(_plain(drawn.truth), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
