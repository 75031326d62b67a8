"""Small pictures and files of every format, made when a test asks for them."""

from __future__ import annotations

import io
from functools import cache

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageDraw

__all__ = ["FORMATS", "SIZE_WH", "exif_with", "file_of", "letter", "profile_bytes", "saved", "stored_turned"]

SIZE_WH = (96, 128)
FORMATS = {  # name -> (Pillow's format, options)
    "jpeg": ("JPEG", {"quality": 92}),
    "progressive": ("JPEG", {"quality": 92, "progressive": True}),
    "cmyk": ("JPEG", {"quality": 92, "mode": "CMYK"}),
    "grey": ("JPEG", {"quality": 92, "mode": "L"}),
    "png": ("PNG", {}),
    "palette": ("PNG", {"mode": "P"}),
    "rgba": ("PNG", {"mode": "RGBA"}),
    "one-bit": ("PNG", {"mode": "1"}),
    "webp": ("WEBP", {"quality": 92}),
    "webp-lossless": ("WEBP", {"lossless": True}),
    "tiff": ("TIFF", {}),
    "tiff-lzw": ("TIFF", {"compression": "tiff_lzw"}),
    "tiff-jpeg": ("TIFF", {"compression": "jpeg"}),
    "bmp": ("BMP", {}),
    "heic": ("HEIF", {"quality": 92}),
    "avif": ("AVIF", {"quality": 92}),
}


@cache
def letter() -> Image.Image:
    """An F on a coloured slope, RGB: every turn and every mirror image of it looks different. Do not change it."""
    w, h = SIZE_WH
    y, x = np.mgrid[0:h, 0:w]
    slope = np.stack([90 + x, 120 + y * 0.8, 200 - x * 0.5], axis=2).astype(np.uint8)
    image = Image.fromarray(slope)
    draw = ImageDraw.Draw(image)
    for box in ((20, 16, 36, 112), (20, 16, 80, 32), (20, 56, 64, 70)):
        draw.rectangle(box, fill=(250, 240, 60))
    return image


def saved(image: Image.Image, format: str, **options) -> bytes:
    """An image as a file's bytes."""
    out = io.BytesIO()
    mode = options.pop("mode", None)
    if mode:
        image = image.convert(mode)
    if format == "HEIF":
        pillow_heif.from_pillow(image).save(out, **options)
    else:
        image.save(out, format, **options)
    return out.getvalue()


@cache
def file_of(name: str) -> bytes:
    """The letter as one of FORMATS."""
    format, options = FORMATS[name]
    return saved(letter(), format, **options)


def exif_with(orientation: int, **tags) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Maker"
    for number, value in tags.items():
        exif[int(number, 16)] = value
    return exif.tobytes()


_STORED = {  # orientation -> what a camera held like that does to the upright picture
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def stored_turned(image: Image.Image, orientation: int) -> Image.Image:
    """The picture as it is stored when its tag says `orientation`."""
    turn = _STORED[orientation]
    return image if turn is None else image.transpose(turn)


def profile_bytes(kind: str) -> bytes:
    """A profile that littlecms makes itself."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(kind)).tobytes()
