"""The JPEG quality that a file was written with, from its quantisation tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["jpeg_quality"]

# Sum of the luminance table of ITU-T T.81, annex K.1; the Independent JPEG Group's quality q scales it by
# 5000 / q percent below 50 and by 200 - 2 q from 50 on.
_ANNEX_K_SUM = 3688


def jpeg_quality(tables: Mapping[int, Sequence[int]]) -> int | None:
    """The quality 1..100 on the Independent JPEG Group's scale, estimated from the luminance table's sum."""
    table = tables.get(0)
    if not table:
        return None
    percent = 100.0 * sum(table) / _ANNEX_K_SUM
    quality = 5000.0 / percent if percent > 100 else (200.0 - percent) / 2
    return int(min(max(round(quality), 1), 100))
