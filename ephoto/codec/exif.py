"""The few facts that are wanted from EXIF, read without ever failing.

EXIF is a TIFF structure (CIPA DC-008, 4.5 and 4.6). Cameras and editors write it wrong in many ways, and a photo
is not to be refused for that: whatever cannot be read is simply unknown.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["ExifFacts", "read_exif"]

_ORIENTATION, _X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 0x0112, 0x011A, 0x011B, 0x0128
_EXIF_IFD, _GPS_IFD, _FOCAL_35MM, _THUMBNAIL = 0x8769, 0x8825, 0xA405, 0x0201
_PREFIX = b"Exif\x00\x00"
_MOST_ENTRIES = 512  # a directory with more is garbage


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """`orientation` 1..8; `dpi` (x, y); `focal_35mm` in mm, as if on 36 x 24 mm film.

    Of a position and a thumbnail only that they are there.
    """

    orientation: int = 1
    dpi: tuple[float, float] | None = None
    focal_35mm: float | None = None
    has_gps: bool = False
    has_thumbnail: bool = False


def read_exif(data: bytes | None) -> ExifFacts:
    """Facts from an EXIF block, with or without its "Exif" prefix; the defaults where it says nothing sensible."""
    if not data:
        return ExifFacts()
    data = data.removeprefix(_PREFIX)
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return ExifFacts()
    start = int(struct.unpack_from(order + "I", data, 4)[0])
    first = _directory(data, start, order)
    below = first.get(_EXIF_IFD)
    second = _directory(data, int(below), order) if below else {}
    orientation = first.get(_ORIENTATION, 1)
    focal = second.get(_FOCAL_35MM, 0)
    return ExifFacts(
        orientation=int(orientation) if orientation in range(1, 9) else 1,
        dpi=_dpi(first),
        focal_35mm=float(focal) if focal > 0 else None,
        has_gps=_GPS_IFD in first,
        has_thumbnail=_THUMBNAIL in _directory(data, _next(data, start, order), order),
    )


def _dpi(tags: dict[int, float]) -> tuple[float, float] | None:
    x, y = tags.get(_X_RESOLUTION, 0.0), tags.get(_Y_RESOLUTION, 0.0)
    factor = {2: 1.0, 3: 2.54}.get(int(tags.get(_RESOLUTION_UNIT, 2)))  # inch, centimetre
    if factor is None or x <= 0 or y <= 0:
        return None
    return x * factor, y * factor


def _next(data: bytes, offset: int, order: str) -> int:
    """Where the directory after the one at `offset` begins, the thumbnail's own; 0 for none."""
    try:
        (count,) = struct.unpack_from(order + "H", data, offset)
        return int(struct.unpack_from(order + "I", data, offset + 2 + 12 * count)[0])
    except struct.error:
        return 0


def _directory(data: bytes, offset: int, order: str) -> dict[int, float]:
    """First values of the entries that hold one whole number or rational."""
    tags: dict[int, float] = {}
    if not 8 <= offset <= len(data) - 2:
        return tags
    (count,) = struct.unpack_from(order + "H", data, offset)
    for i in range(min(count, _MOST_ENTRIES)):
        at = offset + 2 + 12 * i
        if at + 12 > len(data):
            break
        tag, kind, number = struct.unpack_from(order + "HHI", data, at)
        if number != 1:
            continue
        if kind == 3:
            tags[tag] = struct.unpack_from(order + "H", data, at + 8)[0]
        elif kind == 4:
            tags[tag] = struct.unpack_from(order + "I", data, at + 8)[0]
        elif kind == 5:
            (where,) = struct.unpack_from(order + "I", data, at + 8)
            if where + 8 <= len(data):
                above, below = struct.unpack_from(order + "II", data, where)
                tags[tag] = above / below if below else 0.0
    return tags
