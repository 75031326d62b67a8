"""Which format bytes are in, and the one Pillow reader that fits them.

Readers are constructed directly instead of through `PIL.Image.open`: that tries some forty plugins on unknown
bytes, and it consults the process-wide `MAX_IMAGE_PIXELS`, which belongs to the program around us. The limit of
`Settings.max_pixels` stands in front of every decoder here instead.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any

from PIL import Image

from ephoto.codec.ends import chunks
from ephoto.core.errors import InputError

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["READABLE", "format_of", "open_image", "sniff"]

READABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "HEIF", "AVIF")

# First bytes of formats, from their specifications; the first match counts. RAW files of Canon and Fuji are
# named because they would pass for TIFF or for nothing.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG"),
    (8, b"CR\x02\x00", "CR2"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"II+\x00", "TIFF"),
    (0, b"MM\x00+", "TIFF"),
    (8, b"WEBP", "WEBP"),
    (0, b"BM", "BMP"),
    (0, b"GIF87a", "GIF"),
    (0, b"GIF89a", "GIF"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "EPS"),
    (0, b"8BPS", "PSD"),
    (0, b"\x00\x00\x01\x00", "ICO"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (0, b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"FUJIFILMCCD-RAW", "RAF"),
    (0, b"<svg", "SVG"),
)
_AVIF_BRANDS = (b"avif", b"avis")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_LONGEST_BRAND_LIST = 256  # bytes of the ftyp box that are looked at; real ones have 20 to 40


def format_of(data: bytes) -> str:
    """The format of a file's bytes, one of READABLE.

    Raises
    ------
    InputError
        "empty", "not_a_picture", "format_unsupported".
    """
    if not data:
        raise InputError("empty")
    name = sniff(data)
    if name is None:
        raise InputError("not_a_picture")
    if name not in READABLE:
        raise InputError("format_unsupported", format=name)
    return name


def sniff(data: bytes) -> str | None:
    """The format's name, one of READABLE or another known one; None for bytes that are no known picture."""
    if data[4:8] == b"ftyp":
        return _brand(data)
    for offset, magic, name in _SIGNATURES:
        if data.startswith(magic, offset):
            return None if name == "BMP" and not _is_bitmap(data) else name
    return None


def _is_bitmap(data: bytes) -> bool:
    """Two letters may begin any text: a bitmap has zeros in its reserved bytes, and a second header of its own."""
    return data[6:10] in (b"", bytes(4)) and (len(data) < 18 or data[15:18] == bytes(3))


def _brand(data: bytes) -> str | None:
    """HEIF and AVIF share the major brand "mif1": the compatible brands decide (ISO/IEC 23008-12, 10)."""
    end = min(int.from_bytes(data[:4], "big"), _LONGEST_BRAND_LIST)
    brands = [data[8:12], *(data[i : i + 4] for i in range(16, end, 4))]
    if any(brand in _AVIF_BRANDS for brand in brands):
        return "AVIF"
    if any(brand in _HEIF_BRANDS for brand in brands):
        return "HEIF"
    return "ISO media" if data[8:12].strip(b"\x00 ") else None


def open_image(data: bytes, name: str) -> ImageFile:
    """Parse the header with the reader of a format in READABLE; any exception of Pillow's may come out."""
    image: ImageFile = _reader(name)(io.BytesIO(_without_texts(data) if name == "PNG" else data))
    return image


def _without_texts(data: bytes) -> bytes:
    """A PNG without texts, and without the mark of an animation that has no pictures.

    They make no pixels, but Pillow unpacks them all, refuses a file for a long one, and warns of an empty animation.
    """
    out = [data[:8]]
    at = 8
    for kind, start, stop in chunks(data):
        if not (kind in _TEXTS or (kind == b"acTL" and data[start : start + 4] == bytes(4))):
            out.append(data[start - 8 : stop + 4])
        at = stop + 4
    return data if sum(map(len, out)) == at else b"".join([*out, data[at:]])


@cache
def _reader(name: str) -> Any:
    """Imported one by one when first needed: pillow-heif alone costs as much as all others together."""
    if name == "JPEG":
        return _quiet_jpeg()
    if name == "PNG":
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile
    if name == "WEBP":
        from PIL.WebPImagePlugin import WebPImageFile

        return WebPImageFile
    if name == "TIFF":
        return _unwarned_tiff()
    if name == "BMP":
        from PIL.BmpImagePlugin import BmpImageFile

        return BmpImageFile
    if name == "AVIF":
        from PIL.AvifImagePlugin import AvifImageFile

        return AvifImageFile
    from pillow_heif import HeifImageFile

    return HeifImageFile


def _quiet_jpeg() -> Any:
    from PIL.JpegImagePlugin import JpegImageFile

    class QuietJpeg(JpegImageFile):
        """Leaves EXIF to `ephoto.codec.exif`: Pillow's own parser warns about what cameras write, and is slow."""

        def _read_dpi_from_exif(self) -> None:
            return

    return QuietJpeg


def _unwarned_tiff() -> Any:
    from PIL.TiffImagePlugin import TiffImageFile

    class UnwarnedTiff(TiffImageFile):
        """Allocates without asking MAX_IMAGE_PIXELS: the header has passed Settings.max_pixels already."""

        def load_prepare(self) -> None:
            if self._im is None:
                self.im = Image.new(self.mode, getattr(self, "_tile_size", self.size), None).im
            super().load_prepare()

    return UnwarnedTiff
