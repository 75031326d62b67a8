"""One body: islands and holes."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.matting.topology import one_body, without_islands

RULES = {"joined": 0.3, "sure": 0.9, "gap_mask": 0.05, "gap_area_px": 20.0}


def drawn(*rows):
    """A mask from a drawing: # person, + 0.4, - 0.1, . ground."""
    values = {"#": 1.0, "+": 0.4, "-": 0.1, ".": 0.0}
    return np.array([[values[c] for c in row] for row in rows], np.float32)


def test_the_largest_part_stays():
    mask = drawn("##....", "###..#", "##...#")
    assert (without_islands(mask, 0.3) == drawn("##....", "###...", "##....")).all()


def test_weak_links_and_corners_join():
    mask = drawn("##++#.", "##...#", "##....")
    assert (without_islands(mask, 0.3) == mask).all()


def test_a_link_that_is_too_weak_does_not():
    mask = drawn("##--##", "##....", "##....")
    assert (without_islands(mask, 0.3) == drawn("##--..", "##....", "##....")).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_uniform_masks_are_left(value):
    mask = np.full((5, 4), value, np.float32)
    assert (without_islands(mask, 0.3) == value).all()
    assert (one_body(mask, **RULES) == value).all()


def test_a_small_hole_is_filled_and_a_bay_is_not():
    mask = np.ones((12, 12), np.float32)
    mask[4:6, 4:6] = 0.0
    mask[7:9, 9:] = 0.0
    filled = one_body(mask, **RULES)
    assert (filled[4:6, 4:6] == 1).all()
    assert (filled[7:9, 9:] == 0).all()


def test_a_large_clear_hole_is_a_gap_and_a_doubtful_one_is_not():
    clear, doubtful = np.ones((14, 14), np.float32), np.ones((14, 14), np.float32)
    clear[4:10, 4:10] = 0.0
    doubtful[4:10, 4:10] = 0.3
    assert (one_body(clear, **RULES) == clear).all()
    assert (one_body(doubtful, **RULES) == 1).all()


def test_a_notch_from_below_is_a_hole_but_ground_beside_the_body_is_not():
    mask = np.ones((12, 20), np.float32)
    mask[:, :2] = mask[:, 18:] = 0.0
    mask[8:, 9:11] = 0.0
    body = one_body(mask, **RULES)
    assert (body[:, 2:18] == 1).all()
    assert (body[:, :2] == 0).all()


def test_the_input_is_not_changed():
    mask = drawn("##...#", "##....")
    before = mask.copy()
    one_body(mask, **RULES)
    assert (mask == before).all()
