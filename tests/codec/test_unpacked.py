"""Pixels out of Pillow's own memory: the same as numpy gets them, and nobody else's."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ephoto.codec.unpacked import pixels_of

MORE_THAN_ONE_BLOCK = (2600, 2000)


def noise(size_wh):
    return np.random.default_rng(3).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)


@pytest.mark.parametrize("size_wh", [(1, 1), (17, 5), (1, 3000), (820, 1094), MORE_THAN_ONE_BLOCK], ids=str)
def test_pixels_are_those_that_numpy_gets(size_wh):
    given = noise(size_wh)
    pixels = pixels_of(Image.fromarray(given))
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, given)


def test_a_crop_gives_its_own_pixels():
    given = noise((90, 70))
    np.testing.assert_array_equal(pixels_of(Image.fromarray(given).crop((10, 20, 61, 50))), given[20:50, 10:61])


def test_the_pixels_outlive_the_image_and_do_not_change_with_it():
    given = noise((40, 30))
    image = Image.fromarray(given)
    pixels = pixels_of(image)
    image.paste((0, 0, 0), (0, 0, 40, 30))
    del image
    np.testing.assert_array_equal(pixels, given)
