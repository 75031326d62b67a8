"""The photo with what was measured drawn on it: the card's frame, its lines in millimetres, and where a rule failed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.report.marks import Line, Marks, Point

    Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

__all__ = ["annotated"]

LONGEST_PX = 1200  # of the drawn picture's sides: enough for a screen
_COLOURS = {"frame": "#1E88E5", "guide": "#00C853", "point": "#FFD600", "fail": "#D50000", "warn": "#FF9100"}


def annotated(marks: Marks, format: Literal["PNG", "JPEG"] = "PNG") -> bytes:
    """The picture as a file, its longer side at most 1200 px; no metadata."""
    image = Image.fromarray(marks.pixels)
    scale = min(1.0, LONGEST_PX / max(image.size))
    if scale < 1.0:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BOX)
    pen = ImageDraw.Draw(image)
    wide = max(1, round(max(image.size) / 500))
    for x, y in marks.dots * scale:
        pen.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=_COLOURS["point"])
    font = ImageFont.load_default(size=max(10, round(max(image.size) / 55)))
    for line in marks.lines:
        _draw(pen, line, scale, wide, font)
    out = io.BytesIO()
    image.save(out, format, **({"quality": 85} if format == "JPEG" else {}))
    return out.getvalue()


def _draw(
    pen: ImageDraw.ImageDraw, line: Line, scale: float, wide: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> None:
    points: Sequence[Point] = [(x * scale, y * scale) for x, y in line.points]
    colour = _COLOURS[line.kind]
    pen.line([*points, points[0]] if line.closed else list(points), fill=colour, width=wide, joint="curve")
    if line.label:
        x, y = points[-1]
        pen.text(
            (x + 2 * wide, y), line.label, fill=colour, font=font, anchor="lm", stroke_width=2, stroke_fill="white"
        )
