"""Whatever the bytes: a picture within its bounds, or an EphotoError."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ephoto.codec.decode import decode
from ephoto.codec.exif import read_exif
from ephoto.codec.formats import sniff
from ephoto.codec.probe import probe
from ephoto.codec.profile import is_srgb, to_srgb
from ephoto.codec.source import load
from ephoto.core.errors import EphotoError
from ephoto.core.settings import Settings
from tests.codec import profiles
from tests.codec.pictures import FORMATS, exif_with, file_of, letter

# A mutated header may declare any size; small limits keep the memory of a test small.
STRICT = Settings(max_pixels=4_000_000)
LENIENT = Settings(max_pixels=4_000_000, allow_truncated=True)
MAGIC = [
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8 ", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08",
    b"BM\x99\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", b"GIF89a", b"II+\0\x08\0\0\0",
]  # fmt: skip


def taken_or_refused(data):
    """Both settings, both scales, and the header alone."""
    for chosen in (STRICT, LENIENT):
        for short in (None, 20):
            try:
                photo = decode(load(data, chosen), chosen, shorter_side_px=short)
            except EphotoError as error:
                str(error)  # its sentences can be made
                continue
            w, h = photo.size_wh
            assert w * h <= chosen.max_pixels
            assert photo.pixels.dtype == np.uint8
    try:
        probe(data)
    except EphotoError as error:
        str(error)


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_random_bytes(data):
    taken_or_refused(data)


@given(st.sampled_from(MAGIC), st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_random_bytes_behind_a_signature(magic, rest):
    assert sniff(magic + rest) is not None
    taken_or_refused(magic + rest)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damaged_files(name, data):
    """Bytes overwritten (headers more often than pixels), cut out, doubled, or the end cut off."""
    content = bytearray(file_of(name))
    for _ in range(data.draw(st.integers(1, 6))):
        near = data.draw(st.sampled_from([64, 700, len(content)]))
        at = data.draw(st.integers(0, max(min(near, len(content)) - 1, 0)))
        kind = data.draw(st.sampled_from(["set", "set", "set", "big", "cut", "double", "end"]))
        if kind == "set":
            content[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
        elif kind == "big":
            content[at : at + 4] = data.draw(st.sampled_from([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"]))
        elif kind == "cut":
            del content[at : at + data.draw(st.integers(1, 40))]
        elif kind == "double":
            content[at:at] = content[at : at + data.draw(st.integers(1, 40))]
        else:
            del content[len(content) - data.draw(st.integers(1, 400)) :]
    taken_or_refused(bytes(content))


@pytest.mark.parametrize("name", FORMATS)
def test_two_files_in_one(name):
    """A second file behind the first changes nothing, or is refused."""
    taken_or_refused(file_of(name) + file_of("png"))
    taken_or_refused(file_of(name) * 2)


@given(st.binary(max_size=200) | st.binary(max_size=120).map(lambda b: b"Exif\0\0II*\0\x08\0\0\0" + b))
@settings(max_examples=300, deadline=None)
def test_exif_of_any_kind_says_something_sensible(block):
    facts = read_exif(block)
    assert facts.orientation in range(1, 9)
    assert facts.focal_35mm is None or facts.focal_35mm > 0


@given(at=st.integers(0, 60), value=st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_exif_with_a_wrong_byte(at, value):
    block = bytearray(exif_with(6))
    block[at % len(block)] = value
    assert read_exif(bytes(block)).orientation in range(1, 9)


@pytest.mark.parametrize("name", ["DISPLAY_P3", "SRGB_TABLE", "GREY_22"])
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_damaged_profiles(name, data):
    """Never an exception, and always a picture of the same size."""
    icc = bytearray(getattr(profiles, name))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(icc), 400) - 1))
        icc[at] = data.draw(st.integers(0, 255))
    is_srgb(bytes(icc))
    image, _ = to_srgb(letter(), bytes(icc))
    assert (image.mode, image.size) == ("RGB", letter().size)


@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_file_objects_of_any_bytes(data):
    file = io.BytesIO(data)
    with contextlib.suppress(EphotoError):
        load(file, STRICT)
    assert file.tell() == 0
