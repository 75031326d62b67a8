"""Where a photo comes from: every door leads to bytes with a known header, or to pixels, before anything is decoded."""

from __future__ import annotations

import io
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from ephoto.core.errors import EphotoError, InputError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.settings import Settings

__all__ = ["FORMATS", "LEAST_SIDE_PX", "Loaded", "load", "opened"]

# Pillow's own limit warns through a process-wide filter and cannot be set for one call; ours (Settings.max_pixels) is
# checked against the header before any pixel is decoded, so theirs is switched off.
Image.MAX_IMAGE_PIXELS = None

FORMATS = frozenset({"JPEG", "MPO", "PNG", "WEBP", "TIFF", "BMP", "HEIF", "AVIF"})
LEAST_SIDE_PX = 16  # no face can be told apart on fewer
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
_TAG_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A photo that has been read but not decoded.

    `data` are the file's bytes, or None where the caller gave pixels: then `pixels` is an upright copy,
    (H, W, 3) uint8 sRGB, and `flattened` tells whether transparency was laid on white.
    """

    data: bytes | None
    format: str
    size_wh: tuple[int, int]
    pixels: NDArray[np.uint8] | None = None
    flattened: bool = False
    image: Any = None


def load(source: Any, settings: Settings) -> Loaded:
    """Read a photo from a path, bytes, a binary file object, a Pillow image or a numpy array.

    The caller's object is never changed.

    Raises
    ------
    InputError
        "not_found", "not_readable", "empty", "not_a_picture", "format_unsupported", "animated",
        "too_many_bytes", "too_many_pixels", "too_small".
    UsageError
        "folder_input", "bad_array", "bad_source".
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, settings)
    if isinstance(source, Image.Image):
        return _from_image(source, settings)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(source), settings)
    if isinstance(source, (str, os.PathLike)):
        return _from_bytes(_file_bytes(source, settings), settings)
    if callable(getattr(source, "read", None)):
        return _from_bytes(_stream_bytes(source, settings), settings)
    raise UsageError("bad_source", kind=type(source).__name__)


def _file_bytes(path: str | os.PathLike[str], settings: Settings) -> bytes:
    shown = os.fspath(path)
    try:
        facts = os.stat(path)  # noqa: PTH116 (any path-like)
        if stat.S_ISDIR(facts.st_mode):
            raise UsageError("folder_input", path=shown)
        if not stat.S_ISREG(facts.st_mode):
            raise InputError("not_readable", path=shown, problem="it is not an ordinary file")
        with open(path, "rb") as file:  # noqa: PTH123 (any path-like)
            return _stream_bytes(file, settings)
    except FileNotFoundError:
        raise InputError("not_found", path=shown) from None
    except (OSError, ValueError) as error:
        if isinstance(error, EphotoError):
            raise
        problem = getattr(error, "strerror", None) or str(error)
        raise InputError("not_readable", path=shown, problem=problem) from None


def _stream_bytes(stream: Any, settings: Settings) -> bytes:
    """At most one byte more than the limit is read, so that an endless stream ends."""
    try:
        data = stream.read(settings.max_bytes + 1)
    except OSError as error:
        raise InputError("not_readable", path=_name(stream), problem=error.strerror or str(error)) from None
    except ValueError as error:  # a closed file
        raise InputError("not_readable", path=_name(stream), problem=str(error)) from None
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise UsageError("bad_source", kind=f"{type(stream).__name__} that gives {type(data).__name__}")
    return bytes(data)


def _name(stream: Any) -> str:
    name = getattr(stream, "name", None)
    return name if isinstance(name, str) else type(stream).__name__


def _from_bytes(data: bytes, settings: Settings) -> Loaded:
    if not data:
        raise InputError("empty")
    if len(data) > settings.max_bytes:
        raise InputError("too_many_bytes", size=len(data), limit=settings.max_bytes)
    with opened(data) as image:
        _check_header(image, settings)
        return Loaded(data, image.format or "", image.size)


def opened(data: bytes) -> Image.Image:
    """A Pillow image of these bytes, its header parsed and no pixel decoded.

    Raises
    ------
    InputError
        "not_a_picture", "corrupt".
    """
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        _register_heif()
    try:
        return Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        raise InputError("not_a_picture") from None
    except Exception as error:  # decoders raise whatever their parser meets in broken headers
        raise InputError("corrupt", problem=_short(error)) from None


def _register_heif() -> None:
    """Pillow learns HEIC from an add-on, which is only loaded for files that need it."""
    import pillow_heif

    pillow_heif.register_heif_opener()


def _check_header(image: Image.Image, settings: Settings) -> None:
    if image.format is not None and image.format not in FORMATS:
        raise InputError("format_unsupported", format=image.format)
    _check_size(image.size, settings)
    # Phones write a depth map or a second exposure behind the photo (MPO); the first picture is the photo.
    frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    if frames > 1:
        raise InputError("animated", frames=frames)


def _check_size(size_wh: tuple[int, int], settings: Settings) -> None:
    w, h = size_wh
    if w * h > settings.max_pixels:
        raise InputError("too_many_pixels", width=w, height=h, limit=settings.max_pixels)
    if min(w, h) < LEAST_SIDE_PX:
        raise InputError("too_small", width=w, height=h)


def _from_image(image: Image.Image, settings: Settings) -> Loaded:
    """A Pillow image: opened from a file or made in memory; a copy is decoded, never the caller's own."""
    try:
        _check_header(image, settings)
        image.load()  # fills the caller's lazy pixels, which any use of it would do
        copy = image.copy()
        orientation = image.getexif().get(_TAG_ORIENTATION, 1)
    except EphotoError:
        raise
    except Exception as error:
        raise InputError("corrupt", problem=_short(error)) from None
    copy.info["ephoto_orientation"] = orientation
    return Loaded(None, image.format or "image", image.size, image=copy)


def _from_array(array: NDArray[Any], settings: Settings) -> Loaded:
    """(H, W), (H, W, 1), (H, W, 3) RGB or (H, W, 4) RGBA; uint8, uint16 or float in 0..1."""
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise UsageError("bad_array", problem=f"its shape is {array.shape}")
    h, w = array.shape[:2]
    _check_size((w, h), settings)
    eight = _eight_bit(array)
    flattened = array.shape[2] == 4
    if flattened:
        alpha = eight[..., 3:].astype(np.uint16)
        eight = ((eight[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    pixels = np.ascontiguousarray(np.broadcast_to(eight, (h, w, 3)))
    if np.may_share_memory(pixels, array):
        pixels = pixels.copy()
    return Loaded(None, "array", (w, h), pixels=pixels, flattened=flattened)


def _eight_bit(array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.uint16:
        return ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if array.dtype.kind != "f":
        raise UsageError("bad_array", problem=f"its type is {array.dtype}")
    if not np.isfinite(array).all():
        raise UsageError("bad_array", problem="it has values that are not finite")
    if array.min() < 0 or array.max() > 1:
        raise UsageError("bad_array", problem="it has values outside 0..1")
    return (array * 255 + 0.5).astype(np.uint8)


def _short(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0][:120]
