"""Decoding: upright, sRGB, opaque, 8 bits, whatever the file was; and a typed error for what is no whole picture."""

from __future__ import annotations

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageFile

from ephoto.codec.decode import decode
from ephoto.codec.source import load
from ephoto.core.errors import InputError
from ephoto.core.settings import Settings
from tests.codec.pictures import FORMATS, SIZE_WH, exif_with, file_of, letter, saved, stored_turned
from tests.images import assert_similar

SETTINGS = Settings()
LENIENT = Settings(allow_truncated=True)
COLOURED = [name for name in FORMATS if name not in ("grey", "palette", "one-bit")]
TURNED_BY_TAG = ("JPEG", "PNG", "WEBP", "TIFF")


def decoded(source, settings=SETTINGS, **options):
    return decode(load(source, settings), settings, **options)


def png_of(levels, colour_type, *, before=b"", after=b""):
    """A PNG of 16-bit levels (H, W[, C]), written by hand: Pillow writes none in colour."""
    h, w = levels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    header = struct.pack(">IIBBBBB", w, h, 16, colour_type, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + before + png_chunk(b"IDAT", zlib.compress(rows)) + after
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# ---- formats and modes


@pytest.mark.parametrize("name", COLOURED)
def test_every_format_shows_the_picture(name):
    photo = decoded(file_of(name))
    assert_similar(photo.pixels, letter(), mean=3.0)
    assert photo.scale == 1.0
    assert photo.source.format == FORMATS[name][0]
    assert photo.source.size_wh == SIZE_WH
    assert photo.source.size_bytes == len(file_of(name))


@pytest.mark.parametrize("name", ["png", "rgba", "webp-lossless", "tiff", "tiff-lzw", "bmp"])
def test_lossless_formats_keep_every_pixel(name):
    assert np.array_equal(decoded(file_of(name)).pixels, np.asarray(letter()))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I;16", "I", "F"])
def test_every_mode_of_a_pillow_image(mode):
    image = letter()
    if mode.startswith("I"):
        grey = np.asarray(image.convert("L")).astype(np.uint16) * 257
        image = Image.fromarray(grey if mode == "I;16" else grey.astype(np.int32))
    elif mode == "LAB":
        image = Image.frombytes("LAB", SIZE_WH, bytes((128, 0, 0)) * (SIZE_WH[0] * SIZE_WH[1]))
    else:
        image = image.convert(mode)
    assert image.mode == mode
    photo = decoded(image)
    if mode == "LAB":
        assert np.ptp(photo.pixels) <= 2  # neutral
        return
    expected = letter().convert({"1": "1", "L": "L", "LA": "L", "F": "L"}.get(mode, "RGB"))
    if mode.startswith("I"):
        expected = letter().convert("L")
    assert_similar(photo.pixels, expected.convert("RGB"), mean=16.0 if mode == "P" else 2.0)


def test_pixels_are_contiguous_bytes():
    """Of a turned picture too, where a view would be strided."""
    photo = decoded(saved(letter(), "JPEG", exif=exif_with(6)))
    assert photo.pixels.flags.c_contiguous
    assert photo.pixels.dtype == np.uint8


# ---- 16 bits


def test_deep_grey_is_rounded():
    levels = np.linspace(0, 65535, 32 * 64).astype(np.uint16).reshape(32, 64)
    for data in (png_of(levels, 0), saved(Image.fromarray(levels), "TIFF")):
        assert np.array_equal(decoded(data).pixels[..., 1], np.rint(levels / 257).astype(np.uint8))


def test_deep_colour_is_rounded():
    levels = np.random.default_rng(5).integers(0, 65536, (40, 30, 3), dtype=np.uint16)
    assert np.array_equal(decoded(png_of(levels, 2)).pixels, np.rint(levels / 257).astype(np.uint8))


@pytest.mark.parametrize("colour_type", [0, 2], ids=["grey", "colour"])
def test_the_level_that_a_deep_png_declares_transparent(colour_type):
    """Only that level exactly: its neighbour shares the upper byte."""
    levels = np.full((20, 20, 3), (1000, 2000, 3000), np.uint16)
    levels[10:] += 1
    clear = struct.pack(">HHH", 1000, 2000, 3000) if colour_type == 2 else struct.pack(">H", 1000)
    data = png_of(levels if colour_type == 2 else levels[..., 0], colour_type, before=png_chunk(b"tRNS", clear))
    photo = decoded(data)
    assert photo.source.flattened
    assert (photo.pixels[:10] == 255).all()
    assert (photo.pixels[10:] < 20).all()


# ---- transparency


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_transparency_is_laid_on_white(format):
    """Half transparent black becomes the middle grey, and what is hidden does not show through."""
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 128))
    image.paste((255, 0, 0, 0), (0, 0, 16, 32))
    photo = decoded(saved(image, format, **({"lossless": True, "exact": True} if format == "WEBP" else {})))
    assert photo.source.flattened
    assert (photo.pixels[:, :16] == 255).all()
    assert (photo.pixels[:, 16:] == 127).all()


def test_an_opaque_alpha_channel_is_no_transparency():
    assert not decoded(file_of("rgba")).source.flattened


def test_a_palette_with_a_transparent_colour():
    image = Image.new("P", (32, 32), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(0, (0, 0, 16, 32))
    photo = decoded(saved(image, "PNG", transparency=0))
    assert tuple(photo.pixels[0, 0]) == (255, 255, 255)
    assert tuple(photo.pixels[0, 31]) == (200, 100, 50)


def test_array_and_file_are_laid_on_white_alike():
    pixels = np.random.default_rng(2).integers(0, 256, (32, 32, 4), dtype=np.uint8)
    from_file, from_array = decoded(saved(Image.fromarray(pixels), "PNG")), decoded(pixels)
    assert from_array.source.flattened
    assert np.array_equal(from_file.pixels, from_array.pixels)


# ---- orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", TURNED_BY_TAG)
def test_turned_upright_once_through_every_door(format, orientation, tmp_path):
    options = {"lossless": True} if format == "WEBP" else {"quality": 95} if format == "JPEG" else {}
    data = saved(stored_turned(letter(), orientation), format, exif=exif_with(orientation), **options)
    path = tmp_path / "photo"
    path.write_bytes(data)
    photo = decoded(data)
    assert_similar(photo.pixels, letter(), mean=3.0 if format == "JPEG" else 0.0)
    assert photo.source.orientation == orientation
    assert photo.source.size_wh == SIZE_WH
    with path.open("rb") as file, Image.open(path) as image:
        for source in (path, str(path), bytearray(data), memoryview(data), file, image):
            assert np.array_equal(decoded(source).pixels, photo.pixels), type(source).__name__


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tag_that_comes_after_the_pixels(orientation):
    """PNG allows eXIf behind the picture."""
    data = saved(stored_turned(letter(), orientation), "PNG")
    chunk = png_chunk(b"eXIf", exif_with(orientation).removeprefix(b"Exif\0\0"))
    end = data.rindex(b"IEND") - 4
    assert np.array_equal(decoded(data[:end] + chunk + data[end:]).pixels, np.asarray(letter()))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_a_senseless_tag_turns_nothing(orientation):
    photo = decoded(saved(letter(), "PNG", exif=exif_with(orientation)))
    assert np.array_equal(photo.pixels, np.asarray(letter()))
    assert photo.source.orientation == 1


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heif_with_its_own_rotation_box_is_turned_once(orientation):
    """Written by pillow-heif, which puts the EXIF orientation into the container's boxes."""
    data = saved(stored_turned(letter(), orientation), "HEIF", quality=95, exif=exif_with(orientation))
    photo = decoded(data)
    assert_similar(photo.pixels, letter(), mean=3.0)
    assert photo.source.size_wh == SIZE_WH


def test_heif_with_a_tag_but_no_box_stays_as_it_is():
    """The tag is only informative there (peers: HEIC turned twice): 128x96 pixels stay 128x96."""
    lying = stored_turned(letter(), 6)
    plain = saved(lying, "HEIF", quality=95, exif=exif_with(1))
    little, big = b"\x12\x01\x03\x00\x01\x00\x00\x00\x01", b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x01"
    tagged = plain.replace(little, little[:-1] + b"\x06").replace(big, big[:-1] + b"\x06")
    assert tagged != plain
    photo = decoded(tagged)
    assert_similar(photo.pixels, lying, mean=3.0)
    assert photo.source.orientation == 1


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_avif_is_turned_once(orientation):
    data = saved(stored_turned(letter(), orientation), "AVIF", quality=95, exif=exif_with(orientation))
    assert_similar(decoded(data).pixels, letter(), mean=3.0)


# ---- reduced decoding


@pytest.mark.parametrize(
    ("wanted", "scale"),
    [(None, 1.0), (1000, 1.0), (801, 1.0), (401, 1.0), (400, 0.5), (201, 0.5), (200, 0.25), (100, 0.125), (10, 0.125)],
)
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_is_decoded_no_smaller_than_wanted(wanted, scale, orientation):
    big = letter().resize((800, 1003), Image.Resampling.BICUBIC)
    data = saved(stored_turned(big, orientation), "JPEG", exif=exif_with(orientation))
    photo = decoded(data, shorter_side_px=wanted)
    assert photo.scale == scale
    assert photo.size_wh == (800 * scale, np.ceil(1003 * scale))
    assert photo.source.size_wh == (800, 1003)


def test_reduced_decoding_moves_nothing():
    """The reduced picture is the whole one averaged, for a grey and a CMYK file too."""
    big = letter().resize((768, 1024), Image.Resampling.BICUBIC)
    for mode in ("RGB", "L", "CMYK"):
        loaded = load(saved(big, "JPEG", quality=95, mode=mode), SETTINGS)
        small = decode(loaded, SETTINGS, shorter_side_px=384).pixels
        whole = decode(loaded, SETTINGS).pixels
        averaged = whole.reshape(512, 2, 384, 2, 3).mean((1, 3))
        assert_similar(small, averaged.round().astype(np.uint8), mean=1.5)


def test_other_formats_are_decoded_whole():
    assert decoded(file_of("png"), shorter_side_px=16).scale == 1.0


# ---- facts


def test_facts_of_the_header():
    exif = Image.Exif()
    exif[0x0112], exif[0x011A], exif[0x011B], exif[0x0128] = 6, 240.0, 240.0, 2
    exif.get_ifd(0x8769)[0xA405] = 26
    source = decoded(saved(letter(), "JPEG", quality=83, exif=exif.tobytes())).source
    assert (source.orientation, source.jpeg_quality, source.focal_35mm) == (6, 83, 26.0)
    assert source.dpi == (240.0, 240.0)
    assert source.mode == "RGB"


@pytest.mark.parametrize("quality", [10, 49, 50, 75, 89, 95, 100])
def test_the_jpeg_quality_is_read_from_the_tables(quality):
    assert decoded(saved(letter(), "JPEG", quality=quality)).source.jpeg_quality == quality


def test_the_jfif_resolution():
    assert decoded(saved(letter(), "JPEG", dpi=(350, 350))).source.dpi == (350.0, 350.0)


# ---- broken files


@pytest.mark.parametrize("tenth", range(1, 10))
@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_ends_early_is_refused(name, tenth):
    whole = file_of(name)
    with pytest.raises(InputError) as caught:
        decoded(whole[: len(whole) * tenth // 10])
    assert caught.value.code == "truncated"


@pytest.mark.parametrize("name", ["jpeg", "progressive", "png", "tiff", "bmp"])
def test_what_is_there_is_taken_if_allowed(name):
    whole = file_of(name)
    photo = decoded(whole[: len(whole) * 7 // 10], LENIENT)
    assert photo.size_wh == SIZE_WH
    rows = slice(None) if name == "progressive" else slice(-32, None) if name == "bmp" else slice(0, 32)
    assert_similar(photo.pixels[rows], np.asarray(letter())[rows], mean=12.0 if name == "progressive" else 3.0)
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("tenth", range(1, 10))
def test_lenient_reading_gives_a_picture_or_a_typed_error(name, tenth):
    whole = file_of(name)
    try:
        assert decoded(whole[: len(whole) * tenth // 10], LENIENT).size_wh == SIZE_WH
    except InputError as error:
        assert error.code in ("truncated", "corrupt")  # noqa: PT017 (either outcome is right)


def test_damage_inside_is_corruption():
    """A PNG of full length whose compressed data are garbage."""
    data = bytearray(file_of("png"))
    data[200:400] = bytes(200)
    with pytest.raises(InputError) as caught:
        decoded(bytes(data))
    assert caught.value.code == "corrupt"
    assert caught.value.values["problem"]


# ---- sharing


def test_a_loaded_photo_decodes_the_same_any_number_of_times():
    loaded = load(saved(letter().resize((400, 500)), "JPEG"), SETTINGS)
    whole = decode(loaded, SETTINGS).pixels
    assert decode(loaded, SETTINGS, shorter_side_px=100).scale == 0.25
    assert np.array_equal(decode(loaded, SETTINGS).pixels, whole)


def test_threads_do_not_disturb_each_other():
    loaded = {name: load(file_of(name), SETTINGS) for name in FORMATS}
    alone = {name: decode(item, SETTINGS).pixels for name, item in loaded.items()}
    names = list(FORMATS) * 4
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda name: decode(loaded[name], SETTINGS).pixels, names))
    for name, pixels in zip(names, together, strict=True):
        assert np.array_equal(pixels, alone[name]), name


def test_a_caller_own_opener_is_not_registered():
    """Reading HEIC leaves Pillow's own list of readers as it was."""
    before = set(Image.ID)
    decoded(file_of("heic"))
    assert set(Image.ID) == before
    assert pillow_heif is not None


def test_the_files_of_the_tests_are_what_they_are_called():
    assert Image.open(io.BytesIO(file_of("progressive"))).info.get("progressive")
    assert Image.open(io.BytesIO(file_of("cmyk"))).mode == "CMYK"
