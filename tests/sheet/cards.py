"""Cards for tests: the letter F, which no turn makes into its mirror image, on white or on a colour."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

__all__ = ["f_card", "f_pixels", "jpeg_of", "png_of"]


def f_pixels(size_wh=(295, 413), ground=(255, 255, 255), ink=(200, 30, 30)):
    """(H, W, 3): a thick F in the middle."""
    width, height = size_wh
    pixels = np.full((height, width, 3), ground, np.uint8)
    left, right, top, bottom = width * 3 // 10, width * 7 // 10, height // 5, height * 4 // 5
    thick = width // 10
    pixels[top:bottom, left : left + thick] = ink
    pixels[top : top + thick, left:right] = ink
    middle = (top + bottom) // 2
    pixels[middle : middle + thick, left : (left + right) // 2 + thick] = ink
    return pixels


def jpeg_of(pixels, dpi=(300, 300), **options):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=92, **({} if dpi is None else {"dpi": dpi}), **options)
    return out.getvalue()


def png_of(pixels, dpi=(300, 300), **options):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", **({} if dpi is None else {"dpi": dpi}), **options)
    return out.getvalue()


def f_card(size_wh=(295, 413), dpi=300, **colours):
    """A JPEG card with an F."""
    return jpeg_of(f_pixels(size_wh, **colours), (dpi, dpi))
