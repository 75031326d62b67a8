"""One photo, every way in: the same card."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest
from PIL import Image

from ephoto.pipeline.converter import Converter
from samples.render import Portrait, cached

UNDO = {  # how a picture must be stored so that this orientation turns it upright
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}
PORTRAIT = Portrait(size_wh=(420, 560), yaw_deg=6.0, seed=5, background="gradient")


@pytest.fixture(scope="module")
def pixels():
    return cached(PORTRAIT).image


@pytest.fixture(scope="module")
def converter():
    return Converter()


def png(pixels, orientation=1):
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG", exif=exif)
    return out.getvalue()


@pytest.fixture(scope="module")
def reference(pixels, converter):
    return converter.convert(png(pixels)).data


@pytest.mark.parametrize("orientation", sorted(UNDO))
@pytest.mark.parametrize("door", ["path", "bytes", "file", "pillow"])
def test_orientation_through_every_door(orientation, door, pixels, converter, reference, tmp_path):
    """Orientation 1..8 through path, bytes, file object and Pillow image: identical bytes out."""
    data = png(UNDO[orientation](pixels), orientation)
    if door == "path":
        photo = tmp_path / "照片 🙂.png"
        photo.write_bytes(data)
    elif door == "bytes":
        photo = data
    elif door == "file":
        photo = io.BytesIO(data)
    else:
        photo = Image.open(io.BytesIO(data))
    assert converter.convert(photo).data == reference


def test_array_gives_the_same_card(pixels, converter, reference):
    given = pixels.copy()
    assert converter.convert(given).data == reference
    assert np.array_equal(given, pixels)


def test_the_card_does_not_depend_on_what_came_before(pixels, converter, reference):
    other = cached(Portrait(size_wh=(420, 560), hair="long", roll_deg=12.0, seed=9)).image
    converter.convert(other)
    assert converter.convert(pixels).data == reference
    assert Converter().convert(pixels).data == reference


def test_the_card_does_not_depend_on_threads(pixels, converter, reference):
    """Four threads at once on one converter, and convert_many with workers: the same bytes, in order."""
    got = {}

    def work(k):
        got[k] = converter.convert(pixels).data

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert set(got.values()) == {reference}
    many = list(converter.convert_many([pixels, b"", pixels], workers=3))
    assert [getattr(c, "data", None) for c in many] == [reference, None, reference]
    assert many[1].code == "empty"


def test_many_photos_are_taken_as_they_are_needed_from_every_door(pixels, converter, reference, tmp_path):
    """An endless stream is never run ahead of by more than twice the workers, and ends when nobody asks for more."""
    data = png(pixels)
    (tmp_path / "photo.png").write_bytes(data)
    taken = []

    def endless():
        doors = (
            lambda: data,
            lambda: io.BytesIO(data),
            lambda: Image.open(io.BytesIO(data)),
            lambda: tmp_path / "photo.png",
            lambda: b"no picture",
        )
        while True:
            taken.append(len(taken))
            yield doors[(len(taken) - 1) % len(doors)]()

    stream = converter.convert_many(endless(), workers=2)
    for k, outcome in zip(range(10), stream, strict=False):
        assert len(taken) <= k + 1 + 2 * 2
        if k % 5 == 4:
            assert outcome.code == "not_a_picture"
        else:
            assert outcome.data == reference
    stream.close()


def test_a_face_is_never_mirrored(converter):
    """A mark on the subject's own left cheek stays on the image right."""
    pixels = cached(PORTRAIT).image.copy()
    truth = cached(PORTRAIT).truth
    x, y = truth.eye_centres[1] + 0.55 * truth.ied_px * truth.down
    pixels[int(y) - 6 : int(y) + 6, int(x) - 6 : int(x) + 6] = (0, 160, 0)
    card = converter.convert(pixels).image.astype(int)
    green = card[..., 1] - card[..., [0, 2]].max(2) > 40
    assert green.any()
    assert np.flatnonzero(green.any(0)).mean() > 179


@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_photo_lying_on_its_side_is_turned(quarter_turns, pixels, converter):
    """Without any orientation tag: found, turned upright, reported, never mirrored."""
    card = converter.convert(np.ascontiguousarray(np.rot90(pixels, quarter_turns)))
    assert {f.code: f.status for f in card.report.findings}["orientation"] == "warn"
    straight = converter.convert(pixels).image.astype(int)
    assert np.abs(card.image.astype(int) - straight).mean() < 6
