"""From bytes to upright sRGB pixels: one rule for every format, applied once."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageFile

from ephoto.codec.profile import to_srgb
from ephoto.codec.quality import jpeg_quality
from ephoto.codec.source import Loaded, opened
from ephoto.core.errors import EphotoError, InputError
from ephoto.core.types import Photo, SourceFacts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.settings import Settings

__all__ = ["decode"]

_ORIENTATION, _EXIF_IFD, _FOCAL_35MM = 0x0112, 0x8769, 0xA405
_TURN = {  # EXIF orientation -> what turns the stored picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# HEIF and AVIF carry their rotation in boxes of their own, which the decoder has applied; an EXIF tag beside them is
# only informative. Turning by both is a known fault of viewers.
_TURNED_BY_DECODER = frozenset({"HEIF", "AVIF"})


def decode(loaded: Loaded, settings: Settings, *, shorter_side_px: int | None = None) -> Photo:
    """Decode a loaded photo.

    Parameters
    ----------
    loaded : Loaded
    settings : Settings
        `allow_truncated` takes what is there of a file that ends early.
    shorter_side_px : int, optional
        A JPEG is decoded at 1/2, 1/4 or 1/8 (in its DCT, which costs less than decoding it whole) as long as the
        shorter side keeps at least this many px.

    Raises
    ------
    InputError
        "truncated", "corrupt".
    """
    if loaded.pixels is not None:
        facts = SourceFacts("array", "RGB", loaded.size_wh, flattened=loaded.flattened)
        return Photo(loaded.pixels, facts)
    try:
        image = loaded.image.copy() if loaded.data is None else opened(loaded.data)
        return _decoded(image, loaded, settings, shorter_side_px)
    except EphotoError:
        raise
    except Exception as error:  # whatever a decoder meets in broken data
        if _is_truncation(error):
            raise InputError("truncated") from None
        problem = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise InputError("corrupt", problem=problem) from None


def _decoded(image: Image.Image, loaded: Loaded, settings: Settings, shorter_side_px: int | None) -> Photo:
    orientation = _orientation(image, loaded)
    stored_wh, mode = image.size, image.mode
    facts = _header_facts(image)
    if image.format in ("JPEG", "MPO"):
        if shorter_side_px:
            _draft(image, shorter_side_px)
        if not settings.allow_truncated and loaded.data is not None:
            _check_jpeg_end(loaded.data, image)
    if settings.allow_truncated and loaded.data is not None:
        image = _tolerant(image, loaded.data, shorter_side_px)
    image.load()
    icc = image.info.get("icc_profile")
    image, flattened = _plain(image)
    image, profile = to_srgb(image, icc)
    if orientation in _TURN:
        image = image.transpose(_TURN[orientation])
    pixels = np.ascontiguousarray(np.asarray(image.convert("RGB") if image.mode != "RGB" else image))
    wh = stored_wh[::-1] if orientation >= 5 else stored_wh
    scale = max(pixels.shape[:2]) / max(wh)
    source = SourceFacts(
        format=_format_name(loaded),
        mode=mode,
        size_wh=wh,
        orientation=orientation,
        icc=profile,
        size_bytes=None if loaded.data is None else len(loaded.data),
        flattened=flattened,
        **facts,
    )
    return Photo(pixels, source, scale)


def _format_name(loaded: Loaded) -> str:
    return "JPEG" if loaded.format == "MPO" else loaded.format


def _orientation(image: Image.Image, loaded: Loaded) -> int:
    if loaded.format in _TURNED_BY_DECODER:
        return 1
    if loaded.data is None:
        value = image.info.get("ephoto_orientation", 1)
    else:
        try:
            value = image.getexif().get(_ORIENTATION, 1)
        except Exception:  # broken metadata does not spoil a picture
            return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _header_facts(image: Image.Image) -> dict[str, Any]:
    """What is worth keeping of the metadata: resolution, focal length, JPEG quality; nothing personal."""
    dpi = image.info.get("dpi")
    try:
        focal = image.getexif().get_ifd(_EXIF_IFD).get(_FOCAL_35MM)
    except Exception:
        focal = None
    tables = getattr(image, "quantization", None)
    return {
        "dpi": (float(dpi[0]), float(dpi[1])) if isinstance(dpi, tuple) and len(dpi) == 2 else None,
        "focal_35mm": float(focal) if isinstance(focal, (int, float)) and focal > 0 else None,
        "jpeg_quality": jpeg_quality(tables) if tables else None,
    }


def _draft(image: Image.Image, shorter_side_px: int) -> None:
    for reduction in (8, 4, 2):
        if -(-min(image.size) // reduction) >= shorter_side_px:
            # Only the size: the mode stays, since a profile belongs to the stored colours.
            image.draft(None, (image.width // reduction, image.height // reduction))
            return


def _check_jpeg_end(data: bytes, image: Image.Image) -> None:
    """The decoder fills a missing end with grey and says nothing if only a little is missing: look for the marker."""
    if image.format == "JPEG" and data.rfind(b"\xff\xd9") < max(data.rfind(b"\xff\xda"), 0):
        raise InputError("truncated")


def _tolerant(image: Image.Image, data: bytes, shorter_side_px: int | None) -> Image.Image:
    """What is there of a picture that ends early: fed to a parser, which keeps the rows that it got."""
    if image.format in ("JPEG", "MPO"):
        data += b"\xff\xd9" * 64  # the decoder stops at the marker instead of asking for more
        again = opened(data)
        if shorter_side_px:
            _draft(again, shorter_side_px)
        return again
    parser = ImageFile.Parser()
    parser.feed(data)
    return parser.image if parser.image is not None and parser.decoder is not None else opened(data)


def _is_truncation(error: Exception) -> bool:
    words = str(error).lower()
    short = ("truncated", "not enough image data", "unrecognized data stream", "end of file", "premature", "eof")
    return isinstance(error, (EOFError, struct.error)) or any(w in words for w in short)


def _plain(image: Image.Image) -> tuple[Image.Image, bool]:
    """The same picture in L, RGB, CMYK or LAB, 8 bits, opaque; whether transparency was laid on white."""
    if image.mode in ("L", "RGB", "CMYK", "LAB"):
        if "transparency" not in image.info:
            return image, False
        image = image.convert("RGBA")
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I", "F"):
        return _from_deep(image), False
    if image.mode in ("1", "YCbCr", "HSV"):
        return image.convert("L" if image.mode == "1" else "RGB"), False
    if image.mode == "P" and "transparency" not in image.info:
        return image.convert("RGB"), False
    rgba = image.convert("RGBA")
    if rgba.getchannel("A").getextrema() == (255, 255):
        return rgba.convert("RGB"), False
    ground = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    return Image.alpha_composite(ground, rgba).convert("RGB"), True


def _from_deep(image: Image.Image) -> Image.Image:
    """16 and 32 bit greys to 8 bits: rounded, not cut off."""
    deep: NDArray[Any] = np.asarray(image)
    if image.mode == "F":
        top = 1.0 if float(deep.max(initial=0.0)) <= 1.0 else 255.0
        return Image.fromarray(np.clip(np.nan_to_num(deep) / top * 255 + 0.5, 0, 255).astype(np.uint8))
    wide = deep.astype(np.int64)
    if image.mode == "I" and wide.max(initial=0) <= 255:
        return Image.fromarray(np.clip(wide, 0, 255).astype(np.uint8))
    return Image.fromarray(np.clip((wide + 128) // 257, 0, 255).astype(np.uint8))
