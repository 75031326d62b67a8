"""Embedded colour profiles: everything becomes sRGB before any pixel work."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["to_srgb"]


def to_srgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, str | None]:
    """The picture in sRGB (mode RGB, or L where it was grey without a profile), and what it was converted from.

    Relative colorimetric with black point compensation: colours inside sRGB stay exactly what they were, which
    is what skin needs, and shadows keep their detail. A profile that cannot be read, or is not for this kind of
    picture, is ignored and named as such.
    """
    if not icc:
        return (image.convert("RGB") if image.mode not in ("L", "RGB") else image), None
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        name = ImageCms.getProfileDescription(profile).strip() or "unnamed profile"
    except Exception:  # littlecms raises its own errors, and OSError
        return image.convert("RGB"), "unreadable profile, ignored"
    if image.mode == "RGB" and _is_srgb(name):
        return image, name
    try:
        converted = ImageCms.profileToProfile(
            image,
            profile,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except Exception:
        return image.convert("RGB"), f"{name}, does not fit, ignored"
    return (image.convert("RGB"), f"{name}, ignored") if converted is None else (converted, name)


def _is_srgb(name: str) -> bool:
    """Whether a profile's description says that it is sRGB itself ("sRGB IEC61966-2.1", "sRGB built-in", "c2")."""
    lower = name.lower()
    return lower.startswith("srgb") or lower == "c2"
