"""A PDF's pages as pixels, by a renderer that is not ours."""

from __future__ import annotations

import numpy as np
import pypdfium2

__all__ = ["rendered", "turned_back"]


def rendered(data, dpi=150):
    """Every page, (H, W, 3) uint8."""
    document = pypdfium2.PdfDocument(data)
    try:
        return [np.asarray(page.render(scale=dpi / 72).to_pil().convert("RGB")) for page in document]
    finally:
        document.close()


def turned_back(page, spot, dpi):
    """A card cut out of a page, upright again."""
    left, top = round(spot.x_mm / 25.4 * dpi), round(spot.y_mm / 25.4 * dpi)
    right, bottom = (
        round((spot.x_mm + spot.width_mm) / 25.4 * dpi),
        round((spot.y_mm + spot.height_mm) / 25.4 * dpi),
    )
    cut = page[top:bottom, left:right]
    return np.rot90(cut, -1) if spot.turned else cut
