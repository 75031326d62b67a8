"""Declared sizes: read before any decoder, so that a bomb costs nothing and is called what it is."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image

from ephoto.codec.extent import declared_size
from ephoto.codec.source import load
from ephoto.core.errors import InputError
from ephoto.core.settings import Settings
from tests.codec.pictures import FORMATS, SIZE_WH, file_of, letter, saved

SETTINGS = Settings()
TOLD = [name for name in FORMATS if not name.startswith("tiff")]


def declaring(name, width, height):
    """One of FORMATS whose header is made to say another size."""
    data = bytearray(file_of(name))
    format = FORMATS[name][0]
    if format == "PNG":
        data[16:24] = struct.pack(">II", width, height)
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    elif format == "JPEG":
        at = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
        data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    elif format == "BMP":
        data[18:26] = struct.pack("<ii", width, -height)
    elif format in ("HEIF", "AVIF"):
        struct.pack_into(">II", data, data.find(b"ispe") + 8, width, height)
    elif name == "webp":
        struct.pack_into("<HH", data, 26, width, height)
    else:
        struct.pack_into("<I", data, 21, (width - 1) | (height - 1) << 14)
    return bytes(data)


def code_of(data, settings=SETTINGS):
    with pytest.raises(InputError) as caught:
        load(data, settings)
    return caught.value.code


@pytest.mark.parametrize("name", TOLD)
def test_every_header_tells_its_size(name):
    assert declared_size(file_of(name), FORMATS[name][0]) == SIZE_WH


def test_a_webp_canvas_tells_its_size():
    data = saved(letter(), "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
    assert data[12:16] == b"VP8X"
    assert declared_size(data, "WEBP") == SIZE_WH


def test_an_old_bitmap_tells_its_size():
    """OS/2: sides of 16 bits."""
    data = b"BM" + struct.pack("<IHHIIHHHH", 0, 0, 0, 26, 12, 300, 400, 1, 24)
    assert declared_size(data, "BMP") == (300, 400)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("length", [0, 3, 12, 20, 27])
def test_a_stump_tells_nothing_or_the_truth(name, length):
    assert declared_size(file_of(name)[:length], FORMATS[name][0]) in (None, SIZE_WH)


@pytest.mark.parametrize("name", TOLD)
def test_a_bomb_is_refused_by_its_name(name):
    """The largest size that the header can hold, up to 50,000 x 50,000."""
    side = 16_383 if name.startswith("webp") else 50_000
    assert code_of(declaring(name, side, side)) == "too_many_pixels"


@pytest.mark.parametrize("name", ["jpeg", "png", "bmp", "heic", "avif"])
@pytest.mark.parametrize("size", [(0, 0), (0, 200), (200, 0), (1, 1), (15, 200), (200, 15)])
def test_a_picture_without_room_for_a_face(name, size):
    assert code_of(declaring(name, *size)) == "too_small"


def test_a_webp_bomb_is_refused_before_its_canvas_is_allocated():
    """libwebp sets 4 bytes a pixel aside while it opens a file: a gigabyte for 40 bytes."""
    program = (
        "import resource, sys\n"
        "from ephoto.codec.source import load\n"
        "from ephoto.core.settings import Settings\n"
        "import PIL.WebPImagePlugin\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    load(sys.stdin.buffer.read(), Settings())\n"
        "except ValueError as error:\n"
        "    print(error.code, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    bomb = declaring("webp-lossless", 16_383, 16_383)
    done = subprocess.run([sys.executable, "-c", program], input=bomb, capture_output=True, check=True)
    code, megabytes = done.stdout.split()
    assert code == b"too_many_pixels"
    assert int(megabytes) < 50


def test_a_tiff_bomb_is_refused():
    """Its size is told by its reader, which sets nothing aside."""
    out = io.BytesIO()
    Image.new("1", (20_000, 10_000)).save(out, "TIFF", compression="group4")
    assert code_of(out.getvalue()) == "too_many_pixels"
