"""A matte of a halving on the full picture: as sharp as that, exact where nothing is mixed, the same in any rows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ephoto.core.types import Matte
from ephoto.matting import enlarge as module
from ephoto.matting.enlarge import enlarge, straight
from ephoto.matting.levels import scaling
from ephoto.matting.solution import solve

PERSON, GROUND = (150, 90, 60), (40, 120, 200)
SIDE, TIMES = 801, 2  # an odd side: the last row and column of the halving stand for less


@pytest.fixture(scope="module")
def disc():
    """A disc with a soft edge of two px on a plain ground: picture and alpha."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    alpha = np.clip((250 - np.hypot(x - 400, y - 400)) / 2 + 0.5, 0, 1).astype(np.float32)
    picture = alpha[..., None] * np.float32(PERSON) + (1 - alpha[..., None]) * np.float32(GROUND)
    grain = np.random.default_rng(0).normal(0, 2, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8), alpha


@pytest.fixture(scope="module")
def drawn(disc):
    """What `enlarge` is given: the halving, its matte, and the solution with its affine."""
    picture, alpha = disc
    side = -(-SIDE // 2**TIMES)

    def halved(plane):
        whole = cv2.resize(plane[: SIDE - 1, : SIDE - 1], (side - 1, side - 1), interpolation=cv2.INTER_AREA)
        return cv2.copyMakeBorder(whole, 0, 1, 0, 1, cv2.BORDER_REPLICATE)

    small, mask = halved(picture), halved(alpha)
    matte = Matte(mask, small, (mask > 0) & (mask < 1), "test", "test")
    solution = solve(small, mask, 52.0)
    return matte, small, solution, scaling(small.shape[:2], (side * 2**TIMES, side * 2**TIMES))


def enlarged(drawn, picture):
    matte, small, solution, to_full = drawn
    out = np.zeros((*picture.shape[:2], 4), np.uint8)
    enlarge(matte, small, TIMES, solution, to_full, picture, out)
    return out


def test_the_edge_is_as_sharp_as_in_the_picture(disc, drawn):
    picture, alpha = disc
    found = enlarged(drawn, picture)[..., 3] / 255.0
    band = (alpha > 0) & (alpha < 1)
    near = cv2.dilate(band.view(np.uint8), np.ones((9, 9), np.uint8)).view(bool)
    stretched = cv2.resize(drawn[0].alpha[:-1, :-1], (SIDE - 1, SIDE - 1), interpolation=cv2.INTER_LINEAR)
    stretched = cv2.copyMakeBorder(stretched, 0, 1, 0, 1, cv2.BORDER_REPLICATE)
    error, without = (np.abs(a - alpha)[near].mean() for a in (found, stretched))
    assert error < 0.03
    assert error < without / 3


def test_what_is_not_mixed_is_exact(disc, drawn):
    """Far from the edge: the picture's own value and 255 inside, black and 0 outside."""
    picture, alpha = disc
    out = enlarged(drawn, picture)
    inside = cv2.erode((alpha >= 1).view(np.uint8), np.ones((41, 41), np.uint8)).view(bool)
    outside = cv2.dilate((alpha > 0).view(np.uint8), np.ones((41, 41), np.uint8)) == 0
    assert (out[inside] == np.dstack([picture, np.full(alpha.shape, 255, np.uint8)])[inside]).all()
    assert out[outside].max() == 0


def test_colours_are_unmixed_and_hidden_pixels_black(disc, drawn):
    out = enlarged(drawn, disc[0])
    assert out[out[..., 3] == 0].max() == 0
    seen = (out[..., 3] > 60) & (out[..., 3] < 255)
    assert seen.any()
    assert np.abs(out[seen][:, :3].astype(int) - PERSON).mean() < 12


def test_rows_worked_on_at_a_time_change_nothing(disc, drawn, monkeypatch):
    whole = enlarged(drawn, disc[0])
    monkeypatch.setattr(module, "ROWS", 96)
    assert (enlarged(drawn, disc[0]) == whole).all()


def test_views_of_larger_pictures_will_do(disc, drawn):
    picture = disc[0]
    larger = np.zeros((SIDE + 20, SIDE + 30, 3), np.uint8)
    larger[7 : 7 + SIDE, 11 : 11 + SIDE] = picture
    view = larger[7 : 7 + SIDE, 11 : 11 + SIDE]
    matte, small, solution, to_full = drawn
    canvas = np.zeros((*larger.shape[:2], 4), np.uint8)
    enlarge(matte, small, TIMES, solution, to_full, view, canvas[9 : 9 + SIDE, 5 : 5 + SIDE])
    assert (canvas[9 : 9 + SIDE, 5 : 5 + SIDE] == enlarged(drawn, picture)).all()
    canvas[9 : 9 + SIDE, 5 : 5 + SIDE] = 0
    assert canvas.max() == 0


def test_straight_alpha_of_a_matte():
    alpha = np.array([[0.0, 0.001, 0.5, 1.0]], np.float32)
    matte = Matte(alpha, np.full((1, 4, 3), 200, np.uint8), alpha > 0, "test", "test")
    out = np.zeros((1, 4, 4), np.uint8)
    straight(matte, out)
    assert out.tolist() == [[[0, 0, 0, 0], [0, 0, 0, 0], [200, 200, 200, 128], [200, 200, 200, 255]]]
