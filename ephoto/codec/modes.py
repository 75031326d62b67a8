"""From any of Pillow's modes to opaque 8-bit RGB in sRGB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ephoto.codec.arrays import to_8bit
from ephoto.codec.profile import to_srgb
from ephoto.core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["WHITE", "to_rgb"]

WHITE = (255, 255, 255)
_WITH_ALPHA = ("RGBA", "LA", "PA", "RGBa", "La")
_TO_RGB = ("P", "PA", "RGBX", "YCbCr", "HSV")  # modes that a profile does not speak about


def to_rgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, bool, str | None]:
    """RGB image, whether transparency was laid on white, and what colours were converted from.

    CMYK without a profile is taken by the plain formula (255 - C)(255 - K): there is no agreed default.
    """
    if image.mode == "RGB" and not icc and "transparency" not in image.info:  # nearly every photo
        return image, False, None
    image, alpha = _split(image)
    rgb, note = to_srgb(image, icc)
    if alpha is None or alpha.getextrema() == (255, 255):
        return rgb, False, note
    ground = Image.new("RGB", rgb.size, WHITE)
    ground.paste(rgb, mask=alpha)
    return ground, True, note


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours in a mode that a profile can be for (L, RGB, CMYK, LAB), and straight alpha (L) if there is any."""
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep(image)
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        grey = image.mode in ("1", "L", "LA", "La")
        both = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")  # from La there is one way only
        return both.convert("L" if grey else "RGB"), both.getchannel("A")
    if image.mode == "1":
        return image.convert("L"), None
    return (image.convert("RGB") if image.mode in _TO_RGB else image), None


def _from_deep(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Greys of 16 bits (modes I;16 and I), or floats of 0..1 or 0..255 (F), rounded to 8."""
    levels: NDArray[Any] = np.asarray(image)
    if image.mode == "F":
        return Image.fromarray(_from_floats(levels)), None
    if levels.min() < 0 or levels.max() > 65535:
        raise InputError("corrupt", problem="grey levels outside 0..65535")
    clear = image.info.get("transparency")
    alpha = None
    if isinstance(clear, int):  # the one level that a PNG declares transparent
        alpha = Image.fromarray(np.where(levels == clear, 0, 255).astype(np.uint8))
    return Image.fromarray(to_8bit(levels.astype(np.uint16))), alpha


def _from_floats(levels: NDArray[Any]) -> NDArray[np.uint8]:
    if not np.isfinite(levels).all() or levels.min() < 0.0 or levels.max() > 255.0:
        raise InputError("corrupt", problem="floating point levels that are neither 0..1 nor 0..255")
    top = 255.0 if levels.max() <= 1.0 else 1.0
    return np.asarray(np.rint(levels * top), np.uint8)
