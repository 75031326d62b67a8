"""What covers a face, measured on drawn pictures: strands, lenses, rims, hats, ears."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.face import EAR_LEFT, EAR_RIGHT
from ephoto.quality import medians
from ephoto.quality.ears_visible import ear_places, ears_visible
from ephoto.quality.eye_view import EyeView
from ephoto.quality.frame_over_eye import frame_over_eye
from ephoto.quality.hair_over_eyes import hair_over_eyes
from ephoto.quality.hair_over_face import hair_over_face
from ephoto.quality.head_covering import head_covering
from ephoto.quality.lens_tint import lens_tint
from ephoto.quality.points import FOREHEAD_LEFT, FOREHEAD_RIGHT, OVER_LID_LEFT, OVER_LID_RIGHT
from ephoto.quality.skin import around, skin_of
from ephoto.quality.strokes import strokes

TAN = (205, 160, 130)
SKINS = st.sampled_from([(240, 205, 185), TAN, (150, 100, 75), (80, 52, 40), (48, 32, 26)])
SHAPE = (330, 354)


def lines(period, depth, *, upright=True, level=150, seed=0):
    """A picture of stripes, and a little grain."""
    along = np.arange(SHAPE[1] if upright else SHAPE[0])
    stripes = level * (1 + depth * np.sin(2 * np.pi * along / period))
    grey = np.tile(stripes, (SHAPE[0], 1)) if upright else np.tile(stripes[:, None], (1, SHAPE[1]))
    return np.clip(grey + np.random.default_rng(seed).normal(0, 0.5, SHAPE), 0, 255).astype(np.uint8)


def face():
    """Landmarks (468, 2) of a face at 81 px between the eyes; what no measure reads lies in its middle."""
    points = np.tile(np.array([177.0, 230.0]), (468, 1))
    for numbers, x, y in (
        (FOREHEAD_RIGHT, 150, 150), (FOREHEAD_LEFT, 204, 150), (OVER_LID_RIGHT, 136, 180), (OVER_LID_LEFT, 218, 180)
    ):  # fmt: skip
        for k, n in enumerate(numbers):
            points[n] = x + 4 * k - 8, y
    points[[33, 133, 362, 263]] = [(117, 196), (156, 196), (198, 196), (237, 196)]
    points[10] = 177, 110
    points[EAR_RIGHT], points[EAR_LEFT] = (92, 215), (262, 215)
    return points


@given(st.floats(3.5, 7), st.floats(0.06, 0.3), st.integers(60, 220))
def test_strands_are_upright_detail_and_wrinkles_are_not(period, depth, level):
    hair, wrinkles = (strokes(lines(period, depth, upright=u, level=level)) for u in (True, False))
    assert hair_over_face(hair, face()) > hair_over_face(wrinkles, face())
    assert hair_over_eyes(hair, face()) > 0.5 > hair_over_eyes(wrinkles, face())


@given(st.floats(0.02, 0.3), st.floats(0.02, 0.3))
def test_stronger_strands_count_more(one, other):
    weak, strong = sorted((one, other))
    values = [hair_over_face(strokes(lines(5.0, d)), face()) for d in (weak, strong)]
    assert values[0] <= values[1] + 0.05


def test_bare_skin_has_no_strands():
    assert hair_over_face(strokes(lines(5.0, 0.0)), face()) < 0.2


def test_a_part_tells_the_same_as_the_whole():
    picture = lines(5.0, 0.1)
    part = strokes(picture[40:220, 60:300], (60, 40))
    assert hair_over_face(part, face()) == pytest.approx(hair_over_face(strokes(picture), face()), rel=0.02)


def lit(rgb, factor, count=6):
    """Colours (count, 3) of a surface whose light is multiplied."""
    light = np.clip((np.array(rgb) / 255) ** 2.2 * factor, 0, 1)
    return np.tile(255 * light ** (1 / 2.2), (count, 1))


@given(SKINS, st.floats(0.75, 1.3), st.floats(0.75, 1.3))
def test_skin_in_other_light_is_no_lens(rgb, one, other):
    assert lens_tint(lit(rgb, one), lit(rgb, other), skin_of(lit(rgb, 1.0))) < 12


@given(SKINS, st.floats(0, 1), st.floats(0, 1))
def test_a_darker_grey_lens_is_further_from_skin(rgb, one, other):
    thin, thick = sorted((one, other))
    skin = skin_of(lit(rgb, 1.0))

    def behind(share):
        return lit((1 - share) * np.array(rgb) + share * 15, 1.0)

    values = [lens_tint(behind(s), behind(s), skin) for s in (thin, thick)]
    assert values[0] <= values[1] + 1.0
    assert lens_tint(behind(1.0), lit(rgb, 1.0), skin) < 1, "lenses come in pairs"


def eye(rgb, *, rim=None, row=20, depth=5):
    """An eye in skin; a `rim` of a colour across all of the view."""
    pixels = np.full((48, 64, 3), rgb, np.uint8)
    cv2.ellipse(pixels, (32, 24), (24, 8), 0, 0, 360, (215, 210, 205), -1)
    cv2.circle(pixels, (32, 24), 8, (60, 45, 35), -1)
    if rim is not None:
        pixels[row : row + depth] = rim
    return EyeView(pixels, np.array([32.5, 24.5]), 10.0, 1.0, np.zeros((0, 2)))


@given(SKINS)
def test_a_black_rim_over_both_eyes_is_seen_and_lashes_are_not(rgb):
    skin = skin_of(lit(rgb, 1.0))
    rims, bare = [eye(rgb, rim=(8, 8, 9))] * 2, [eye(rgb)] * 2
    assert frame_over_eye(rims, skin) > 0.04 > 0.01 > frame_over_eye(bare, skin)


def test_a_rim_above_the_eye_and_a_crease_are_no_rim_over_it():
    skin = skin_of(lit(TAN, 1.0))
    assert frame_over_eye([eye(TAN, rim=(20, 20, 20), row=2)] * 2, skin) < 0.01
    crease = tuple(int(v) for v in lit(TAN, 0.4)[0])
    assert frame_over_eye([eye(TAN, rim=crease, depth=3)] * 2, skin) < 0.02


def crowned(rgb, *, grain=0.0, seed=1):
    """A head whose crown has a colour, and strands of some depth."""
    pixels = np.full((*SHAPE, 3), TAN, np.uint8)
    x = np.arange(SHAPE[1])
    strands = 1 + grain * np.sin(2 * np.pi * x / 4.5 + np.random.default_rng(seed).normal(0, 0.3, SHAPE[1]))
    pixels[:100] = np.clip(np.array(rgb) * strands[None, :, None], 0, 255).astype(np.uint8)
    return pixels


NO_TEMPLES = np.zeros((0, 3))


def covering(pixels, temples=NO_TEMPLES):
    detail = strokes(np.asarray(cv2.cvtColor(pixels[:220], cv2.COLOR_RGB2GRAY)))
    skin = skin_of(np.tile(np.array(TAN, float), (5, 1)))
    return head_covering(pixels, np.ones(SHAPE, np.float32), detail, face(), skin, temples)


@pytest.mark.parametrize("rgb", [(60, 90, 150), (40, 120, 60), (170, 30, 40), (120, 60, 140), (24, 24, 26)])
def test_cloth_is_told_by_its_colour_or_by_its_flatness(rgb):
    assert covering(crowned(rgb)) > 4.2


@pytest.mark.parametrize("rgb", [(30, 24, 22), (70, 50, 38), (150, 115, 75), (200, 175, 130), (180, 178, 175)])
def test_strands_of_a_colour_that_hair_has_are_hair(rgb):
    assert covering(crowned(rgb, grain=0.3)) < 4.2


def test_a_bald_crown_is_no_covering_and_none_is_unknown():
    assert covering(crowned(TAN)) == 0
    pixels = crowned(TAN)
    detail = strokes(np.asarray(cv2.cvtColor(pixels[:220], cv2.COLOR_RGB2GRAY)))
    skin = skin_of(np.tile(np.array(TAN, float), (5, 1)))
    assert head_covering(pixels, np.zeros(SHAPE, np.float32), detail, face(), skin, NO_TEMPLES) is None


def test_white_over_dark_hair_is_a_hat_and_over_white_hair_is_hair():
    white = crowned((215, 212, 205), grain=0.3)
    dark, grey = np.tile([40.0, 30, 25], (6, 1)), np.tile([205.0, 202, 198], (6, 1))
    assert covering(white, dark) > 4.2 > covering(white, grey)
    assert covering(white, dark[:2]) < 4.2, "two places are no hair"


def ears(beside, beyond):
    """The share of ears seen where the face ends in one colour and what is further out has another."""
    pixels = np.full((*SHAPE, 3), beyond, np.uint8)
    pixels[:, 80:275] = beside
    places = ear_places(face())
    skin = skin_of(np.tile(np.array(TAN, float), (5, 1)))
    return ears_visible(around(pixels, places), np.ones(len(places), bool), skin)


def test_an_ear_is_skin_that_ends():
    assert ears(TAN, (90, 120, 200)) == 1
    assert ears((30, 24, 22), (30, 24, 22)) == 0
    assert ears(TAN, TAN) == 0, "hair of the skin's colour goes on"
    places = ear_places(face())
    skin = skin_of(np.tile(np.array(TAN, float), (5, 1)))
    assert ears_visible(np.tile(np.array(TAN, float), (len(places), 1)), np.zeros(len(places), bool), skin) == 0


@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=9))
def test_the_median_is_numpys(colours):
    assert medians.of_colours(np.array(colours, float)) == pytest.approx(np.median(np.array(colours, float), axis=0))


@given(st.floats(-50, 500), st.floats(-50, 500))
def test_a_place_outside_the_picture_has_the_colour_of_its_border(x, y):
    pixels = np.full((20, 30, 3), 7, np.uint8)
    assert (around(pixels, np.array([[x, y]])) == 7).all()
