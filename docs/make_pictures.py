"""Draws docs/before_after.png from samples/portrait.jpg: python docs/make_pictures.py"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import ephoto  # noqa: E402

PICTURE = ROOT / "docs" / "before_after.png"
GAP_PX = 24
CARDS = (("cn-social-security-card", None), ("cn-1inch", "blue"))


def before_after() -> Image.Image:
    """The photo and its cards side by side, at the height of the first card, on light grey."""
    source = ROOT / "samples" / "portrait.jpg"
    cards = [ephoto.convert(source, spec, background=background).image for spec, background in CARDS]
    height = cards[0].shape[0]
    with Image.open(source) as opened:
        photo = opened.convert("RGB")
    shown = [photo, *(Image.fromarray(card) for card in cards)]
    shown = [p.resize((round(p.width * height / p.height), height), Image.Resampling.LANCZOS) for p in shown]
    width = sum(p.width for p in shown) + GAP_PX * (len(shown) + 1)
    sheet = Image.fromarray(np.full((height + 2 * GAP_PX, width, 3), 232, np.uint8))
    x = GAP_PX
    for picture in shown:
        sheet.paste(picture, (x, GAP_PX))
        x += picture.width + GAP_PX
    return sheet


if __name__ == "__main__":
    before_after().convert("P", palette=Image.Palette.ADAPTIVE, colors=256).save(PICTURE, optimize=True)
