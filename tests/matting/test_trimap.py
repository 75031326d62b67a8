"""Known person, known ground, and what lies between."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.matting.levels import scaling
from ephoto.matting.trimap import trimap

FACE = 50.0


def ramp(width_px):
    """A mask that falls from 1 to 0 over `width_px` about column 100."""
    x = np.arange(200) + 0.5
    return np.broadcast_to(np.clip((100 - x) / width_px + 0.5, 0, 1), (60, 200)).astype(np.float32)


def test_known_pixels_are_exactly_0_or_1():
    known = trimap(ramp(6), FACE)
    assert set(np.unique(known.prior[~known.unknown])) == {0.0, 1.0}
    assert known.prior.dtype == np.float32


def test_the_band_lies_about_the_edge():
    columns = np.flatnonzero(trimap(ramp(4), FACE).unknown[30])
    assert (np.diff(columns) == 1).all()
    assert columns[0] <= 97
    assert columns[-1] >= 102
    assert len(columns) <= 14


def test_wide_doubt_is_cut_short():
    """However slowly the mask falls, the band reaches no further than 9 % of a face to each side."""
    columns = np.flatnonzero(trimap(ramp(80), FACE).unknown[30])
    assert 0 < len(columns) <= 2 * (round(0.09 * FACE) + 1)


def test_half_belief_loses():
    """An even patch of 0.6 is ground, one of 0.95 person."""
    for value, expected in ((0.6, 0.0), (0.95, 1.0)):
        mask = ramp(2).copy()
        mask[20:40, 110:190] = value
        mask[20:40, 90:110] = np.maximum(mask[20:40, 90:110], value)
        known = trimap(mask, FACE)
        assert known.prior[30, 170] == expected


@pytest.mark.parametrize("shape_hw", [(120, 400), (119, 399), (60, 200)])
def test_finer_levels_carry_the_same_trimap(shape_hw):
    coarse = trimap(ramp(4), FACE)
    fine = coarse.on(scaling(coarse.prior.shape, shape_hw), shape_hw[::-1])
    assert fine.prior.shape == fine.unknown.shape == shape_hw
    assert set(np.unique(fine.prior[~fine.unknown])) == {0.0, 1.0}
    assert fine.unknown.mean() == pytest.approx(coarse.unknown.mean(), abs=0.01)
