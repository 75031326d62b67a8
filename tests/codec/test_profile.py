"""Embedded profiles: converted once, to the colours that were meant."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from ephoto.codec.decode import decode
from ephoto.codec.profile import is_srgb, to_srgb
from ephoto.codec.source import load
from ephoto.core.colour import delta_e_2000, lab
from ephoto.core.settings import Settings
from tests.codec import profiles
from tests.codec.pictures import letter, profile_bytes, saved

SETTINGS = Settings()


def decoded(data):
    return decode(load(data, SETTINGS), SETTINGS)


def lab_by_littlecms(image, icc):
    """CIE Lab (D50) of an image by littlecms itself, without a step through sRGB."""
    converted = ImageCms.profileToProfile(
        image,
        ImageCms.ImageCmsProfile(io.BytesIO(icc)),
        ImageCms.createProfile("LAB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="LAB",
    )
    raw = np.asarray(converted).astype(np.float64)
    return np.stack([raw[..., 0] / 2.55, raw[..., 1].astype(np.uint8).astype(np.int8), raw[..., 2].astype(np.int8)], 2)


def skin_tones():
    """Colours well inside sRGB, as any wide profile would store them."""
    y, x = np.mgrid[0:48, 0:48]
    return Image.fromarray(np.stack([150 + x, 110 + y // 2 + x // 4, 95 + y], axis=2).astype(np.uint8))


@pytest.mark.parametrize("icc", [profiles.DISPLAY_P3, profiles.ADOBE_RGB], ids=["display-p3", "adobe-rgb"])
@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_colours_are_the_ones_that_were_meant(icc, format):
    """In Lab, against littlecms going there directly."""
    image = skin_tones()
    photo = decoded(saved(image, format, icc_profile=icc))
    meant = lab_by_littlecms(image, icc)
    shown = lab_by_littlecms(Image.fromarray(photo.pixels), profile_bytes("sRGB"))
    assert delta_e_2000(shown, meant).mean() < 0.8  # Lab of 8 bits is that coarse
    assert delta_e_2000(lab(photo.pixels), lab(np.asarray(image))).mean() > 1.5  # and it did change something
    assert photo.source.icc in ("Display P3", "Adobe RGB (1998)")


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF", "HEIF"])
def test_every_container_hands_its_profile_over(format):
    with_it = decoded(saved(skin_tones(), format, quality=95, icc_profile=profiles.ADOBE_RGB))
    without = decoded(saved(skin_tones(), format, quality=95))
    assert with_it.source.icc == "Adobe RGB (1998)"
    assert without.source.icc is None
    assert np.abs(with_it.pixels.astype(int) - without.pixels).mean() > 2


@pytest.mark.parametrize(
    "icc",
    [profiles.SRGB_PARAMETRIC, profiles.SRGB_TABLE, profile_bytes("sRGB")],
    ids=["parametric", "table", "littlecms"],
)
def test_srgb_is_left_alone_whatever_it_is_called(icc):
    assert is_srgb(icc)
    photo = decoded(saved(letter(), "PNG", icc_profile=icc))
    assert np.array_equal(photo.pixels, np.asarray(letter()))
    assert photo.source.icc is None


@pytest.mark.parametrize(
    "icc",
    [profiles.DISPLAY_P3, profiles.ADOBE_RGB, profiles.CALLED_SRGB, profiles.cmyk_profile(), b"", b"junk" * 50],
    ids=["p3", "adobe", "called-srgb", "cmyk", "empty", "junk"],
)
def test_what_is_not_srgb_is_not_taken_for_it(icc):
    assert not is_srgb(icc)


@pytest.mark.parametrize("cut", [4, 60, 130, 200, 300])
def test_a_broken_profile_is_ignored_and_said_to_be(cut):
    photo = decoded(saved(letter(), "PNG", icc_profile=profiles.DISPLAY_P3[:cut]))
    assert np.array_equal(photo.pixels, np.asarray(letter()))
    assert photo.source.icc is not None
    assert "ignored" in photo.source.icc


def test_a_profile_for_another_kind_of_picture_is_ignored():
    photo = decoded(saved(letter(), "PNG", mode="L", icc_profile=profiles.ADOBE_RGB))
    assert np.array_equal(photo.pixels[..., 0], np.asarray(letter().convert("L")))
    assert "ignored" in photo.source.icc


def test_a_grey_profile_moves_greys():
    """Stored 1.4 gamma is far lighter than sRGB's: the middle grey becomes light."""
    photo = decoded(saved(Image.new("L", (32, 32), 128), "PNG", icc_profile=profiles.GREY_22))
    light = (128 / 255) ** 1.4
    expected = 255 * (1.055 * light ** (1 / 2.4) - 0.055)
    assert photo.pixels.reshape(-1, 3).mean() == pytest.approx(expected, abs=1.0)


def test_cmyk_goes_through_its_profile():
    """Pure cyan of the test inks, not the plain formula's (0, 255, 255)."""
    cyan = Image.new("CMYK", (32, 32), (255, 0, 0, 0))
    photo = decoded(saved(cyan, "JPEG", quality=95, icc_profile=profiles.cmyk_profile()))
    expected = [255 * (1.055 * v ** (1 / 2.4) - 0.055) for v in (0.15, 0.55, 0.85)]
    assert photo.source.icc == "Test inks"
    assert np.abs(photo.pixels.reshape(-1, 3).mean(0) - expected).max() < 12  # Lab of 8 bits, and the inks' own black
    assert photo.pixels[0, 0, 0] > 60


def test_the_image_that_is_converted_is_not_changed():
    image = skin_tones()
    before = image.tobytes()
    to_srgb(image, profiles.DISPLAY_P3)
    assert image.tobytes() == before
