"""What a JPEG's markers say (ITU-T T.81, Annex B), without decoding it."""

from __future__ import annotations

import re
import struct
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["EOI", "SOS", "Segment", "estimated_quality", "segments"]

SOS, EOI = b"\xff\xda", b"\xff\xd9"
_ALONE = {0x01, *range(0xD0, 0xD8)}  # TEM and RSTn carry no length
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)

# T.81, table K.1 (luminance) in raster order: what the IJG's quality scale is defined on.
_LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)


class Segment(NamedTuple):
    """One marker: its second byte, and the payload's start and end in the file."""

    marker: int
    start: int
    end: int


def segments(data: bytes) -> Iterator[Segment]:
    """Every marker segment up to and including EOI; stops quietly where the file ends or is broken."""
    at, size = 2, len(data)
    while at + 2 <= size:
        if data[at] != 0xFF:
            return
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        at += 2
        if marker == EOI[1]:
            yield Segment(marker, at, at)
            return
        if marker in _ALONE:
            continue
        if at + 2 > size:
            return
        end = at + struct.unpack_from(">H", data, at)[0]
        if end < at + 2 or end > size:
            return
        yield Segment(marker, at + 2, end)
        at = end
        if marker == SOS[1]:
            found = _AFTER_SCAN.search(data, at)
            if found is None:
                return
            at = found.start()


def estimated_quality(luminance: Sequence[int]) -> int:
    """The IJG quality, 1..100, whose luminance table is nearest to the one given (by the sum of its 64 steps).

    Exact for files of libjpeg and its descendants; for cameras with tables of their own it is the quality that
    quantises as coarsely on the whole. Of equal ones the highest.
    """
    steps = sum(luminance)
    return min(range(100, 0, -1), key=lambda quality: abs(_sums()[quality - 1] - steps))


@cache
def _sums() -> list[int]:
    """Sums of the scaled luminance tables of quality 1..100, baseline (steps held in 1..255)."""
    quality = np.arange(1, 101)
    scale = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    tables = np.clip((_LUMINANCE.ravel() * scale[:, None] + 50) // 100, 1, 255)
    return [int(v) for v in tables.sum(axis=1)]
