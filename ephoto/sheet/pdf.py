"""Sheets as a PDF: one page a sheet, cards as the files they are, lines and the ruler as vectors."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ephoto.core.units import MM_PER_INCH
from ephoto.sheet.cuts import cut_lines
from ephoto.sheet.ruler import label, label_at_mm, strokes
from ephoto.sheet.style import style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ephoto.sheet.card import PrintCard
    from ephoto.sheet.cuts import Line
    from ephoto.sheet.layout import Sheet
    from ephoto.sheet.pack import Spot

__all__ = ["pdf"]

PT_PER_MM = 72 / MM_PER_INCH


def pdf(sheets: Sequence[Sheet], cards: Sequence[PrintCard], *, lines_from_mm: float | None) -> bytes:
    """All sheets in one file; the same sheets give the same bytes.

    A card's JPEG is put in as it is, any other card without loss; each is stored once. The file asks viewers to print
    at 100 % (PrintScaling, ISO 32000-1, 12.2). `lines_from_mm` draws cut lines that keep off the paper's edge so far.
    """
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=1)
    canvas.setTitle("ephoto sheet")
    canvas.setAuthor("")
    canvas.setViewerPreference("PrintScaling", "None")
    pictures = [_picture(card) for card in cards]
    for sheet in sheets:
        canvas.setPageSize(tuple(side * PT_PER_MM for side in sheet.size_mm))
        canvas.scale(PT_PER_MM, PT_PER_MM)
        for spot in sheet.spots:
            with _lying(canvas, sheet, spot):
                canvas.drawImage(pictures[spot.card], 0, 0, *_upright(spot))
        canvas.setStrokeGray(style().line_grey / 255)
        canvas.setLineWidth(style().line_mm)
        for line in () if lines_from_mm is None else cut_lines(sheet, lines_from_mm):
            canvas.line(*_ends(line, sheet.size_mm[1]))
        _ruler(canvas, sheet)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _picture(card: PrintCard) -> Any:
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    if card.jpeg is not None:
        return ImageReader(io.BytesIO(card.jpeg))  # its bytes go into the file (DCTDecode)
    return ImageReader(Image.fromarray(card.pixels))


@contextmanager
def _lying(canvas: Any, sheet: Sheet, box: Any) -> Iterator[None]:
    """Draw within a box as if it lay unturned, y upwards from its lower left corner. A quarter turn, never a mirror."""
    canvas.saveState()
    bottom = sheet.size_mm[1] - box.y_mm - box.height_mm
    canvas.translate(box.x_mm + (box.width_mm if box.turned else 0.0), bottom)
    if box.turned:
        canvas.rotate(90)
    yield
    canvas.restoreState()


def _upright(spot: Spot) -> tuple[float, float]:
    return (spot.height_mm, spot.width_mm) if spot.turned else (spot.width_mm, spot.height_mm)


def _ends(line: Line, height_mm: float) -> tuple[float, float, float, float]:
    """A line's two ends, y upwards, moved to the side where its ink lies."""
    at = line.at_mm + line.side * style().line_mm / 2
    if line.upright:
        return at, height_mm - line.start_mm, at, height_mm - line.end_mm
    return line.start_mm, height_mm - at, line.end_mm, height_mm - at


def _ruler(canvas: Any, sheet: Sheet) -> None:
    if sheet.ruler is None:
        return
    tall, size = style().ruler_height_mm, style().ruler_text_mm
    with _lying(canvas, sheet, sheet.ruler):
        canvas.setStrokeGray(0)
        for s in strokes(sheet.ruler):
            canvas.line(s.x0_mm, tall - s.y0_mm, s.x1_mm, tall - s.y1_mm)
        canvas.setFillGray(0)
        canvas.setFont("Helvetica", size)
        x, middle = label_at_mm(sheet.ruler)
        canvas.drawString(x, tall - middle - size * 0.36, label(sheet.ruler))  # half of a capital's height
