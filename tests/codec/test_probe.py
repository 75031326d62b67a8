"""Headers of finished files, read without decoding."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ephoto.codec.decode import decode
from ephoto.codec.probe import probe
from ephoto.codec.source import load
from ephoto.core.errors import InputError
from ephoto.core.settings import Settings
from tests.codec import profiles
from tests.codec.pictures import FORMATS, SIZE_WH, exif_with, file_of, letter, saved


@pytest.mark.parametrize("name", FORMATS)
def test_what_every_format_says(name):
    facts, data = probe(file_of(name)), file_of(name)
    with Image.open(io.BytesIO(data)) if FORMATS[name][0] != "HEIF" else letter() as image:
        assert (facts.size_wh, facts.mode) == (SIZE_WH, image.mode)
    assert facts.format == FORMATS[name][0]
    assert facts.size_bytes == len(data)
    assert facts.progressive == (name == "progressive")
    assert not facts.has_metadata
    assert facts.trailing_bytes == 0


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("quality", [20, 70, 95])
def test_jpeg_quality_and_subsampling(quality, subsampling):
    facts = probe(saved(letter(), "JPEG", quality=quality, subsampling=subsampling))
    assert (facts.quality, facts.subsampling) == (quality, subsampling)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "BMP"])
def test_resolution(format):
    facts = probe(saved(letter(), format, dpi=(350, 300)))
    assert facts.dpi == pytest.approx((350, 300), abs=0.02)
    assert probe(saved(letter(), "PNG")).dpi is None


@pytest.mark.parametrize(("unit", "dpi"), [(0, None), (1, (118, 118)), (2, (299.72, 299.72))])
def test_jfif_units(unit, dpi):
    """No unit: only an aspect; 1: inch; 2: centimetre."""
    data = bytearray(saved(letter(), "JPEG", dpi=(118, 118)))
    data[13] = unit
    found = probe(bytes(data)).dpi
    assert found == (None if dpi is None else pytest.approx(dpi))


def with_segment(data, marker, payload):
    return data[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload + data[2:]


@pytest.mark.parametrize(
    ("marker", "payload", "personal"),
    [
        (0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", True),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>", True),
        (0xE2, b"MPF\0" + bytes(40), True),
        (0xED, b"Photoshop 3.0\0" + bytes(20), True),
        (0xFE, b"a comment", True),
        (0xE0, b"JFXX\0\x10" + bytes(20), True),
        (0xEE, b"Adobe" + bytes(7), False),
        (0xE2, b"ICC_PROFILE\0\1\1" + profiles.SRGB_PARAMETRIC, False),
        (0xE2, b"ICC_PROFILE\0\1\1" + profiles.DISPLAY_P3, True),
    ],
    ids=["exif", "xmp", "mpf", "photoshop", "comment", "thumbnail", "adobe", "srgb", "p3"],
)
def test_metadata_of_a_jpeg(marker, payload, personal):
    assert probe(with_segment(file_of("jpeg"), marker, payload)).has_metadata is personal


WHICH = ("has_exif", "has_gps", "has_thumbnail", "has_xmp", "has_comment", "has_icc")


def kinds(data):
    facts = probe(data)
    return {name for name in WHICH if getattr(facts, name)}


def exif_with_position_and_thumbnail():
    """One directory with a GPS pointer, and behind it the thumbnail's, by hand."""
    entry = struct.Struct("<HHII")
    gps, second = 8 + 2 + 12 + 4, 8 + 2 + 12 + 4 + 6
    first = b"\1\0" + entry.pack(0x8825, 4, 1, gps) + struct.pack("<I", second)
    return b"Exif\0\0II*\0\x08\0\0\0" + first + bytes(6) + b"\1\0" + entry.pack(0x0201, 4, 1, 99) + bytes(4)


@pytest.mark.parametrize(
    ("marker", "payload", "expected"),
    [
        (0xE1, exif_with(1), {"has_exif"}),
        (0xE1, exif_with_position_and_thumbnail(), {"has_exif", "has_gps", "has_thumbnail"}),
        (0xE1, b"Exif\0\0nonsense", {"has_exif"}),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x/>", {"has_xmp"}),
        (0xFE, b"a comment", {"has_comment"}),
        (0xE0, b"JFXX\0\x10" + bytes(20), {"has_thumbnail"}),
        (0xE2, b"ICC_PROFILE\0\1\1" + profiles.SRGB_PARAMETRIC, {"has_icc"}),
        (0xED, b"Photoshop 3.0\0" + bytes(20), set()),
    ],
    ids=["exif", "gps", "broken exif", "xmp", "comment", "thumbnail", "icc", "photoshop"],
)
def test_which_metadata_it_is(marker, payload, expected):
    assert kinds(with_segment(file_of("jpeg"), marker, payload)) == expected


def test_which_metadata_a_png_has():
    text, xmp = PngInfo(), PngInfo()
    text.add_text("Author", "somebody")
    xmp.add_itxt("XML:com.adobe.xmp", "<x/>")
    assert kinds(saved(letter(), "PNG", pnginfo=text)) == {"has_comment"}
    assert kinds(saved(letter(), "PNG", pnginfo=xmp)) == {"has_xmp"}
    assert kinds(saved(letter(), "PNG", exif=exif_with(1), icc_profile=profiles.SRGB_TABLE)) == {"has_exif", "has_icc"}


def test_which_metadata_other_formats_have():
    assert kinds(saved(letter(), "WEBP", exif=exif_with(1), xmp=b"<x/>")) == {"has_exif", "has_xmp"}
    assert kinds(saved(letter(), "AVIF", icc_profile=profiles.DISPLAY_P3)) == {"has_icc"}


@pytest.mark.parametrize("name", FORMATS)
def test_the_pixels_are_those_that_decoding_gives(name):
    settings = Settings()
    assert np.array_equal(probe(file_of(name)).pixels, decode(load(file_of(name), settings), settings).pixels)


def test_metadata_of_a_png():
    text = PngInfo()
    text.add_text("Author", "somebody")
    assert probe(saved(letter(), "PNG", pnginfo=text)).has_metadata
    assert probe(saved(letter(), "PNG", exif=exif_with(1))).has_metadata
    assert probe(saved(letter(), "PNG", icc_profile=profiles.DISPLAY_P3)).has_metadata
    assert not probe(saved(letter(), "PNG", icc_profile=profiles.SRGB_TABLE)).has_metadata


@pytest.mark.parametrize("format", ["WEBP", "HEIF", "AVIF"])
def test_metadata_of_other_formats(format):
    assert probe(saved(letter(), format, exif=exif_with(1))).has_metadata


@pytest.mark.parametrize("name", ["jpeg", "progressive", "png"])
def test_bytes_after_the_end(name):
    assert probe(file_of(name) + b"\0" * 1234).trailing_bytes == 1234


def test_end_markers_inside_segments_are_not_the_end():
    """A thumbnail in EXIF is a JPEG of its own."""
    data = with_segment(file_of("jpeg"), 0xE1, b"Exif\0\0" + file_of("jpeg")[:5000])
    assert probe(data).trailing_bytes == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"text" * 9, "not_a_picture"),
        (b"GIF89a" + bytes(50), "format_unsupported"),
        (file_of("jpeg")[:100], "truncated"),
        (file_of("png")[:20], "truncated"),
        (b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND")), "corrupt"),
    ],
    ids=["empty", "text", "gif", "jpeg", "png", "no header"],
)
def test_what_cannot_be_probed(data, code):
    with pytest.raises(InputError) as caught:
        probe(data)
    assert caught.value.code == code
