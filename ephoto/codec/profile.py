"""Embedded colour profiles: everything becomes sRGB before any pixel work.

Conversion is relative colorimetric with black point compensation: colours inside sRGB stay what they were, which is
what skin needs, shadows keep their detail, and it means the same for every profile (perceptual tables differ from
maker to maker, and matrix profiles such as Display P3 have none).
"""

from __future__ import annotations

import io
import struct
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ephoto.core.colour import srgb

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["is_srgb", "to_srgb"]

# Colourants of sRGB adapted to D50 (ICC.1:2022, annex F; IEC 61966-2-1), columns X, Y, Z for red, green, blue.
_COLOURANTS = {
    b"rXYZ": (0.4361, 0.2225, 0.0139),
    b"gXYZ": (0.3851, 0.7169, 0.0971),
    b"bXYZ": (0.1431, 0.0606, 0.7141),
}
_SAME_COLOURANT = 0.002  # makers round differently; at most half an 8-bit step of any colour
_SAME_CURVE = 0.5 / 255.0  # a curve that moves no 8-bit level by half a step
_SPACES = {"RGB": b"RGB ", "L": b"GRAY", "CMYK": b"CMYK", "LAB": b"Lab "}


def to_srgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, str | None]:
    """The picture in sRGB, mode RGB, and what it was converted from.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode RGB, L, CMYK or LAB; not changed.
    icc : bytes, optional
        The embedded profile. One that cannot be read, or is for another kind of picture, is ignored and said to be.

    Returns
    -------
    RGB image, and the profile's description; None where there was none or it is sRGB itself.
    """
    if image.mode == "LAB":
        return _from_lab(image), "CIE Lab"
    if not icc or is_srgb(icc):
        return image.convert("RGB"), None
    if icc[16:20] != _SPACES.get(image.mode):
        return image.convert("RGB"), "a profile for another kind of picture, ignored"
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        name = ImageCms.getProfileDescription(profile).strip() or "a profile without a name"
        converted = ImageCms.profileToProfile(
            image,
            profile,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except Exception:  # littlecms raises its own error, and OSError, on broken profiles
        return image.convert("RGB"), "an unreadable profile, ignored"
    assert converted is not None  # only in-place conversion gives None
    return converted, name


@lru_cache(maxsize=16)
def is_srgb(icc: bytes) -> bool:
    """Whether a profile's own numbers are those of sRGB, so that converting from it would change nothing.

    Names do not tell: "sRGB" is written on profiles with other curves, and sRGB goes by "c2" and many others.
    A grey profile counts where its curve is sRGB's.
    """
    try:
        tags = _tags(icc)
        if icc[16:20] == b"GRAY":
            return _is_srgb_curve(tags[b"kTRC"])
        if icc[16:20] != b"RGB " or icc[20:24] != b"XYZ " or b"A2B0" in tags:
            return False
        for tag, expected in _COLOURANTS.items():
            found = np.array(struct.unpack(">3i", tags[tag][8:20])) / 65536.0
            if np.abs(found - expected).max() > _SAME_COLOURANT:
                return False
        return all(_is_srgb_curve(tags[tag]) for tag in (b"rTRC", b"gTRC", b"bTRC"))
    except (KeyError, ValueError, IndexError, struct.error):
        return False


def _tags(icc: bytes) -> dict[bytes, bytes]:
    """Tag data by signature (ICC.1:2022, 7.3)."""
    (count,) = struct.unpack_from(">I", icc, 128)
    entries = (struct.unpack_from(">4sII", icc, 132 + 12 * i) for i in range(min(count, 100)))
    return {name: icc[start : start + size] for name, start, size in entries}


def _is_srgb_curve(tag: bytes) -> bool:
    levels = np.linspace(0.0, 1.0, 256)
    return bool(np.abs(srgb(np.clip(_curve(tag, levels), 0.0, 1.0)) - levels).max() < _SAME_CURVE)


def _curve(tag: bytes, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light for encoded values 0..1 (ICC.1:2022, 10.6 curveType and 10.18 parametricCurveType)."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return x
        table = np.frombuffer(tag, ">u2", count, 12)
        if count == 1:
            return np.asarray(x ** (float(table[0]) / 256.0))
        return np.interp(x, np.linspace(0.0, 1.0, count), table / 65535.0)
    if tag[:4] != b"para":
        raise ValueError("neither kind of curve")
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind not in (0, 3):
        raise ValueError("a curve that nobody writes for sRGB")
    values = np.frombuffer(tag, ">i4", 1 if kind == 0 else 5, 12) / 65536.0
    if kind == 0:
        return np.asarray(x ** values[0])
    g, a, b, c, d = (float(v) for v in values)
    return np.where(x >= d, np.clip(a * x + b, 0.0, None) ** g, c * x)


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    converted = ImageCms.profileToProfile(
        image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert converted is not None
    return converted
