"""The rungs that a JPEG can be written at, and the search for the one that fits a byte window.

Rung q, 5..95, is quality q with 4:2:0 chroma; one above, 96, is quality 95 with 4:4:4. Bytes grow with the rung, and
their logarithm follows nearly the same curve for every portrait: so the rung is predicted, and each encode bends the
prediction through what it found, instead of trying them all.
"""

from __future__ import annotations

import io
import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

    from ephoto.specs.model import ByteWindow

__all__ = ["LEAST_RUNG", "MAX_TRIES", "TOP_RUNG", "Bounds", "Ladder", "settle"]

# Below 5 nearly every step of the quantisation tables is at its limit of 255: the rungs are hardly distinct, and what
# they show is no face any more.
LEAST_RUNG, TOP_RUNG = 5, 96
MAX_TRIES = 8
LEAST_STEEPNESS = 0.1  # of the typical curve: a picture whose bytes hardly grow is predicted no flatter than this


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bytes that are allowed, and the part of them that is preferred."""

    low: int
    high: float
    want_low: int
    want_high: float

    @classmethod
    def of(cls, window: ByteWindow | None, least: int) -> Bounds:
        """A window's bounds, raised to `least` bytes; what it leaves open is unbounded, or all that is allowed.

        A preference outside the window becomes the window's edge that is next to it.
        """
        if window is None:
            return cls(least, math.inf, least, math.inf)
        low = max(window.low or 0, least)
        high = math.inf if window.high is None else float(window.high)
        want_low = max(low if window.prefer_low is None else window.prefer_low, low)
        want_high = min(high if window.prefer_high is None else float(window.prefer_high), high)
        return cls(low, high, int(min(want_low, high)), max(want_high, low))

    def allows(self, size: int) -> bool:
        return self.low <= size <= self.high

    def prefers(self, size: int) -> bool:
        return self.want_low <= size <= self.want_high

    def away(self, size: int) -> float:
        """Bytes to the preferred part."""
        return max(self.want_low - size, size - self.want_high, 0)


class Ladder:
    """Encodes of one picture, each made once, at most MAX_TRIES in all."""

    def __init__(self, image: Image.Image, dpi: int) -> None:
        self._image, self._dpi = image, dpi
        self.files: dict[int, bytes] = {}

    @property
    def left(self) -> int:
        """How many more encodes may be made."""
        return MAX_TRIES - len(self.files)

    def size(self, rung: int) -> int:
        """Bytes at a rung."""
        if rung not in self.files:
            out = io.BytesIO()
            chroma = "4:4:4" if rung == TOP_RUNG else "4:2:0"
            self._image.save(out, "JPEG", quality=min(rung, 95), subsampling=chroma, dpi=(self._dpi, self._dpi))
            self.files[rung] = out.getvalue()
        return len(self.files[rung])

    def highest(self, limit: float, first: int, last: int) -> int | None:
        """The highest rung of first..last whose bytes are at most `limit`; None if `first` passes it already.

        Where the tries run out, the highest that is known to fit.
        """
        if math.isinf(limit) and self.left:
            self.size(last)
        while True:
            fits = max((r for r, f in self.files.items() if len(f) <= limit and r >= first), default=first - 1)
            over = min((r for r, f in self.files.items() if len(f) > limit and r <= last), default=last + 1)
            if over - fits <= 1 or not self.left:
                return None if fits < first else min(fits, last)
            self.size(self._next(limit, fits, over))

    def _next(self, limit: float, fits: int, over: int) -> int:
        """The rung to try between one that fits and one that does not (either may be just outside the ladder)."""
        rungs = range(fits + 1, over)
        below = [i for i, size in enumerate(self._predicted(rungs)) if size <= math.log(limit)]
        i, half = below[-1] if below else 0, 1 << (self.left - 1)
        if len(rungs) < 2 * half:  # the tries that are left can settle it by halving: keep it so, whatever comes out
            i = min(max(i, len(rungs) - half), half - 1)
        return rungs[i]

    def _predicted(self, rungs: range) -> list[float]:
        """ln(bytes) of rungs: the typical curve, moved and tilted through the encodes that were made."""
        typical = _typical()
        curve = [typical[rung] for rung in rungs]
        if not self.files:
            size = math.log(self._image.width * self._image.height)
            return [value + size for value in curve]
        known = sorted(self.files, key=lambda r: min(abs(r - rungs[0]), abs(r - rungs[-1])))[:2]
        at, off = [typical[r] for r in known], [math.log(len(self.files[r])) for r in known]
        if len(known) == 1:
            return [value + (off[0] - at[0]) for value in curve]
        steepness = max((off[1] - off[0]) / (at[1] - at[0]), LEAST_STEEPNESS)
        return [off[0] + (value - at[0]) * steepness for value in curve]


def settle(ladder: Ladder, bounds: Bounds, stated: int | None) -> int:
    """The rung to take.

    The highest whose bytes lie in the preferred part; if none does, the one inside the window that is nearest to
    it in bytes, ties to the higher. Below the stated quality only as far as the window's maximum demands. The rung
    may be outside the window: then none is inside.
    """
    floor = LEAST_RUNG if stated is None else stated
    top = ladder.highest(bounds.want_high, floor, TOP_RUNG)
    if top is None:  # even the lowest passes the preferred part
        if bounds.allows(ladder.size(floor)) or floor == LEAST_RUNG:
            return floor
        return ladder.highest(bounds.high, LEAST_RUNG, floor - 1) or LEAST_RUNG
    if bounds.prefers(ladder.size(top)) or top == TOP_RUNG:
        return top
    above = top + 1
    if above not in ladder.files or not bounds.allows(ladder.size(above)):
        return top
    if bounds.allows(ladder.size(top)) and bounds.away(ladder.size(top)) < bounds.away(ladder.size(above)):
        return top
    while above < TOP_RUNG and ladder.left and ladder.size(above + 1) == ladder.size(above):
        above += 1  # as many bytes, and a higher quality
    return above


@cache
def _typical() -> tuple[float, ...]:
    """ln(bytes per px) of every rung up to the top one."""
    table = tomllib.loads(files(__package__).joinpath("ladder.toml").read_text("utf-8"))["ln_bytes_per_px"]
    return tuple(np.interp(range(TOP_RUNG + 1), table["rung"], table["value"]).tolist())
