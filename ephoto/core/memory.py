"""Freed memory kept by the process, for work that asks for the same sizes again and again."""

from __future__ import annotations

import numpy as np

__all__ = ["keep_freed"]

_LARGEST_BYTES = 16 << 20  # more than a photo's pixels, four bytes each, after decoding at the scale that a card needs


def keep_freed() -> None:
    """Have the C library hand less memory back to the kernel between photos.

    The GNU C library maps large blocks one by one and gives the top of its heap back as it is freed, so that every
    photo's arrays are new pages, each a page fault: some 2000 for a photo of 0.9 megapixels, a seventh of its time.
    Both bounds grow by themselves with the largest block that was ever freed (mallopt(3), M_MMAP_THRESHOLD): so one is
    asked for here, never touched, and freed. The process then keeps up to twice that size for itself. Without an effect
    on other C libraries.
    """
    np.empty(_LARGEST_BYTES, np.uint8)
