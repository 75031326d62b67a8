"""From whatever a caller holds to bytes (or pixels) within the limits, and the facts of their header."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ephoto.codec.arrays import check_shape, from_array
from ephoto.codec.ends import chunks, ends_early
from ephoto.codec.exif import ExifFacts, read_exif
from ephoto.codec.extent import declared_size
from ephoto.codec.formats import format_of, open_image
from ephoto.codec.markers import SOS, estimated_quality
from ephoto.core.errors import EphotoError, InputError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ephoto.core.settings import Settings

__all__ = ["MIN_SIDE_PX", "Header", "Loaded", "dpi_of", "load", "problem_of", "read_file", "unreadable"]

MIN_SIDE_PX = 16  # no face with eyes that can be told apart fits in less (the house's own choice)
MAX_SCANS = 256  # ordinary progressive files have about 10; thousands are an attack on the decoder's time
_SUBFILE_TYPE, _SUB_IFDS, _DNG_VERSION = 254, 330, 50706  # tags
_THUMBNAIL, _MASK = 1, 4  # bits of NewSubfileType
MAX_PAGES = 100  # of a TIFF that are looked at; a chain that is longer is no photo
_BLOCK = 1 << 20  # bytes read at a time, so that an endless file is left at the limit


@dataclass(frozen=True, slots=True)
class Header:
    """What a photo says of itself before it is decoded.

    `size_wh` is as stored, `orientation` the EXIF value that decoding will apply (1 where the container turns
    the picture itself). `icc` is the embedded profile. `reducible` is true where a smaller decoding is cheap.
    """

    format: str
    mode: str
    size_wh: tuple[int, int]
    orientation: int = 1
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    focal_35mm: float | None = None
    jpeg_quality: int | None = None
    reducible: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A photo that may be decoded any number of times, at any scale, without asking the caller again.

    Exactly one of `data` (a file's bytes), `image` (a private copy of a Pillow image) and `pixels`
    ((H, W, 3|4) uint8, copied from an array) is there.
    """

    header: Header
    data: bytes | None = None
    image: Image.Image | None = None
    pixels: NDArray[np.uint8] | None = None


def load(source: Any, settings: Settings) -> Loaded:
    """Take a photo in.

    Parameters
    ----------
    source : str, os.PathLike, bytes, bytearray, memoryview, binary file object, PIL.Image.Image or ndarray
        Never changed. A file object is read from where it stands; a seekable one is put back there.
    settings : Settings
        `max_bytes` and `max_pixels`.

    Raises
    ------
    UsageError
        "folder_input", "bad_array", "bad_source".
    InputError
        "not_found", "not_readable", "empty", "too_many_bytes", "not_a_picture", "format_unsupported",
        "animated", "too_small", "too_many_pixels", "truncated", "corrupt".
    """
    if isinstance(source, np.ndarray):
        return _array(source, settings)
    if isinstance(source, Image.Image):
        return _pillow(source, settings)
    data = _bytes_of(source, settings)
    name = format_of(data)
    return Loaded(_header(data, name, settings), data=data)


def _array(array: NDArray[Any], settings: Settings) -> Loaded:
    check_shape(array)
    _check_size((array.shape[1], array.shape[0]), settings)  # before anything of that size is allocated
    pixels = from_array(array)
    pixels.flags.writeable = False  # decoding twice gives the same array
    size = (pixels.shape[1], pixels.shape[0])
    return Loaded(Header("array", "RGB" if pixels.shape[2] == 3 else "RGBA", size), pixels=pixels)


def _pillow(image: Image.Image, settings: Settings) -> Loaded:
    _check_size(image.size, settings)
    try:
        frames = int(getattr(image, "n_frames", 1))
        if frames > 1 and image.format != "MPO":  # an MPO's first picture is the photo
            raise InputError("animated", frames=frames)
        copy = image.copy()  # decodes it, if that has not happened yet
        orientation = image.getexif().get(0x0112, 1)  # after decoding: Pillow itself turns TIFF then
    except EphotoError:
        raise
    except Exception as error:
        raise InputError("corrupt", problem=problem_of(error)) from error
    icc = copy.info.get("icc_profile")
    header = Header(
        image.format or "image",
        copy.mode,
        copy.size,
        orientation=orientation if orientation in range(1, 9) else 1,
        icc=icc if isinstance(icc, bytes) else None,
        dpi=dpi_of(copy.info.get("dpi")),
    )
    return Loaded(header, image=copy)


def _bytes_of(source: Any, settings: Settings) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        size = source.nbytes if isinstance(source, memoryview) else len(source)
        if size > settings.max_bytes:
            raise InputError("too_many_bytes", size=size, limit=settings.max_bytes)
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        return read_file(os.fsdecode(source), settings.max_bytes)
    if callable(getattr(source, "read", None)):
        return _stream(source, settings.max_bytes)
    raise UsageError("bad_source", kind=type(source).__name__)


def read_file(path: str, limit: int) -> bytes:
    """The bytes of an ordinary file, `limit` of them at most.

    Raises
    ------
    UsageError
        "folder_input".
    InputError
        "not_found", "not_readable", "too_many_bytes".
    """
    try:
        facts = os.stat(path)  # noqa: PTH116  (follows links, never opens: a pipe would block)
        if stat.S_ISDIR(facts.st_mode):
            raise UsageError("folder_input", path=path)
        if not stat.S_ISREG(facts.st_mode):
            raise InputError("not_readable", path=path, problem="it is not an ordinary file")
        if facts.st_size > limit:
            raise InputError("too_many_bytes", size=facts.st_size, limit=limit)
        with open(path, "rb") as file:  # noqa: PTH123
            return _read(file, limit)
    except EphotoError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError("not_found", path=path) from error
    except ValueError as error:  # a zero byte in the name: no such file can exist
        raise InputError("not_found", path=path) from error
    except OSError as error:
        raise InputError("not_readable", path=path, problem=error.strerror or str(error)) from error


def _stream(file: Any, limit: int) -> bytes:
    kind = getattr(file, "name", None) or type(file).__name__
    start = None
    try:
        if file.seekable():
            start = file.tell()
    except Exception:  # objects with nothing but read() are fine
        start = None
    try:
        data = _read(file, limit)
        if start is not None:
            file.seek(start)
        return data
    except EphotoError:
        raise
    except Exception as error:
        raise InputError("not_readable", path=str(kind), problem=problem_of(error)) from error


def _read(file: Any, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while block := file.read(_BLOCK):
        if not isinstance(block, (bytes, bytearray, memoryview)):
            raise UsageError("bad_source", kind=f"a file object that gives {type(block).__name__}")
        parts.append(bytes(block))
        size += len(parts[-1])
        if size > limit:
            raise InputError("too_many_bytes", size=size, limit=limit)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _header(data: bytes, name: str, settings: Settings) -> Header:
    declared = declared_size(data, name)
    if declared is not None:
        _check_size(declared, settings)
    try:
        image = open_image(data, name)
        _check_size(image.size, settings)
        if name == "TIFF" and _is_raw(image):
            raise InputError("format_unsupported", format="Camera raw")
        frames = _frames(image, name)
        if frames > 1:
            raise InputError("animated", frames=frames)
        exif = _exif(image, data, name)
        icc = image.info.get("icc_profile")
        header = Header(
            name,
            image.mode,
            _stored_size(image, name),
            orientation=exif.orientation,
            icc=icc if isinstance(icc, bytes) and icc else None,
            dpi=dpi_of(image.info.get("dpi")) or exif.dpi,
            focal_35mm=exif.focal_35mm,
        )
        if name == "JPEG":
            if image.info.get("progressive") and data.count(SOS) > MAX_SCANS:
                raise InputError("corrupt", problem=f"it has more than {MAX_SCANS} scans")
            return replace(header, jpeg_quality=_quality(image), reducible=True)
        return header
    except EphotoError:
        raise
    except Exception as error:
        raise unreadable(data, name, error) from error


def _stored_size(image: Any, name: str) -> tuple[int, int]:
    """As stored: newer versions of Pillow give the upright size of a TIFF."""
    if name != "TIFF":
        return int(image.width), int(image.height)
    return int(image.tag_v2[256]), int(image.tag_v2[257])


def _frames(image: Any, name: str) -> int:
    if name in ("JPEG", "BMP"):
        return 1
    frames = int(getattr(image, "n_frames", 1))
    return _pages(image, frames) if name == "TIFF" and frames > 1 else frames


def _first(tags: Any, tag: int) -> int:
    """A TIFF tag's only value; 0 where it is missing or no whole number."""
    value = tags.get(tag, 0)
    return value if isinstance(value, int) else 0


def _is_raw(image: Any) -> bool:
    """DNG, or a TIFF that begins with a thumbnail and has its pictures below it, as NEF and ARW do."""
    tags = image.tag_v2
    return _DNG_VERSION in tags or (_SUB_IFDS in tags and bool(_first(tags, _SUBFILE_TYPE) & _THUMBNAIL))


def _pages(image: Any, frames: int) -> int:
    """Pages of a TIFF without the thumbnails and masks among them (TIFF 6.0, NewSubfileType)."""
    pages = 1
    for k in range(1, min(frames, MAX_PAGES)):
        image.seek(k)
        pages += not _first(image.tag_v2, _SUBFILE_TYPE) & (_THUMBNAIL | _MASK)
    image.seek(0)
    return pages


def _exif(image: Any, data: bytes, name: str) -> ExifFacts:
    """The facts; the orientation of HEIF is its container's own affair, which the reader has applied."""
    if name == "TIFF":
        return read_exif(data)  # EXIF is TIFF
    block = image.info.get("exif")
    if block is None and name == "PNG":
        block = next((data[a:b] for kind, a, b in chunks(data) if kind == b"eXIf"), None)
    facts = read_exif(block)
    return replace(facts, orientation=1) if name == "HEIF" else facts


def _quality(image: Any) -> int | None:
    tables = getattr(image, "quantization", None)
    return estimated_quality(tables[min(tables)]) if tables else None


def _check_size(size_wh: tuple[int, int], settings: Settings) -> None:
    w, h = size_wh
    if w * h > settings.max_pixels:
        raise InputError("too_many_pixels", width=w, height=h, limit=settings.max_pixels)
    if min(w, h) < MIN_SIDE_PX:
        raise InputError("too_small", width=w, height=h)


def dpi_of(dpi: Any) -> tuple[float, float] | None:
    """A stated resolution as two floats; None unless both are real ones."""
    try:
        x, y = (float(v) for v in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (x, y) if 1.0 < x < 1e5 and 1.0 < y < 1e5 else None


def unreadable(data: bytes, name: str, error: Exception) -> InputError:
    """What a decoder's exception means for the caller."""
    if ends_early(data, name):
        return InputError("truncated")
    return InputError("corrupt", problem=problem_of(error))


def problem_of(error: Exception) -> str:
    """A decoder's own words, short and on one line; its type where it has none."""
    words = " ".join(str(error).split())
    return words[:200] if words else type(error).__name__
