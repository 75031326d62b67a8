"""From pixels to a file that fits a byte window, in few encodes and without padding.

The ladder of a JPEG has a rung for each quality up to 95 with 4:2:0 chroma, and one above: 95 with 4:4:4. Bytes grow
with the rung (all but monotonously), and their logarithm is nearly linear in the quality over short stretches: so the
rung whose bytes are wanted is predicted and the prediction corrected by a secant, instead of trying them all.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ephoto.core.errors import UnmetError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ephoto.specs.model import ByteWindow

__all__ = ["MAX_TRIES", "TOP_RUNG", "Encoded", "encode"]

MAX_TRIES = 8
TOP_RUNG = 96  # rung q <= 95 is quality q with 4:2:0; this one is 95 with 4:4:4
LEAST_RUNG = 5  # below it a face is no picture any more
# ln(bytes per pixel) of each rung for portraits on a plain ground at 358x441, the mean of 31 real ones (spread 0.18):
# only a first guess, every encode corrects it.
_LN_PER_PX = {
    5: -3.57, 20: -3.01, 40: -2.65, 60: -2.40, 70: -2.23, 80: -2.01, 85: -1.86, 90: -1.63, 93: -1.45, 95: -1.26,
    TOP_RUNG: -1.06,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Encoded:
    """A file's bytes and how they came about. `quality` and `subsampling` are None for PNG."""

    data: bytes
    quality: int | None
    subsampling: Literal["4:2:0", "4:4:4"] | None
    tries: int
    in_window: bool
    preferred: bool
    quality_below_stated: bool


def encode(
    pixels: NDArray[np.uint8],
    *,
    format: Literal["JPEG", "PNG"],
    dpi: int,
    window: ByteWindow | None = None,
    quality: int | None = None,
    max_compression_ratio: float | None = None,
    spec_id: str = "",
) -> Encoded:
    """Encode a card.

    Parameters
    ----------
    pixels : (H, W, 3) or (H, W, 4) uint8 sRGB
        Four channels (straight alpha) in a PNG only.
    format, dpi
        The file's format and the resolution that its header states.
    window : ByteWindow, optional
        Bounds on the bytes. The highest rung inside its preferred part is taken; if none is, the one inside the
        window nearest to that part, ties to the higher. Without a window: the highest rung.
    quality : int, optional
        The quality that the authority states; less is taken only to meet the maximum.
    max_compression_ratio : float, optional
        Raw over encoded bytes at the most: a lower bound on the bytes.

    Raises
    ------
    UnmetError
        "bytes_unreachable", with the nearest size that was reached.
    UsageError
        "alpha_needs_png".
    """
    h, w, channels = pixels.shape
    if format == "PNG":
        return _png(pixels, dpi, window, spec_id)
    if channels != 3:
        raise UsageError("alpha_needs_png", format=format)
    ratio_low = 0 if max_compression_ratio is None else math.ceil(w * h * 3 / max_compression_ratio)
    low, high, want_low, want_high = _bounds(window, ratio_low)
    ladder = _Ladder(Image.fromarray(pixels), dpi)
    rung = _settle(ladder, low, high, want_low, want_high)
    data = ladder.files.get(rung, b"")
    if not low <= len(data) <= high:
        raise UnmetError(
            "bytes_unreachable", spec=spec_id, low=low, high=_shown(high), reached=_nearest(ladder, low, high)
        )
    return Encoded(
        data=data,
        quality=min(rung, 95),
        subsampling="4:4:4" if rung == TOP_RUNG else "4:2:0",
        tries=len(ladder.files),
        in_window=True,
        preferred=want_low <= len(data) <= want_high,
        quality_below_stated=quality is not None and rung < quality,
    )


class _Ladder:
    """Encodes of one picture, each made once."""

    def __init__(self, image: Image.Image, dpi: int) -> None:
        self._image, self._dpi = image, dpi
        self.pixels = image.width * image.height
        self.files: dict[int, bytes] = {}

    @property
    def full(self) -> bool:
        return len(self.files) >= MAX_TRIES

    def size(self, rung: int) -> int:
        if rung not in self.files:
            out = io.BytesIO()
            subsampling = "4:4:4" if rung == TOP_RUNG else "4:2:0"
            self._image.save(out, "JPEG", quality=min(rung, 95), subsampling=subsampling, dpi=(self._dpi, self._dpi))
            self.files[rung] = out.getvalue()
        return len(self.files[rung])

    def below(self, size: float) -> int | None:
        """The highest rung tried whose bytes are at most `size`."""
        return max((r for r, f in self.files.items() if len(f) <= size), default=None)

    def above(self, size: float) -> int | None:
        """The lowest rung tried whose bytes are more than `size`."""
        return min((r for r, f in self.files.items() if len(f) > size), default=None)


def _bounds(window: ByteWindow | None, ratio_low: int) -> tuple[int, float, int, float]:
    """Low and high of the window, and of its preferred part."""
    if window is None:
        return ratio_low, math.inf, ratio_low, math.inf
    low = max(window.low or 0, ratio_low)
    high = math.inf if window.high is None else float(window.high)
    want_low = max(window.prefer_low if window.prefer_low is not None else low, low)
    want_high = min(float(window.prefer_high) if window.prefer_high is not None else high, high)
    return low, high, want_low, want_high


def _settle(ladder: _Ladder, low: int, high: float, want_low: int, want_high: float) -> int:
    """The rung to take: the highest whose bytes do not pass the preferred part, or its neighbour above."""
    top = _highest_within(ladder, want_high)
    if top is not None and ladder.size(top) >= want_low:
        return top
    over = TOP_RUNG if top == TOP_RUNG else None
    if top is None or top < TOP_RUNG:
        over = LEAST_RUNG if top is None else top + 1
        if not ladder.full:
            ladder.size(over)
    inside = [r for r, f in ladder.files.items() if low <= len(f) <= high]
    if not inside:
        return over if over in ladder.files else max(ladder.files)
    return min(inside, key=lambda r: (_distance(len(ladder.files[r]), want_low, want_high), -r))


def _distance(size: int, want_low: int, want_high: float) -> float:
    return max(want_low - size, size - want_high, 0)


def _highest_within(ladder: _Ladder, limit: float) -> int | None:
    """The highest rung whose bytes are at most `limit`: bracketed, predicted, then closed to neighbours."""
    if math.isinf(limit):
        ladder.size(TOP_RUNG)
        return TOP_RUNG
    typical = math.log(limit / ladder.pixels)
    guess = max((r for r in range(LEAST_RUNG, TOP_RUNG + 1) if _shape(r) <= typical), default=LEAST_RUNG)
    while not ladder.full:
        ladder.size(guess)
        fits, passes = ladder.below(limit), ladder.above(limit)
        if fits == TOP_RUNG or passes == LEAST_RUNG or (fits is not None and passes == fits + 1):
            break
        guess = _predict(ladder, limit, fits, passes)
    return ladder.below(limit)


def _predict(ladder: _Ladder, limit: float, fits: int | None, passes: int | None) -> int:
    """The next rung to try, strictly between what fits and what passes."""
    first = LEAST_RUNG if fits is None else fits + 1
    last = TOP_RUNG if passes is None else passes - 1
    target = math.log(limit)
    if fits is None or passes is None:
        known = passes if fits is None else fits
        assert known is not None
        offset = math.log(ladder.size(known)) - _shape(known)
        rung = max((r for r in range(first, last + 1) if _shape(r) + offset <= target), default=first)
        if fits is not None and rung == fits:
            rung = first
    else:  # both ends known: the shape between them, bent so that it goes through both
        a, b = math.log(ladder.size(fits)), math.log(ladder.size(passes))
        sa, sb = _shape(fits), _shape(passes)
        at = sa + (target - a) * (sb - sa) / max(b - a, 1e-9)
        rung = max((r for r in range(first, last + 1) if _shape(r) <= at), default=first)
    return min(max(rung, first), last)


def _shape(rung: int) -> float:
    """The typical ln(bytes per pixel) of a rung, interpolated."""
    knots = sorted(_LN_PER_PX)
    for left, right in pairwise(knots):
        if left <= rung <= right:
            part = (rung - left) / (right - left)
            return _LN_PER_PX[left] * (1 - part) + _LN_PER_PX[right] * part
    return _LN_PER_PX[knots[0]]


def _nearest(ladder: _Ladder, low: int, high: float) -> int:
    sizes = [len(f) for f in ladder.files.values()]
    return min(sizes, key=lambda n: max(low - n, n - high, 0))


def _shown(high: float) -> int | str:
    return "any number of" if math.isinf(high) else int(high)


def _png(pixels: NDArray[np.uint8], dpi: int, window: ByteWindow | None, spec_id: str) -> Encoded:
    info = PngInfo()
    info.add(b"sRGB", b"\x00")
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", dpi=(dpi, dpi), pnginfo=info)
    data = out.getvalue()
    low, high, want_low, want_high = _bounds(window, 0)
    if not low <= len(data) <= high:  # a PNG has no quality to choose
        raise UnmetError("bytes_unreachable", spec=spec_id, low=low, high=_shown(high), reached=len(data))
    return Encoded(data, None, None, 1, True, want_low <= len(data) <= want_high, False)
