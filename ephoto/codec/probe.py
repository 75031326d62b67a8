"""What a finished file says of itself, read from its bytes; no pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from ephoto.codec.quality import jpeg_quality
from ephoto.codec.source import opened

__all__ = ["FileFacts", "probe"]

_PERSONAL = ("exif", "xmp", "comment", "photoshop", "icc_profile")
_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"iCCP")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file's own facts. `has_metadata` covers EXIF (with position and thumbnail), XMP, comments and profiles."""

    format: str
    size_wh: tuple[int, int]
    dpi: tuple[float, float] | None
    mode: str
    size_bytes: int
    quality: int | None
    progressive: bool
    has_metadata: bool
    trailing_bytes: int


def probe(data: bytes) -> FileFacts:
    """Read a file's header.

    Raises
    ------
    InputError
        "not_a_picture", "corrupt".
    """
    with opened(data) as image:
        dpi = image.info.get("dpi")
        tables = getattr(image, "quantization", None)
        known = image.format or ""
        text = known == "PNG" and any(chunk in data[:4096] for chunk in _TEXT_CHUNKS)
        return FileFacts(
            format=known,
            size_wh=image.size,
            dpi=(float(dpi[0]), float(dpi[1])) if dpi else None,
            mode=image.mode,
            size_bytes=len(data),
            quality=jpeg_quality(tables) if tables else None,
            progressive=bool(image.info.get("progressive")),
            has_metadata=text or any(key in image.info for key in _PERSONAL),
            trailing_bytes=_trailing(data, known),
        )


def _trailing(data: bytes, known: str) -> int:
    """Bytes after the end of the picture, which some makers pad files with."""
    end = {"JPEG": (b"\xff\xd9", 2), "PNG": (b"IEND", 8)}.get(known)
    if end is None:
        return 0
    at = data.rfind(end[0])
    return 0 if at < 0 else max(len(data) - at - end[1], 0)
