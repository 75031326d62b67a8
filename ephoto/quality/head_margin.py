"""Too tight a crop: how far the head stays from the photo's edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ephoto.core.face import Head

__all__ = ["head_margin"]


def head_margin(head: Head, hair_px: float, size_wh: tuple[int, int], *, hair_cut: bool = False) -> float:
    """The least distance from hair, cheeks and chin to an edge of the photo, eye distances; below 0 where the skull or
    the face itself is cut.

    `hair_px` is the hair's height above the eye line, along the head's axis. Hair that an edge cuts leaves 0.
    """
    (x, y), (w, h) = (float(v) for v in head.eye_mid), size_wh
    down = float(head.down[1])
    top = y - hair_px * down
    if hair_cut or top < 0:
        top = min(y - head.crown_px * down, 0.0)
    sides = min(x - head.left_px, w - x - head.right_px)
    return min(top, sides, h - y - head.chin_px * down) / max(head.ied_px, 1e-6)
