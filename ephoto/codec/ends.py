"""Whether a file ends before its own structure says it does.

A decoder's message does not tell a short file from a damaged one reliably; the container does.
"""

from __future__ import annotations

import struct

from ephoto.codec.markers import EOI, segments

__all__ = ["chunks", "ends_early"]

_TIFF_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}  # by field type


def ends_early(data: bytes, name: str) -> bool:
    """True if bytes of format `name` (see formats.READABLE) break off; False if they are whole, or cannot be told."""
    if name == "JPEG":
        return _jpeg(data)
    if name == "PNG":
        return not any(kind == b"IEND" for kind, _, _ in chunks(data))
    if name == "WEBP":
        return len(data) < 12 or int.from_bytes(data[4:8], "little") + 8 > len(data)
    if name == "BMP":
        return _bmp(data)
    if name in ("HEIF", "AVIF"):
        return _boxes(data)
    return _tiff(data) if name == "TIFF" else False


def chunks(data: bytes) -> list[tuple[bytes, int, int]]:
    """The whole chunks of a PNG: type, and the start and end of the payload (PNG 3rd edition, 5.3)."""
    found, at = [], 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            break
        found.append((data[at + 4 : at + 8], at + 8, at + 8 + length))
        at += 12 + length
    return found


def _jpeg(data: bytes) -> bool:
    last = None
    for last in segments(data):  # noqa: B007
        pass
    return last is None or last.marker != EOI[1]


def _bmp(data: bytes) -> bool:
    """The last row lies beyond the end; run-length codes are left to the decoder.

    The file size in the header is not asked: many writers leave it wrong or 0.
    """
    try:
        pixels, header = struct.unpack_from("<II", data, 10)
        if header == 12:  # OS/2
            width, height, _, bits = struct.unpack_from("<4H", data, 18)
            compression = 0
        else:
            width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    except struct.error:
        return True
    row = (abs(width) * bits + 31) // 32 * 4
    return compression in (0, 3, 6) and bool(pixels + row * abs(height) > len(data))


def _boxes(data: bytes) -> bool:
    """ISO base media: boxes follow one another to the end (ISO/IEC 14496-12, 4.2)."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0:  # up to the end, wherever that is
            return False
        if size < 8:
            return False
        at += size
    return at > len(data)


def _tiff(data: bytes) -> bool:
    """The first directory, or something that it points to, lies beyond the end (TIFF 6.0, section 2)."""
    order = "<" if data[:2] == b"II" else ">"
    if len(data) < 8:
        return True
    if struct.unpack_from(order + "H", data, 2)[0] != 42:
        return False  # BigTIFF: not told
    (first,) = struct.unpack_from(order + "I", data, 4)
    if first + 2 > len(data):
        return True
    (count,) = struct.unpack_from(order + "H", data, first)
    if first + 2 + 12 * count + 4 > len(data):
        return True
    lists: dict[int, list[int]] = {}
    for i in range(count):
        at = first + 2 + 12 * i
        tag, kind, number, value = struct.unpack_from(order + "HHII", data, at)
        size = number * _TIFF_BYTES.get(kind, 0)
        if size > 4 and value + size > len(data):
            return True
        if tag in (273, 279, 324, 325) and kind in (3, 4):  # strip and tile offsets and byte counts
            code = f"{order}{number}{'H' if kind == 3 else 'I'}"
            lists[tag] = list(struct.unpack_from(code, data, at + 8 if size <= 4 else value))
    pairs = ((273, 279), (324, 325))
    return any(
        start + size > len(data)
        for starts, sizes in pairs
        for start, size in zip(lists.get(starts, ()), lists.get(sizes, ()), strict=False)
    )
