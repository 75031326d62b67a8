"""What a file is taken for, and the readers: what is legitimate is not refused, and nothing is warned about."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from ephoto.codec.decode import decode
from ephoto.codec.formats import sniff
from ephoto.codec.source import load
from ephoto.core.errors import InputError
from ephoto.core.settings import Settings
from tests.codec.pictures import FORMATS, exif_with, file_of, letter, saved

SETTINGS = Settings()


def decoded(data):
    return decode(load(data, SETTINGS), SETTINGS)


def code_of(data):
    with pytest.raises(InputError) as caught:
        load(data, SETTINGS)
    return caught.value.code


def chunk(kind, payload):
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def pages(*pictures):
    """A TIFF of (image, NewSubfileType)."""
    out = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(out, True) as file:
        for image, kind in pictures:
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[254] = kind
            image.save(file, "TIFF", tiffinfo=tags)
            file.newFrame()
    return out.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_formats_are_known_by_their_first_bytes(name):
    assert sniff(file_of(name)) == FORMATS[name][0]


@pytest.mark.parametrize("text", [b"BMW is a maker of cars", b"BM", b"BMI and other figures\n" * 9])
def test_a_text_that_begins_like_a_bitmap_is_none(text):
    assert code_of(text + b" " * 100) == "not_a_picture"


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 3_000_000)), id="long text"),
        pytest.param(chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"y" * 3_000_000)), id="long XMP"),
        pytest.param(chunk(b"tEXt", b"Author\0somebody"), id="text"),
        pytest.param(chunk(b"acTL", struct.pack(">II", 0, 0)), id="animation of nothing"),
        pytest.param(chunk(b"prVt", b"private"), id="private chunk"),
    ],
)
def test_what_a_png_says_besides_is_passed_over(extra, recwarn):
    """Pillow refuses a file for a long text, and warns of an empty animation."""
    data = file_of("png")
    assert np.array_equal(decoded(data[:33] + extra + data[33:]).pixels, np.asarray(letter()))
    assert np.array_equal(decoded(data[:-12] + extra + data[-12:]).pixels, np.asarray(letter()))
    assert not recwarn.list


def test_a_png_without_its_texts_keeps_the_rest():
    data = saved(letter(), "PNG", exif=exif_with(3), dpi=(350, 350))
    photo = decoded(data[:33] + chunk(b"tEXt", b"Author\0somebody") + data[33:])
    assert photo.source.orientation == 3
    assert photo.source.dpi == pytest.approx((350, 350), abs=0.02)


@pytest.mark.parametrize("kind", [1, 4, 5], ids=["thumbnail", "mask", "mask of a thumbnail"])
def test_the_thumbnail_of_a_tiff_is_no_second_page(kind):
    assert np.array_equal(decoded(pages((letter(), 0), (letter().resize((24, 32)), kind))).pixels, np.asarray(letter()))


def test_a_second_page_is_one():
    assert code_of(pages((letter(), 0), (letter(), 2))) == "animated"


def test_camera_raw_is_not_taken_for_its_thumbnail():
    """DNG names itself; NEF and ARW begin with a thumbnail and keep their pictures below it."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[50706] = b"\1\4\0\0"
    out = io.BytesIO()
    letter().save(out, "TIFF", tiffinfo=tags)
    assert code_of(out.getvalue()) == "format_unsupported"
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[254], tags[330] = 1, 8
    tags.tagtype[330] = 4
    out = io.BytesIO()
    letter().save(out, "TIFF", tiffinfo=tags)
    assert code_of(out.getvalue()) == "format_unsupported"


def test_a_premultiplied_grey_image():
    """Mode La, which Pillow converts to LA only."""
    image = letter().convert("LA").convert("La")
    assert np.array_equal(decoded(image).pixels[..., 0], np.asarray(letter().convert("L")))


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_levels_of_either_byte_order(order):
    levels = np.asarray(letter()).astype(order) * 257
    assert np.array_equal(decoded(levels).pixels, np.asarray(letter()))


def test_pixels_of_an_array_are_not_handed_out_for_changing():
    """Every decoding gives the same array, so nobody may write into it."""
    loaded = load(np.array(letter()), SETTINGS)
    photo = decode(loaded, SETTINGS)
    assert not photo.pixels.flags.writeable
    assert np.array_equal(decode(loaded, SETTINGS).pixels, np.asarray(letter()))


def test_hundred_megapixels_are_within_the_limit(recwarn):
    """Pillow's own limit lies at 89, with a warning or an error; ours is the one that counts."""
    out = io.BytesIO()
    Image.new("1", (10_000, 9_500), 1).save(out, "TIFF", compression="group4")
    assert load(out.getvalue(), SETTINGS).header.size_wh == (10_000, 9_500)
    assert not recwarn.list
