"""A sheet as a picture: the cards' pixels at the sheet's resolution, which the file's header states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ephoto.core.units import px_exact, px_from_mm, round_half_up
from ephoto.sheet.cuts import cut_lines
from ephoto.sheet.ruler import label, label_at_mm, strokes
from ephoto.sheet.style import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ephoto.sheet.area import Ruler
    from ephoto.sheet.card import PrintCard
    from ephoto.sheet.cuts import Line
    from ephoto.sheet.layout import Sheet
    from ephoto.sheet.pack import Spot
    from ephoto.sheet.ruler import Stroke

__all__ = ["draw", "size_px"]

STEADY_PX = 1e-4  # edges that differ by float noise fall on the same pixel


def size_px(sheet: Sheet, dpi: int) -> tuple[int, int]:
    """The sheet's width and height in px.

    >>> from ephoto.sheet.layout import Sheet
    >>> size_px(Sheet((152, 102), (), None), 300)
    (1795, 1205)
    """
    return px_from_mm(sheet.size_mm[0], dpi), px_from_mm(sheet.size_mm[1], dpi)


def draw(sheet: Sheet, cards: Sequence[PrintCard], dpi: int, *, lines_from_mm: float | None) -> NDArray[np.uint8]:
    """The sheet, (H, W, 3) uint8 sRGB on white.

    A card whose own resolution is the sheet's is copied pixel by pixel, turned by a quarter at the most; others are
    resampled (Lanczos). `lines_from_mm` draws cut lines that keep off the paper's edge so far.
    """
    width, height = size_px(sheet, dpi)
    paper = np.full((height, width, 3), 255, np.uint8)
    made: dict[tuple[int, int, int, bool], NDArray[np.uint8]] = {}
    for spot in sheet.spots:
        left, top, wide, tall = _box_px(spot, cards[spot.card], dpi)
        key = spot.card, wide, tall, spot.turned
        if key not in made:
            made[key] = _lying(cards[spot.card].pixels, wide, tall, turned=spot.turned)
        _paste(paper, made[key], left, top)
    for line in () if lines_from_mm is None else cut_lines(sheet, lines_from_mm):
        _line(paper, line, dpi)
    if sheet.ruler is not None:
        mark = _ruler(sheet.ruler, dpi)
        _paste(paper, mark, _px(sheet.ruler.x_mm, dpi), _px(sheet.ruler.y_mm, dpi))
    return paper


def _px(mm: float, dpi: int) -> int:
    return round_half_up(px_exact(mm, dpi) + STEADY_PX)


def _box_px(spot: Spot, card: PrintCard, dpi: int) -> tuple[int, int, int, int]:
    """Left, top, width and height in px. A card's own pixels keep their number, others end where the mm end."""
    left, top = _px(spot.x_mm, dpi), _px(spot.y_mm, dpi)
    if all(abs(own - dpi) < 1e-6 * dpi for own in card.dpi):
        tall, wide = card.pixels.shape[:2]
        return (left, top, tall, wide) if spot.turned else (left, top, wide, tall)
    return left, top, _px(spot.x_mm + spot.width_mm, dpi) - left, _px(spot.y_mm + spot.height_mm, dpi) - top


def _lying(pixels: NDArray[np.uint8], wide: int, tall: int, *, turned: bool) -> NDArray[np.uint8]:
    """The card as it lies: a quarter turn counterclockwise, never a mirror image."""
    lying = np.rot90(pixels) if turned else pixels
    if lying.shape[:2] == (tall, wide):
        return lying
    return np.asarray(Image.fromarray(np.ascontiguousarray(lying)).resize((wide, tall), Image.Resampling.LANCZOS))


def _paste(paper: NDArray[np.uint8], picture: NDArray[np.uint8], left: int, top: int) -> None:
    room = paper[top : top + picture.shape[0], left : left + picture.shape[1]]
    room[:] = picture[: room.shape[0], : room.shape[1]]  # rounding may reach a pixel beyond the paper


def _line(paper: NDArray[np.uint8], line: Line, dpi: int) -> None:
    thick = max(_px(style().line_mm, dpi), 1)
    first = _px(line.at_mm, dpi) - {-1: thick, 0: thick // 2, 1: 0}[line.side]
    across, along = slice(max(first, 0), first + thick), slice(_px(line.start_mm, dpi), _px(line.end_mm, dpi))
    paper[(along, across) if line.upright else (across, along)] = style().line_grey


def _stroke(pixels: NDArray[np.uint8], stroke: Stroke, dpi: int) -> None:
    """One line of the ruler, all equally thick: it ends where the mm end."""
    thick, half = max(_px(style().line_mm, dpi), 1), style().line_mm / 2
    right = _px(stroke.x1_mm + half, dpi)
    if stroke.y0_mm == stroke.y1_mm:
        pixels[-thick:, _px(stroke.x0_mm - half, dpi) : right] = 0
    else:
        first = max(right - thick, 0)
        pixels[_px(stroke.y0_mm, dpi) :, first : first + thick] = 0


def _ruler(ruler: Ruler, dpi: int) -> NDArray[np.uint8]:
    """The mark on white, as it lies. Its end ticks are as far apart as the length has px."""
    width, height = (ruler.height_mm, ruler.width_mm) if ruler.turned else (ruler.width_mm, ruler.height_mm)
    image = Image.new("L", (_px(width, dpi), _px(height, dpi)), 255)
    pixels = np.array(image)
    for stroke in strokes(ruler):
        _stroke(pixels, stroke, dpi)
    image = Image.fromarray(pixels)
    x, y = label_at_mm(ruler)
    font = ImageFont.load_default(size=max(px_exact(style().ruler_text_mm, dpi), 6))
    ImageDraw.Draw(image).text((px_exact(x, dpi), px_exact(y, dpi)), label(ruler), fill=0, font=font, anchor="lm")
    mark = np.repeat(np.asarray(image)[..., None], 3, axis=2)
    return np.rot90(mark) if ruler.turned else mark
