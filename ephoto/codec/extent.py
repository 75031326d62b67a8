"""The size that a file declares, read from its first bytes before any decoder sees them.

Decoders refuse sizes in their own words, or set memory aside while they open a file (libwebp its whole canvas), so the
limits must be held against the header itself.
"""

from __future__ import annotations

import struct

from ephoto.codec.markers import segments

__all__ = ["declared_size"]

_FRAMES = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))  # T.81, B.1
_OS2_HEADER = 12  # bytes of the older BMP header, with sides of 16 bits


def declared_size(data: bytes, name: str) -> tuple[int, int] | None:
    """Width and height, px, as stored; None where this format, or what is there of the file, does not tell.

    For HEIF and AVIF it is the largest size in the file, be it the picture's, a tile's or a thumbnail's.
    """
    try:
        if name == "JPEG":
            return _jpeg(data)
        if name == "PNG":
            width, height = struct.unpack_from(">II", data, 16)
            return width, height
        if name == "BMP":
            return _bmp(data)
        if name == "WEBP":
            return _webp(data)
        return _boxes(data) if name in ("HEIF", "AVIF") else None
    except struct.error:
        return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    for segment in segments(data):
        if segment.marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, segment.start + 1)
            return width, height
    return None


def _bmp(data: bytes) -> tuple[int, int]:
    """A negative height stands for rows from the top."""
    (header,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header == _OS2_HEADER else "<ii", data, 18)
    return abs(width), abs(height)


def _webp(data: bytes) -> tuple[int, int] | None:
    """From the first chunk (RFC 9649): the canvas of VP8X, or the one picture, lossless (VP8L) or not (VP8)."""
    kind = data[12:16]
    if kind == b"VP8X":
        low_w, high_w, low_h, high_h = struct.unpack_from("<HBHB", data, 24)
        return 1 + (low_w | high_w << 16), 1 + (low_h | high_h << 16)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _boxes(data: bytes) -> tuple[int, int] | None:
    """The largest ispe property (ISO/IEC 23008-12, 6.5.3) in the meta box."""
    start, end = _meta(data)
    best: tuple[int, int] | None = None
    at = data.find(b"ispe", start, end)
    while 0 <= at <= end - 16:
        width, height = struct.unpack_from(">II", data, at + 8)
        best = max(best or (0, 0), (width, height), key=lambda wh: wh[0] * wh[1])
        at = data.find(b"ispe", at + 4, end)
    return best


def _meta(data: bytes) -> tuple[int, int]:
    """Where the meta box lies among the outer boxes; nothing where there is none."""
    at = 0
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if kind == b"meta":
            return at, min(at + size, len(data))
        if size < 8:
            break
        at += size
    return 0, 0
