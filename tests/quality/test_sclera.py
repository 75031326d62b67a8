"""The whites of the eyes: read off drawn eyes of known colours, and not read off where they cannot be trusted."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.colour import linear
from ephoto.quality.eye_view import EyeView
from ephoto.quality.sclera import sclera

SKINS = [(70, 45, 35), (150, 110, 90), (230, 200, 185)]
WHITE = (190, 178, 172)
TURNS = np.linspace(0, 2 * np.pi, 16, endpoint=False)


def eye(white=WHITE, *, skin=SKINS[1], iris=(90, 66, 44), height=9, lid=False, radius=9.5, scale=1.0):
    """An eye 48 px wide, `height` px from its middle to each lid."""
    pixels = np.full((48, 64, 3), skin, np.uint8)
    if not lid:
        cv2.ellipse(pixels, (32, 24), (24, height), 0, 0, 360, white, -1)
        cv2.circle(pixels, (32, 24), 9, iris, -1)
        beyond = np.ones((48, 64), np.uint8)
        cv2.ellipse(beyond, (32, 24), (24, height), 0, 0, 360, 0, -1)
        pixels[beyond > 0] = skin
    lids = np.stack([32.5 + 24 * np.cos(TURNS), 24.5 + height * np.sin(TURNS)], 1)
    return EyeView(pixels, np.array([32.5, 24.5]), radius, lids, scale)


@given(st.integers(150, 240), st.integers(-12, 12), st.integers(-12, 12), st.sampled_from(SKINS))
def test_the_white_is_read_whatever_the_skin(level, red, blue, skin):
    white = (min(level + red + 8, 249), level, max(level + blue - 6, 0))
    found = sclera([eye(white, skin=skin)] * 2)
    assert found.rgb == pytest.approx(linear(np.array(white, np.uint8)), rel=1e-6)
    assert found.reason == ""


def test_lashes_veins_and_catch_lights_do_not_matter():
    one = eye()
    one.pixels[15:18, 8:56] = (40, 30, 25)
    one.pixels[22, 12:20] = (170, 110, 105)
    one.pixels[23:25, 44:46] = 255
    assert sclera([one, eye()]).rgb == pytest.approx(linear(np.array(WHITE, np.uint8)), rel=0.02)


def test_both_eyes_are_averaged():
    found = sclera([eye((200, 188, 180)), eye((170, 160, 153))])
    both = linear(np.array([(200, 188, 180), (170, 160, 153)], np.uint8))
    assert found.rgb == pytest.approx(np.sqrt(both[0] * both[1]), rel=1e-6)


@pytest.mark.parametrize(
    ("eyes", "reason"),
    [
        pytest.param([eye(scale=4.0), eye()], "too few pixels", id="small"),
        pytest.param([eye(lid=True), eye()], "not seen", id="one closed"),
        pytest.param([eye(height=3), eye(height=3)], "not seen", id="narrow"),
        pytest.param([eye((30, 28, 27), skin=(60, 50, 45))] * 2, "not seen", id="behind dark glasses"),
        pytest.param([eye((255, 252, 250)), eye()], "burnt out", id="burnt"),
        pytest.param([eye(), eye((120, 112, 108))], "differ", id="one in shadow"),
        pytest.param([eye(), eye((200, 170, 140))], "differ", id="two lamps"),
        pytest.param([eye((150, 180, 220))] * 2, "no natural colour", id="blue light"),
        pytest.param([eye((220, 150, 140))] * 2, "no natural colour", id="a lid taken for the white"),
        pytest.param([eye((90, 85, 82), iris=(20, 15, 12))] * 2, "no natural colour", id="darkness"),
        pytest.param([eye((180,) * 3, skin=(120,) * 3, iris=(60,) * 3)] * 2, "black and white", id="grey"),
    ],
)
def test_whites_that_cannot_be_trusted(eyes, reason):
    found = sclera(eyes)
    assert found.rgb is None
    assert reason in found.reason
