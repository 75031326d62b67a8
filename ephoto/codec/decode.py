"""From bytes to upright sRGB pixels: one road for every format, each step once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ephoto.codec.deep import is_deep, rounded
from ephoto.codec.ends import ends_early
from ephoto.codec.formats import open_image
from ephoto.codec.markers import EOI
from ephoto.codec.modes import to_rgb
from ephoto.codec.source import problem_of, unreadable
from ephoto.codec.unpacked import pixels_of
from ephoto.core.errors import EphotoError, InputError
from ephoto.core.types import Photo, SourceFacts

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from ephoto.codec.source import Header, Loaded
    from ephoto.core.settings import Settings

__all__ = ["REDUCTIONS", "decode"]

REDUCTIONS = (8, 4, 2)  # of libjpeg's DCT scaling
# EXIF orientation -> OpenCV's axis to flip about (1 left to right, 0 top to bottom, -1 both), after the exchange.
_FLIPS = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
_FROM_WHITE = np.uint16(255)


def decode(loaded: Loaded, settings: Settings, *, shorter_side_px: int | None = None) -> Photo:
    """Decode a photo: upright, sRGB, opaque (transparency is laid on white), 8 bits a channel.

    Parameters
    ----------
    loaded : Loaded
        From `ephoto.codec.source.load`; not changed.
    settings : Settings
        `allow_truncated` takes what is there of a file that ends early; the rest is grey or black.
    shorter_side_px : int, optional
        A JPEG is decoded at 1/8, 1/4 or 1/2 in its DCT, which costs a fraction of decoding it whole, as long as
        the upright picture's shorter side keeps at least this many px.

    Raises
    ------
    InputError
        "truncated", "corrupt".
    """
    if loaded.pixels is not None:
        return _from_pixels(loaded)
    if loaded.data is None:
        return _from_image(loaded)
    try:
        return _from_data(loaded.header, loaded.data, settings, shorter_side_px)
    except EphotoError:
        raise
    except Exception as error:  # decoders raise whatever their parsers meet
        raise unreadable(loaded.data, loaded.header.format, error) from error


def _from_data(header: Header, data: bytes, settings: Settings, shorter_side_px: int | None) -> Photo:
    name, file_size = header.format, len(data)
    if _breaks_off(data, name):
        if not settings.allow_truncated:
            raise InputError("truncated")
        if name == "JPEG":
            data += EOI  # libjpeg fills up what is missing once it meets the end
    image = open_image(data, name)
    reduction = 1
    if header.reducible and shorter_side_px is not None:
        reduction = _reduction(header.size_wh, shorter_side_px)
        if reduction > 1:
            # Only the size is asked for: a profile belongs to the stored colours, so the mode stays.
            image.draft(None, (header.size_wh[0] // reduction, header.size_wh[1] // reduction))
    deep = is_deep(image)
    try:
        image.load()
    except Exception:
        if not settings.allow_truncated or getattr(image, "_im", None) is None:
            raise
        image.tile = []  # the rows that came out so far are the picture
    rgb, flattened, note = to_rgb(rounded(image, data) if deep else image, header.icc)
    pixels = _upright(rgb, _left_to_turn(image, header))
    return Photo(pixels, _facts(header, flattened, note, file_size), 1.0 / reduction)


def _from_image(loaded: Loaded) -> Photo:
    assert loaded.image is not None
    header = loaded.header
    try:
        rgb, flattened, note = to_rgb(loaded.image, header.icc)
        return Photo(_upright(rgb, header.orientation), _facts(header, flattened, note, None))
    except EphotoError:
        raise
    except Exception as error:
        raise InputError("corrupt", problem=problem_of(error)) from error


def _from_pixels(loaded: Loaded) -> Photo:
    pixels = loaded.pixels
    assert pixels is not None
    if pixels.shape[2] == 3:
        return Photo(pixels, _facts(loaded.header, False, None, None))
    alpha = pixels[:, :, 3:].astype(np.uint16)
    if int(alpha.min()) == 255:
        return Photo(np.ascontiguousarray(pixels[:, :, :3]), _facts(loaded.header, False, None, None))
    laid = (pixels[:, :, :3] * alpha + _FROM_WHITE * (_FROM_WHITE - alpha) + np.uint16(127)) // _FROM_WHITE
    return Photo(laid.astype(np.uint8), _facts(loaded.header, True, None, None))


def _breaks_off(data: bytes, name: str) -> bool:
    """Whether a file lacks its end.

    It is not left to decoders: they may fill up a short picture silently, and Pillow's do so for every thread once
    anyone in the process has set its LOAD_TRUNCATED_IMAGES.
    """
    if name == "JPEG" and data.endswith(EOI):
        return False
    return ends_early(data, name)


def _reduction(size_wh: tuple[int, int], shorter_side_px: int) -> int:
    shorter = min(size_wh)
    return next((r for r in REDUCTIONS if -(-shorter // r) >= shorter_side_px), 1)


def _left_to_turn(image: Any, header: Header) -> int:
    """The orientation that is still to be applied: Pillow turns a TIFF while loading it, and drops the tag then."""
    if header.format == "TIFF" and image.tag_v2.get(0x0112, 1) == 1:
        return 1
    return header.orientation


def _upright(image: Image.Image, orientation: int) -> NDArray[np.uint8]:
    """The pixels of an RGB image, turned by what its EXIF orientation says of how it was stored (CIPA DC-008, 4.6.4).

    OpenCV turns five times as fast as Pillow, and nearly every photo of a phone is to be turned.
    """
    pixels = pixels_of(image)
    if orientation == 1:
        return np.ascontiguousarray(pixels)
    import cv2

    if orientation >= 5:  # rows and columns are exchanged
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
    if orientation in _FLIPS:
        pixels = np.asarray(cv2.flip(pixels, _FLIPS[orientation]), np.uint8)
    return pixels


def _facts(header: Header, flattened: bool, note: str | None, size_bytes: int | None) -> SourceFacts:
    w, h = header.size_wh
    return SourceFacts(
        format=header.format,
        mode=header.mode,
        size_wh=(h, w) if header.orientation >= 5 else (w, h),
        orientation=header.orientation,
        icc=note,
        size_bytes=size_bytes,
        dpi=header.dpi,
        flattened=flattened,
        jpeg_quality=header.jpeg_quality,
        focal_35mm=header.focal_35mm,
    )
