"""What a card's file says of its size in print."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ephoto.core.errors import InputError, UsageError
from ephoto.core.findings import Report
from ephoto.core.settings import Settings
from ephoto.pipeline.card import Card
from ephoto.sheet.card import read_card
from tests.sheet.cards import f_card, f_pixels, jpeg_of, png_of

SETTINGS = Settings()


def read(source, **wishes):
    return read_card(source, SETTINGS, **{"name": "card 1", "size_mm": None, "dpi": None, **wishes})


@pytest.mark.parametrize(
    ("dpi", "size_wh"), [(254, (250, 350)), (300, (295, 413)), (350, (344, 482)), (600, (591, 827))]
)
@pytest.mark.parametrize("made", [jpeg_of, png_of], ids=["JFIF", "pHYs"])
def test_the_size_is_pixels_over_resolution(made, dpi, size_wh):
    """25 x 35 mm at four resolutions; whole dpi come back whole from a PNG's px per metre."""
    card = read(made(f_pixels(size_wh), (dpi, dpi)))
    assert card.size_mm == pytest.approx((25, 35), abs=0.05)
    assert card.dpi == pytest.approx((dpi, dpi), abs=1e-9)
    assert card.size_mm[0] == pytest.approx(size_wh[0] / dpi * 25.4, abs=1e-9)


def test_a_card_without_resolution_is_told_what_to_say():
    data = jpeg_of(f_pixels(), None)
    with pytest.raises(UsageError) as caught:
        read(data)
    assert caught.value.code == "card_without_dpi"
    for lang in ("en", "zh"):
        assert "--size 25x35mm" in caught.value.hint(lang)
        assert "--dpi" in caught.value.hint(lang)
    assert read(data, dpi=300).size_mm == pytest.approx((24.977, 34.967), abs=0.001)
    assert read(data, size_mm=(25.0, 35.0)).size_mm == (25.0, 35.0)


def test_a_stated_resolution_is_not_overridden_by_dpi_but_by_size():
    data = f_card(dpi=300)
    assert read(data, dpi=600).dpi == pytest.approx((300.0, 300.0))
    assert read(data, size_mm=(50.0, 70.0)).size_mm == (50.0, 70.0)


def test_a_size_of_another_shape_would_stretch_the_face():
    with pytest.raises(UsageError) as caught:
        read(f_card(), size_mm=(35.0, 45.0))
    assert caught.value.code == "card_other_shape"


def test_a_resolution_that_makes_it_tiny_is_refused():
    with pytest.raises(UsageError) as caught:
        read(f_card(dpi=2400))
    assert caught.value.code == "card_too_small"


def test_its_own_bytes_serve_without_a_trailer():
    data = f_card()
    assert read(data).jpeg == data
    assert read(data + b"\x00" * 100).jpeg == data


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png_of(f_pixels()), id="PNG"),
        pytest.param(jpeg_of(f_pixels(), comment=b"who it is"), id="comment"),
    ],
)
def test_files_that_say_more_are_drawn_from_their_pixels(data):
    """Neither another format nor a person's metadata gets into the sheet."""
    assert read(data).jpeg is None


def test_a_cmyk_jpeg_is_drawn_from_its_pixels():
    out = io.BytesIO()
    Image.fromarray(f_pixels()).convert("CMYK").save(out, "JPEG", dpi=(300, 300))
    card = read(out.getvalue())
    assert (card.jpeg, card.pixels.shape) == (None, (413, 295, 3))


def test_a_file_that_lies_on_its_side_is_turned_upright():
    """EXIF orientation 6: the pixels stand upright, and so does the size."""
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = np.rot90(f_pixels()).copy()
    card = read(jpeg_of(lying, exif=exif))
    assert card.jpeg is None
    assert card.pixels.shape == (413, 295, 3)
    assert card.size_mm == pytest.approx((24.977, 34.967), abs=0.001)
    assert np.abs(card.pixels.astype(int) - f_pixels().astype(int)).mean() < 3


def test_a_card_of_the_library_is_a_card():
    data = f_card()
    made = Card(f_pixels(), data, Report("cn-1inch", (), {}), "JPEG", "cn-1inch")
    card = read(made)
    assert (card.name, card.jpeg) == ("cn-1inch", data)


@pytest.mark.parametrize(
    ("source", "error", "code"),
    [
        pytest.param(b"no picture at all", InputError, "not_a_picture", id="text"),
        pytest.param(f_card()[:2000], InputError, "truncated", id="half a file"),
        pytest.param("nowhere.jpg", InputError, "not_found", id="no file"),
        pytest.param(f_pixels(), UsageError, "card_needs_file", id="pixels"),
    ],
)
def test_what_is_no_card(source, error, code):
    with pytest.raises(error) as caught:
        read(source)
    assert caught.value.code == code
