"""What a finished file says of itself, read from its bytes; no pixel is decoded."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ephoto.codec.ends import chunks
from ephoto.codec.exif import read_exif
from ephoto.codec.formats import format_of, open_image
from ephoto.codec.markers import EOI, estimated_quality, segments
from ephoto.codec.profile import is_srgb
from ephoto.codec.source import Header, Loaded, dpi_of, load, unreadable
from ephoto.core.errors import EphotoError
from ephoto.core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ephoto.codec.markers import Segment

__all__ = ["FileFacts", "probe"]

_FRAMES = {0xC0: False, 0xC1: False, 0xC2: True}  # start of frame: is it progressive? (T.81, table B.1)
_SUBSAMPLING = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1"}
_JPEG_MODES = {1: "L", 3: "RGB", 4: "CMYK"}
_PNG_MODES = {0: "L", 2: "RGB", 3: "P", 4: "LA", 6: "RGBA"}  # by colour type (PNG 3rd edition, table 9)
_PNG_METADATA = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt"})
_XMP_SEGMENT, _XMP_CHUNK = b"http://ns.adobe.com/xap/1.0/\x00", b"XML:com.adobe.xmp\x00"
_INCH_M, _INCH_CM = 0.0254, 2.54
_MOST_PROFILE_BYTES = 1 << 22  # more than any profile that exists, less than a zip bomb


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file's own facts.

    `dpi` is (x, y) as the header states it. `quality` is estimated on the IJG's scale, JPEG only.
    `has_metadata` covers EXIF (with position and thumbnail), XMP, comments (any text), other application segments,
    and profiles other than sRGB; the fields after it say which of these it is. `trailing_bytes` come after the
    picture's end: padding, or a second picture.
    """

    format: str
    size_wh: tuple[int, int]
    dpi: tuple[float, float] | None
    mode: str
    size_bytes: int
    quality: int | None = None
    subsampling: str | None = None
    progressive: bool = False
    has_metadata: bool = False
    has_exif: bool = False
    has_gps: bool = False
    has_thumbnail: bool = False
    has_xmp: bool = False
    has_comment: bool = False
    has_icc: bool = False
    trailing_bytes: int = 0
    data: bytes = field(default=b"", repr=False, compare=False)

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """What the file shows, (H, W, 3) upright sRGB; decoded anew whenever it is asked for."""
        from ephoto.codec.decode import decode

        settings = Settings()
        if self.has_metadata or self.has_icc:  # it may turn the picture, or speak of other colours
            return decode(load(self.data, settings), settings).pixels
        plain = Loaded(Header(self.format, self.mode, self.size_wh), data=self.data)
        return decode(plain, settings).pixels


def probe(data: bytes) -> FileFacts:
    """Read a file's header.

    Raises
    ------
    InputError
        "empty", "not_a_picture", "format_unsupported", "truncated", "corrupt"; for formats other than JPEG and PNG
        whatever `load` refuses.
    """
    name = format_of(data)
    try:
        if name == "JPEG":
            return _jpeg(data)
        return _png(data) if name == "PNG" else _other(data, name)
    except EphotoError:
        raise
    except Exception as error:
        raise unreadable(data, name, error) from error


def _jpeg(data: bytes) -> FileFacts:
    facts: dict[str, Any] = {"dpi": None, "quality": None}
    tables: dict[int, list[int]] = {}
    profile: list[bytes] = []
    end = len(data)
    for segment in segments(data):
        marker, payload = segment.marker, data[segment.start : segment.end]
        if marker in _FRAMES:
            facts |= _frame(payload, progressive=_FRAMES[marker])
        elif marker == 0xDB:
            tables |= _tables(payload)
        elif marker == 0xE0 and payload.startswith(b"JFIF\x00"):
            facts["dpi"] = _jfif_dpi(payload)
        elif marker == 0xE2 and payload.startswith(b"ICC_PROFILE\x00"):
            profile.append(payload[14:])
        elif marker == EOI[1]:
            end = segment.end
        if _is_metadata(segment, payload):
            facts |= {"has_metadata": True} | _which(marker, payload)
    if profile:
        facts["has_icc"] = True
        facts["has_metadata"] = facts.get("has_metadata", False) or not is_srgb(b"".join(profile))
    if tables:
        facts["quality"] = estimated_quality(tables[min(tables)])
    return FileFacts(format="JPEG", size_bytes=len(data), trailing_bytes=len(data) - end, data=data, **facts)


def _is_metadata(segment: Segment, payload: bytes) -> bool:
    """Comments and application segments, but for JFIF without a thumbnail, the colour marker and profiles."""
    marker = segment.marker
    if marker == 0xE0:
        return not (payload.startswith(b"JFIF\x00") and payload[12:14] == b"\x00\x00")
    if marker == 0xE2 and payload.startswith(b"ICC_PROFILE\x00"):
        return False  # judged as a whole
    if marker == 0xEE and payload.startswith(b"Adobe"):
        return False
    return marker == 0xFE or 0xE1 <= marker <= 0xEF


def _which(marker: int, payload: bytes) -> dict[str, Any]:
    """What a segment of metadata is; nothing for a kind that has no field of its own."""
    if marker == 0xFE:
        return {"has_comment": True}
    if marker == 0xE0:
        return {"has_thumbnail": True}
    if marker == 0xE1 and payload.startswith(b"Exif\x00\x00"):
        return _exif_facts(payload)
    return {"has_xmp": True} if marker == 0xE1 and payload.startswith(_XMP_SEGMENT) else {}


def _exif_facts(block: bytes) -> dict[str, Any]:
    facts = read_exif(block)
    return {"has_exif": True} | {k: True for k in ("has_gps", "has_thumbnail") if getattr(facts, k)}


def _frame(payload: bytes, *, progressive: bool) -> dict[str, Any]:
    _, height, width, count = struct.unpack_from(">BHHB", payload)
    facts: dict[str, Any] = {"size_wh": (width, height), "mode": _JPEG_MODES[count], "progressive": progressive}
    if count == 3:
        luma, chroma = payload[7], payload[10]
        ratio = ((luma >> 4) // (chroma >> 4), (luma & 15) // (chroma & 15))
        facts["subsampling"] = _SUBSAMPLING.get(ratio)
    return facts


def _tables(payload: bytes) -> dict[int, list[int]]:
    """Quantisation tables by number, 8 or 16 bits a step (T.81, B.2.4.1)."""
    found, at = {}, 0
    while at < len(payload):
        wide, number = payload[at] >> 4, payload[at] & 15
        steps: Sequence[int] = struct.unpack_from(">64H" if wide else "64B", payload, at + 1)
        found[number] = list(steps)
        at += 129 if wide else 65
    return found


def _jfif_dpi(payload: bytes) -> tuple[float, float] | None:
    unit, x, y = struct.unpack_from(">BHH", payload, 7)
    factor = {1: 1.0, 2: _INCH_CM}.get(unit)
    return None if factor is None else dpi_of((x * factor, y * factor))


def _png(data: bytes) -> FileFacts:
    found = chunks(data)
    kind, start, _ = found[0]
    if kind != b"IHDR":
        raise ValueError("the first chunk is not IHDR")
    width, height, depth, colour, *_ = struct.unpack_from(">IIBBBBB", data, start)
    mode = _PNG_MODES[colour]
    if colour == 0:
        mode = {1: "1", 16: "I;16"}.get(depth, "L")
    dpi, personal, end = None, False, len(data)
    which: dict[str, Any] = {}
    for kind, start, stop in found:
        if kind == b"pHYs":
            x, y, unit = struct.unpack_from(">IIB", data, start)
            dpi = dpi_of((x * _INCH_M, y * _INCH_M)) if unit == 1 else None
        elif kind in _PNG_METADATA:
            personal = True
            which |= _which_chunk(kind, data[start:stop])
        elif kind == b"iCCP":
            which["has_icc"] = True
            personal |= not is_srgb(_unpacked(data[start:stop]))
        elif kind == b"IEND":
            end = stop + 4
            break
    trailing = len(data) - end
    facts = FileFacts(
        "PNG", (width, height), dpi, mode, len(data), has_metadata=personal, trailing_bytes=trailing, data=data
    )
    return replace(facts, **which)


def _which_chunk(kind: bytes, payload: bytes) -> dict[str, Any]:
    if kind == b"eXIf":
        return _exif_facts(payload)
    return {"has_xmp": True} if payload.startswith(_XMP_CHUNK) else {"has_comment": True}


def _unpacked(profile: bytes) -> bytes:
    """An iCCP chunk's profile: a name, a zero, the method's number, then zlib data."""
    return zlib.decompressobj().decompress(profile[profile.index(0) + 2 :], _MOST_PROFILE_BYTES)


def _other(data: bytes, name: str) -> FileFacts:
    load(data, Settings())  # holds the limits: some readers set memory aside while they open a file
    image = open_image(data, name)
    exif = image.info.get("exif")
    icc = image.info.get("icc_profile")
    personal = any(image.info.get(key) for key in ("exif", "xmp", "comment", "photoshop"))
    facts = FileFacts(
        name,
        image.size,
        dpi_of(image.info.get("dpi")) or read_exif(exif).dpi,
        image.mode,
        len(data),
        has_metadata=personal or bool(icc and not is_srgb(icc)),
        has_xmp=bool(image.info.get("xmp")),
        has_comment=bool(image.info.get("comment")),
        has_icc=bool(icc),
        data=data,
    )
    return replace(facts, **_exif_facts(exif)) if exif else facts
