"""From pixels to a file that fits a byte window, in few encodes and without padding."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ephoto.codec.ladder import TOP_RUNG, Bounds, Ladder, settle
from ephoto.core.errors import UnmetError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ephoto.specs.model import ByteWindow

__all__ = ["Encoded", "encode"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A file's bytes and how they came about.

    `quality` and `subsampling` are None for PNG; `tries` counts the encodes. `preferred` is whether the bytes lie in
    the window's preferred part. `quality_below_stated`: the window's maximum forced less than the stated quality.
    """

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
    """Encode a card: baseline JPEG or PNG, the resolution in its header, no metadata.

    Parameters
    ----------
    pixels : (H, W, 3) or (H, W, 4) uint8 sRGB
        Four channels (straight alpha) in a PNG only.
    format, dpi
        The file's format and the resolution that its header states, dots per inch.
    window : ByteWindow, optional
        Bounds on the bytes; `ephoto.codec.ladder.settle` has the rule. Without one: the highest rung.
    quality : int, optional
        The quality that the authority states, 1..95; less is taken only to meet the window's maximum.
    max_compression_ratio : float, optional
        Raw over encoded bytes at the most: a lower bound on the bytes.
    spec_id : str
        Named in the error.

    Raises
    ------
    UnmetError
        "bytes_unreachable", with the nearest size that was reached.
    UsageError
        "alpha_needs_png".
    """
    if format == "PNG":
        return _png(pixels, dpi, Bounds.of(window, 0), spec_id)
    h, w, channels = pixels.shape
    if channels != 3:
        raise UsageError("alpha_needs_png", format=format)
    least = 0 if max_compression_ratio is None else math.ceil(w * h * 3 / max_compression_ratio)
    bounds = Bounds.of(window, least)
    ladder = Ladder(Image.fromarray(pixels), dpi)
    rung = settle(ladder, bounds, quality)
    data = ladder.files[rung]
    if not bounds.allows(len(data)):
        raise _unreachable(bounds, [len(f) for f in ladder.files.values()], spec_id)
    return Encoded(
        data=data,
        quality=min(rung, 95),
        subsampling="4:4:4" if rung == TOP_RUNG else "4:2:0",
        tries=len(ladder.files),
        in_window=True,
        preferred=bounds.prefers(len(data)),
        quality_below_stated=quality is not None and rung < quality,
    )


def _png(pixels: NDArray[np.uint8], dpi: int, bounds: Bounds, spec_id: str) -> Encoded:
    """A PNG has no quality to choose: its bytes fit or they do not."""
    info = PngInfo()
    info.add(b"sRGB", b"\x00")  # rendering intent: perceptual, as for photos
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", dpi=(dpi, dpi), pnginfo=info)
    data = out.getvalue()
    if not bounds.allows(len(data)):
        raise _unreachable(bounds, [len(data)], spec_id)
    return Encoded(data, None, None, 1, True, bounds.prefers(len(data)), False)


def _unreachable(bounds: Bounds, sizes: list[int], spec_id: str) -> UnmetError:
    nearest = min(sizes, key=lambda n: max(bounds.low - n, n - bounds.high, 0))
    high = "any number of" if math.isinf(bounds.high) else int(bounds.high)
    return UnmetError("bytes_unreachable", spec=spec_id, low=bounds.low, high=high, reached=nearest)
