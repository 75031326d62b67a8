"""Gaps in the hair before a saturated ground."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.matting.even import even_ground
from ephoto.matting.gaps import open_gaps

BLUE, WHITE, GREY, HAIR = (67, 142, 219), (250, 250, 250), (150, 150, 150), (60, 44, 36)
HOLE = np.s_[40:44, 60:64]
FACE = 52.0


def scene(ground, hole):
    """Hair over the whole lower part of a picture (h, w, 3), with one spot of another colour in it; alpha is whole."""
    alpha = np.zeros((130, 100), np.float32)
    alpha[30:, 14:86] = 1
    picture = np.where(alpha[..., None] > 0, np.float32(HAIR), np.float32(ground))
    picture[HOLE] = hole
    noise = np.random.default_rng(3).normal(0, 1.5, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8), alpha


def opened(picture, alpha, face=None):
    out = alpha.copy()
    even = even_ground(picture, alpha, FACE, face)
    assert even is not None
    touched = open_gaps(even, picture, out, np.eye(2, 3))
    return out, touched


@pytest.mark.parametrize("ground", [BLUE, WHITE, (216, 32, 32)])
def test_the_ground_seen_through_the_hair_is_ground(ground):
    out, touched = opened(*scene(ground, ground))
    assert out[HOLE].max() < 0.1
    elsewhere = np.ones(out.shape, bool)
    elsewhere[37:47, 57:67] = False
    assert (out[elsewhere] == scene(ground, ground)[1][elsewhere]).all()
    assert set(np.flatnonzero((out < 1) & (scene(ground, ground)[1] == 1))) <= set(touched)


@pytest.mark.parametrize(
    ("ground", "spot"),
    [(GREY, GREY), (BLUE, (160, 160, 160)), (BLUE, (30, 30, 44)), (BLUE, (120, 90, 70)), (WHITE, (190, 190, 190))],
    ids=["a grey ground", "a grey earring", "blue light on black hair", "lighter hair", "a shine before white"],
)
def test_what_is_no_gap_stays(ground, spot):
    picture, alpha = scene(ground, spot)
    assert (opened(picture, alpha)[0] == alpha).all()


def test_there_are_no_gaps_in_the_face():
    """Blue eyes before a blue ground."""
    picture, alpha = scene(BLUE, BLUE)
    face = np.zeros(alpha.shape, np.uint8)
    face[35:60, 50:75] = 1
    assert (opened(picture, alpha, face)[0] == alpha).all()
