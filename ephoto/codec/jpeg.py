"""JPEG structure: what stands in the segments before and after the picture (ITU-T T.81, annex B; JFIF 1.02).

Nothing is decoded here, so a header costs some ten microseconds and cannot be a bomb.
"""

from __future__ import annotations

import struct
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from ephoto.codec.ifd import plausible_dpi
from ephoto.core.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["END", "JpegFacts", "examine", "quality_of"]

END = b"\xff\xd9"
MAX_SCANS = 256  # ordinary progressive files have about 10; thousands of them are an attack on the decoder's time
_SOF = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))
_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
_BARE = frozenset((0x01, *range(0xD0, 0xD8)))  # markers without a length
_SOS, _DQT, _COM, _APP0, _APP1, _APP2, _EOI = 0xDA, 0xDB, 0xFE, 0xE0, 0xE1, 0xE2, 0xD9
_EXIF, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_MODES = {1: "L", 3: "RGB", 4: "CMYK"}


@dataclass(slots=True)
class JpegFacts:
    """What the segments say. `end` is the offset after the end of the picture, None where the file stops before."""

    size_wh: tuple[int, int] = (0, 0)
    components: tuple[tuple[int, int], ...] = ()  # sampling factors (horizontal, vertical)
    progressive: bool = False
    tables: dict[int, bytes] = field(default_factory=dict)  # quantisation by number, 8 bit, in zigzag order
    exif: bytes | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    thumbnail: bool = False  # in the JFIF header
    xmp: bool = False
    comment: bool = False
    scan: int | None = None  # offset of the first scan's segment
    end: int | None = None

    @property
    def mode(self) -> str:
        """Pillow's name for the stored pixels."""
        return _MODES.get(len(self.components), "?")

    @property
    def subsampling(self) -> str | None:
        """Chroma subsampling as "4:4:4", "4:2:2", "4:2:0", "4:4:0" or "4:1:1"; None for grey and unusual ones."""
        if len(self.components) != 3 or self.components[1] != self.components[2]:
            return None
        (lh, lv), (ch, cv) = self.components[0], self.components[1]
        names = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1"}
        return names.get((lh // ch, lv // cv)) if ch and cv else None


def examine(data: bytes) -> JpegFacts:
    """Read the segments up to the first scan, then find where the picture ends.

    In a scan a byte 0xFF is followed by 0 or by a restart marker, so the first end marker after the first scan's
    header is the picture's own; thumbnails lie in segments before it, a phone's gain map or second picture after.

    Raises
    ------
    InputError
        "corrupt" for what is no sequence of segments; "truncated" if the file ends before the first scan.
    """
    facts = JpegFacts()
    profile: dict[int, bytes] = {}
    at = 2
    while facts.scan is None:
        at, marker = _next_marker(data, at)
        if marker in _BARE:
            continue
        if marker == _EOI:
            raise InputError("corrupt", problem="it has no picture before its end")
        length = int.from_bytes(data[at : at + 2])
        if at + max(length, 2) > len(data):
            raise InputError("truncated")
        if length < 2:
            raise InputError("corrupt", problem=f"segment {marker:#04x} has no length")
        if marker == _SOS:
            facts.scan = at - 2
        _read_segment(facts, profile, marker, data[at + 2 : at + length])
        at += length
    if data.count(b"\xff\xda", at) > MAX_SCANS:
        raise InputError("corrupt", problem=f"it has more than {MAX_SCANS} scans")
    facts.icc = b"".join(profile[k] for k in sorted(profile)) or None
    found = data.find(END, at)
    facts.end = found + len(END) if found >= 0 else None
    return facts


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    """The offset after the next marker, and its code; fill bytes and stray bytes are stepped over as decoders do."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise InputError("truncated")
        code = data[at + 1]
        if code not in (0x00, 0xFF):
            return at + 2, code
        at += 1


def _read_segment(facts: JpegFacts, profile: dict[int, bytes], marker: int, body: bytes) -> None:
    if marker in _SOF and len(body) >= 6:
        height, width, count = struct.unpack_from(">HHB", body, 1)
        facts.size_wh, facts.progressive = (width, height), marker in _PROGRESSIVE
        facts.components = tuple((b >> 4, b & 15) for b in body[7 : 6 + 3 * count : 3])
    elif marker == _DQT:
        _read_tables(facts, body)
    elif marker == _APP0 and body.startswith(b"JFIF\0") and len(body) >= 14:
        unit, x, y = struct.unpack_from(">BHH", body, 7)
        per_inch = {1: 1.0, 2: 2.54}.get(unit)
        facts.dpi = plausible_dpi(x * per_inch, y * per_inch) if per_inch else None
        facts.thumbnail |= bool(body[12] and body[13])
    elif marker == _APP0 and body.startswith(b"JFXX\0"):
        facts.thumbnail = True
    elif marker == _APP1 and body.startswith(_EXIF):
        facts.exif = (facts.exif or _EXIF) + body[len(_EXIF) :]
    elif marker == _APP1 and body.startswith(_XMP):
        facts.xmp = True
    elif marker == _APP2 and body.startswith(_ICC) and len(body) > 14:
        profile[body[12]] = body[14:]
    elif marker == _COM:
        facts.comment = True


def _read_tables(facts: JpegFacts, body: bytes) -> None:
    while len(body) >= 65 and not body[0] >> 4:
        facts.tables[body[0] & 15] = body[1:65]
        body = body[65:]


@cache
def _standard() -> NDArray[np.int64]:
    """The luminance table of every quality, (100, 64) in zigzag order, row 0 for quality 1.

    ITU-T T.81, table K.1, scaled as the Independent JPEG Group's library does it: 5000 / q below 50, else 200 - 2 q
    per cent, each value rounded and held in 1..255.
    """
    raw = tomllib.loads(files(__package__).joinpath("jpeg.toml").read_text("utf-8"))
    luminance = np.array(raw["luminance"], np.int64)
    quality = np.arange(1, 101)
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    return np.asarray(np.clip((luminance * scale[:, None] + 50) // 100, 1, 255))


def quality_of(tables: dict[int, bytes]) -> int | None:
    """The quality, 1..100, whose standard table is nearest to the file's luminance table; exact for IJG encoders."""
    if 0 not in tables:
        return None
    table = np.frombuffer(tables[0], np.uint8).astype(np.int64)
    apart = np.abs(_standard() - table).sum(axis=1)
    return int(len(apart) - np.argmin(apart[::-1]))  # of equal ones the highest
