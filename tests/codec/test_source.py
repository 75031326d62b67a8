"""Taking photos in: every door, every limit, and nothing of the caller's changed."""

from __future__ import annotations

import io
import os
import socket
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ephoto.codec.decode import decode
from ephoto.codec.source import load
from ephoto.core.errors import EphotoError, InputError, UsageError
from ephoto.core.settings import Settings
from tests.codec.pictures import FORMATS, exif_with, file_of, letter, saved

SETTINGS = Settings()
PNG = file_of("png")


def code_of(source, settings=SETTINGS):
    with pytest.raises(EphotoError) as caught:
        decode(load(source, settings), settings)
    assert caught.value.message("zh")
    assert caught.value.hint()
    return caught.value.code


def png_header(width, height):
    """A PNG that declares a size and holds next to nothing."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def jpeg_header(width, height):
    data = bytearray(file_of("jpeg"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def bmp_header(width, height):
    return (
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 153, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(99)
    )


def several(format, **options):
    out = io.BytesIO()
    shades = [Image.new("RGB", (32, 32), (i * 90, 0, 0)) for i in range(3)]
    shades[0].save(out, format, save_all=True, append_images=shades[1:], **options)
    return out.getvalue()


# ---- doors


@pytest.mark.parametrize("name", ["照片.png", "😀 me.png", "a b  c.png", "ünï.png", "-.png", "%41.png", "x" * 200])
def test_file_names_of_every_kind(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(PNG)
    assert np.array_equal(decode(load(str(path), SETTINGS), SETTINGS).pixels, np.asarray(letter()))


def test_the_suffix_says_nothing(tmp_path):
    path = tmp_path / "photo.txt"
    path.write_bytes(PNG)
    assert load(path, SETTINGS).header.format == "PNG"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, io.BytesIO])
def test_bytes_of_every_kind(kind):
    assert load(kind(PNG), SETTINGS).data == PNG


def test_a_path_that_gives_bytes():
    class Odd(os.PathLike):
        def __fspath__(self):
            return b"/nowhere/at/all"

    assert code_of(Odd()) == "not_found"


def test_a_file_object_is_put_back_where_it_stood():
    """And so may be given twice."""
    file = io.BytesIO(b"xyz" + PNG)
    file.seek(3)
    assert load(file, SETTINGS).data == PNG
    assert file.tell() == 3
    assert load(file, SETTINGS).data == PNG


def test_a_pipe_that_gives_little_at_a_time():
    class Pipe:
        def __init__(self, data):
            self.rest = data

        def read(self, size):
            part, self.rest = self.rest[: min(size, 777)], self.rest[min(size, 777) :]
            return part

    assert load(Pipe(PNG), SETTINGS).data == PNG


def test_an_endless_stream_is_left_at_the_limit():
    class Endless:
        given = 0

        def read(self, size):
            Endless.given += size
            return b"\xff\xd8\xff" + bytes(size - 3)

    assert code_of(Endless(), Settings(max_bytes=3_000_000)) == "too_many_bytes"
    assert Endless.given < 6_000_000


@pytest.mark.parametrize(
    "source", [None, 7, ["a.jpg"], io.StringIO("text")], ids=["none", "number", "list", "text file"]
)
def test_what_is_no_source_is_said_to_be_none(source):
    assert code_of(source) == "bad_source"


def test_a_closed_file_cannot_be_read():
    file = io.BytesIO(PNG)
    file.close()
    assert code_of(file) == "not_readable"


# ---- nothing is changed


def test_a_pillow_image_keeps_its_pixels_tag_and_mode():
    image = Image.open(io.BytesIO(saved(letter(), "JPEG", exif=exif_with(6))))
    info, size, mode = dict(image.info), image.size, image.mode
    first = decode(load(image, SETTINGS), SETTINGS)
    again = decode(load(image, SETTINGS), SETTINGS)
    assert np.array_equal(first.pixels, again.pixels)
    assert first.size_wh == size[::-1]
    assert (image.size, image.mode, image.getexif()[0x0112]) == (size, mode, 6)
    assert image.info == info


def test_a_loaded_image_no_longer_depends_on_the_callers():
    image = letter().copy()
    loaded = load(image, SETTINGS)
    image.paste((0, 0, 0), (0, 0, *image.size))
    assert np.array_equal(decode(loaded, SETTINGS).pixels, np.asarray(letter()))


def test_a_loaded_array_no_longer_depends_on_the_callers():
    array = np.array(letter())
    loaded = load(array, SETTINGS)
    array[:] = 0
    assert np.array_equal(decode(loaded, SETTINGS).pixels, np.asarray(letter()))


def test_a_read_only_array_is_taken():
    array = np.array(letter())
    array.flags.writeable = False
    assert np.array_equal(decode(load(array, SETTINGS), SETTINGS).pixels, array)


def test_an_image_given_a_tag_by_its_owner_is_turned():
    image = letter().copy()
    image.getexif()[0x0112] = 3
    assert np.array_equal(decode(load(image, SETTINGS), SETTINGS).pixels, np.asarray(letter())[::-1, ::-1])


# ---- arrays


@pytest.mark.parametrize(
    "array",
    [
        np.asarray(letter()),
        np.asarray(letter()).astype(np.uint16) * 257,
        np.asarray(letter()).astype(np.float32) / 255,
        np.asarray(letter()).astype(np.float64) / 255,
        np.dstack([np.asarray(letter()), np.full((128, 96), 255, np.uint8)]),
        np.asarray(letter())[:, ::-1].copy()[:, ::-1],
        np.asfortranarray(np.asarray(letter())),
    ],
    ids=["uint8", "uint16", "float32", "float64", "rgba", "strided", "fortran"],
)
def test_arrays_of_every_kind(array):
    photo = decode(load(array, SETTINGS), SETTINGS)
    assert np.array_equal(photo.pixels, np.asarray(letter()))
    assert (photo.source.format, photo.scale) == ("array", 1.0)


@pytest.mark.parametrize("shape", [(128, 96), (128, 96, 1)])
def test_grey_arrays(shape):
    grey = np.asarray(letter().convert("L"))
    pixels = decode(load(grey.reshape(shape), SETTINGS), SETTINGS).pixels
    assert np.array_equal(pixels, np.dstack([grey] * 3))


@pytest.mark.parametrize(
    "array",
    [
        np.full((32, 32, 3), np.nan),
        np.full((32, 32, 3), np.inf),
        np.full((32, 32, 3), 1.5),
        np.full((32, 32, 3), -0.1),
        np.full((32, 32, 3), 128.0),
        np.zeros((32, 32, 2), np.uint8),
        np.zeros((32, 32, 5), np.uint8),
        np.zeros((2, 32, 32, 3), np.uint8),
        np.zeros(1000, np.uint8),
        np.zeros((), np.uint8),
        np.zeros((32, 32, 3), np.int32),
        np.zeros((32, 32, 3), bool),
        np.zeros((32, 32, 3), complex),
        np.full((32, 32), "x"),
        np.full((32, 32), None),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)
def test_arrays_that_are_no_picture(array):
    with pytest.raises(UsageError) as caught:
        load(array, SETTINGS)
    assert caught.value.code == "bad_array"


@pytest.mark.parametrize("shape", [(0, 0, 3), (0, 32, 3), (32, 0, 3), (1, 1, 3), (15, 400)])
def test_arrays_without_room_for_a_face(shape):
    assert code_of(np.zeros(shape, np.uint8)) == "too_small"


# ---- bad files


def test_names_that_lead_nowhere(tmp_path):
    (tmp_path / "file").write_bytes(PNG)
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    assert code_of(tmp_path / "missing.jpg") == "not_found"
    assert code_of(tmp_path / "file" / "below") == "not_found"
    assert code_of(tmp_path / "dangling") == "not_found"
    assert code_of("nul\0byte.jpg") == "not_found"
    assert code_of("") == "not_found"


def test_a_folder_is_pointed_to_batch(tmp_path):
    assert code_of(tmp_path) == "folder_input"


def test_what_is_no_ordinary_file(tmp_path):
    """A pipe without a writer would block for ever; a device never ends."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert code_of(pipe) == "not_readable"
    assert code_of("/dev/zero") == "not_readable"
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    try:
        os.chdir(tmp_path)  # names of sockets are short
        listener.bind("s")
        assert code_of("s") == "not_readable"
    finally:
        os.chdir(here)
        listener.close()


def test_a_loop_of_links(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert code_of(tmp_path / "a") == "not_readable"


def test_a_file_without_permission(tmp_path, monkeypatch):
    """As the system says it; for root nothing is forbidden, so the refusal is played."""
    path = tmp_path / "secret.png"
    path.write_bytes(PNG)
    path.chmod(0)

    def refused(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    if os.access(path, os.R_OK):
        monkeypatch.setattr("builtins.open", refused)
    assert code_of(path) == "not_readable"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"hello, this is text\n" * 50, "not_a_picture"),
        (b"\0" * 1000, "not_a_picture"),
        (bytes(range(256)) * 4, "not_a_picture"),
        (b"\xff", "not_a_picture"),
        (b"<html><body>not found</body></html>", "not_a_picture"),
        (saved(letter(), "GIF"), "format_unsupported"),
        (several("GIF"), "format_unsupported"),
        (b"%PDF-1.7\n" + bytes(100), "format_unsupported"),
        (b"8BPS" + bytes(100), "format_unsupported"),
        (b"\0\0\0\x18ftypmp42" + bytes(100), "format_unsupported"),
        (several("PNG"), "animated"),
        (several("WEBP"), "animated"),
        (several("TIFF"), "animated"),
        (several("AVIF"), "animated"),
        (saved(Image.new("RGB", (1, 1)), "PNG"), "too_small"),
        (saved(Image.new("RGB", (15, 300)), "JPEG"), "too_small"),
        (png_header(50_000, 50_000), "too_many_pixels"),
        (jpeg_header(50_000, 50_000), "too_many_pixels"),
        (bmp_header(50_000, 50_000), "too_many_pixels"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:12]),
)
def test_bad_bytes(data, code, recwarn):
    assert code_of(data) == code
    assert not recwarn.list


@pytest.mark.parametrize("make", [png_header, jpeg_header, bmp_header])
@pytest.mark.parametrize("size", [(0, 0), (0, 100), (100, 0)])
def test_a_picture_of_no_size(make, size):
    assert code_of(make(*size)) == "too_small"


def test_an_image_that_moves_is_not_a_photo():
    assert code_of(Image.open(io.BytesIO(several("GIF")))) == "animated"


def test_a_phones_second_picture_is_left_aside():
    """MPO: the first picture is the photo, the others are depth or a second exposure."""
    other = Image.new("RGB", (64, 64), (255, 0, 0))
    out = io.BytesIO()
    letter().save(out, "MPO", save_all=True, append_images=[other], quality=95)
    from_bytes = decode(load(out.getvalue(), SETTINGS), SETTINGS)
    from_image = decode(load(Image.open(out), SETTINGS), SETTINGS)
    assert from_bytes.size_wh == letter().size
    assert from_bytes.source.format == "JPEG"
    assert np.array_equal(from_bytes.pixels, from_image.pixels)


# ---- limits


def test_the_byte_limit_counts_before_reading(tmp_path):
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    tight = Settings(max_bytes=len(PNG) - 1)
    assert code_of(path) == "too_many_bytes"
    for source in (PNG, bytearray(PNG), memoryview(PNG), io.BytesIO(PNG)):
        assert code_of(source, tight) == "too_many_bytes"
    assert load(PNG, Settings(max_bytes=len(PNG))).data == PNG


@pytest.mark.parametrize("name", FORMATS)
def test_the_pixel_limit_counts_before_decoding(name):
    assert code_of(file_of(name), Settings(max_pixels=96 * 128 - 1)) == "too_many_pixels"
    assert decode(load(file_of(name), Settings(max_pixels=96 * 128)), SETTINGS).size_wh == (96, 128)


def test_the_pixel_limit_counts_for_images_and_arrays():
    tight = Settings(max_pixels=96 * 128 - 1)
    assert code_of(letter(), tight) == "too_many_pixels"
    assert code_of(np.asarray(letter()), tight) == "too_many_pixels"


@pytest.mark.parametrize("name", ["png", "tiff", "tiff-lzw", "bmp", "jpeg", "webp"])
def test_the_limit_of_pillow_is_neither_consulted_nor_changed(name, monkeypatch, recwarn):
    """It belongs to the program around us: ours stands alone."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 96 * 128 * 2 // 3)
    assert decode(load(file_of(name), SETTINGS), SETTINGS).size_wh == (96, 128)
    assert Image.MAX_IMAGE_PIXELS == 96 * 128 * 2 // 3
    assert not recwarn.list


def test_a_progressive_file_with_scans_without_end_is_not_decoded():
    """Each scan goes over the whole picture: a small file could keep a decoder busy for minutes."""
    data = file_of("progressive")
    scan = data[data.rindex(b"\xff\xda") : -2]
    assert code_of(data[:-2] + scan * 300 + data[-2:]) == "corrupt"
    assert load(data[:-2] + scan * 20 + data[-2:], SETTINGS).header.format == "JPEG"


def test_errors_name_their_values():
    with pytest.raises(InputError) as caught:
        load(png_header(50_000, 50_000), SETTINGS)
    assert caught.value.values == {"width": 50_000, "height": 50_000, "limit": SETTINGS.max_pixels}
