"""Where files end: told from the container, whatever a decoder would put up with."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image, ImageFile

from ephoto.codec.decode import decode
from ephoto.codec.ends import ends_early
from ephoto.codec.source import load
from ephoto.core.errors import InputError
from ephoto.core.settings import Settings
from tests.codec.pictures import FORMATS, file_of, letter, saved

SETTINGS = Settings()


def decoded(data):
    return decode(load(data, SETTINGS), SETTINGS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_whole_file_does_not_end_early(name):
    assert not ends_early(file_of(name), FORMATS[name][0])


@pytest.mark.parametrize("missing", [1, 2, 3, 9])
@pytest.mark.parametrize("name", FORMATS)
def test_the_last_bytes_are_missed(name, missing):
    """Even the end marker alone: what is left may be all, or may not."""
    with pytest.raises(InputError) as caught:
        decoded(file_of(name)[:-missing])
    assert caught.value.code == "truncated"


@pytest.mark.parametrize("tenth", range(1, 10))
@pytest.mark.parametrize("name", FORMATS)
def test_the_process_wide_switch_of_pillow_is_not_ours(name, tenth, monkeypatch):
    """A program around us may have set it for its own files."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    data = file_of(name)
    with pytest.raises(InputError):
        decoded(data[: len(data) * tenth // 10])
    assert decoded(data).size_wh == letter().size


@pytest.mark.parametrize("size", [0, 1, 2**32 - 1])
def test_a_bitmap_that_misstates_its_own_length_is_whole(size):
    """Many writers leave the field wrong; the rows count."""
    data = bytearray(file_of("bmp"))
    struct.pack_into("<I", data, 2, size)
    assert np.array_equal(decoded(bytes(data)).pixels, np.asarray(letter()))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_rows_of_every_depth_are_counted(mode):
    """93 px wide: rows of a bitmap are filled up to 4 bytes."""
    data = saved(letter().convert(mode).crop((0, 0, 93, 40)), "BMP")
    assert not ends_early(data, "BMP")
    assert ends_early(data[:-1], "BMP")


def test_an_old_bitmap_is_counted_too():
    head = b"BM" + struct.pack("<IHHIIHHHH", 0, 0, 0, 26, 12, 20, 30, 1, 24)
    assert not ends_early(head + bytes(60 * 30), "BMP")
    assert ends_early(head + bytes(60 * 30 - 1), "BMP")
    assert decoded(head + bytes(60 * 30)).size_wh == (20, 30)


def test_run_length_codes_are_left_to_the_decoder():
    data = bytearray(saved(Image.new("L", (32, 32)), "BMP"))
    struct.pack_into("<I", data, 30, 1)
    assert not ends_early(bytes(data[:-100]), "BMP")
