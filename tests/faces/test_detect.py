"""Anchors, decoding and blending of boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ephoto.faces.detect import FULL_RANGE, SHORT_RANGE, anchors, blend, decode, overlaps


@pytest.mark.parametrize(
    ("layout", "count"), [(SHORT_RANGE, 896), (FULL_RANGE, 2304)], ids=lambda v: getattr(v, "name", v)
)
def test_there_is_an_anchor_for_each_row_of_the_output(layout, count):
    centres = anchors(layout)
    assert centres.shape == (count, 2)
    assert centres.min() > 0
    assert centres.max() < layout.input_px


def test_anchors_lie_in_the_middle_of_their_cells_row_by_row():
    a = anchors(SHORT_RANGE)
    np.testing.assert_array_equal(a[:4], [[4, 4], [4, 4], [12, 4], [12, 4]])
    np.testing.assert_array_equal(a[32], [4, 12])  # 16 cells of 2 anchors make a row
    np.testing.assert_array_equal(a[512:519], [*[[8, 8]] * 6, [24, 8]])


def test_anchors_are_symmetric():
    for layout in (SHORT_RANGE, FULL_RANGE):
        a = anchors(layout)
        mirrored = layout.input_px - a
        assert sorted(map(tuple, a)) == sorted(map(tuple, mirrored))


def test_an_offset_of_nothing_is_a_box_around_the_anchor():
    raw = np.zeros((3, 16), np.float32)
    raw[:, 2:4] = [20, 10]
    raw[1, :2] = [5, -3]
    raw[1, 4:6] = [1, 2]
    boxes, points, scores = decode(raw, np.array([0.1, 3.0, -3.0], np.float32), np.full((3, 2), 64, np.float32), 0.5)
    np.testing.assert_allclose(boxes, [[54, 59, 74, 69], [59, 56, 79, 66]])
    np.testing.assert_allclose(points[1, 0], [65, 66])
    np.testing.assert_allclose(scores, 1 / (1 + np.exp([-0.1, -3.0])), rtol=1e-6)


@pytest.mark.parametrize("logit", [500.0, -500.0])
def test_huge_logits_do_not_overflow(logit):
    with np.errstate(all="raise"):
        _, _, scores = decode(
            np.zeros((1, 16), np.float32), np.array([logit], np.float32), np.zeros((1, 2), np.float32), 0.5
        )
    assert len(scores) == (logit > 0)


BOXES = hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.just(4)), elements=st.integers(0, 60).map(float)).map(
    lambda a: np.concatenate([a[:, :2], a[:, :2] + a[:, 2:] + 1], axis=1)
)


@given(BOXES)
def test_overlap_is_a_share_whole_with_itself_and_mutual(boxes):
    table = np.stack([overlaps(b, boxes) for b in boxes])
    assert table.min() >= 0
    assert table.max() <= 1 + 1e-12
    np.testing.assert_allclose(np.diag(table), 1)
    np.testing.assert_allclose(table, table.T)


def test_overlap_of_known_boxes():
    others = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10], [2, 2, 4, 4]])
    np.testing.assert_allclose(overlaps(others[0], others), [1, 1 / 3, 0, 0.04])


def _scores(count, seed):
    return np.random.default_rng(seed).permutation(np.linspace(0.5, 0.99, count))


@given(BOXES, st.integers(0, 99))
def test_blended_boxes_stay_inside_what_they_were_made_of(boxes, seed):
    points = np.repeat(boxes[:, None, :2], 6, axis=1)
    faces = blend(boxes, points, _scores(len(boxes), seed))
    assert 1 <= len(faces) <= len(boxes)
    for box, at, _ in faces:
        assert (box >= boxes.min(0) - 1e-9).all()
        assert (box <= boxes.max(0) + 1e-9).all()
        np.testing.assert_allclose(at, np.repeat(box[None, :2], 6, axis=0))


@given(BOXES, st.integers(0, 99))
def test_blending_does_not_depend_on_the_order_and_gives_the_best_first(boxes, seed):
    points, scores = np.zeros((len(boxes), 6, 2)), _scores(len(boxes), seed)
    order = np.random.default_rng(seed + 1).permutation(len(boxes))
    a, b = blend(boxes, points, scores), blend(boxes[order], points, scores[order])
    assert [s for *_, s in a] == [s for *_, s in b]
    for (one, _, _), (other, _, _) in zip(a, b, strict=True):
        np.testing.assert_allclose(one, other)
    kept = [s for *_, s in a]
    assert kept == sorted(kept, reverse=True)
    assert kept[0] == scores.max()


def test_boxes_apart_stay_and_the_same_box_twice_is_one():
    boxes = np.array([[0.0, 0, 10, 10], [50, 50, 60, 60], [0, 0, 10, 10]])
    faces = blend(boxes, np.zeros((3, 6, 2)), np.array([0.9, 0.8, 0.7]))
    np.testing.assert_allclose([f[0] for f in faces], boxes[:2])


def test_blending_weighs_by_score():
    boxes = np.array([[0.0, 0, 10, 10], [2, 0, 12, 10]])
    ((box, _, score),) = blend(boxes, np.zeros((2, 6, 2)), np.array([0.9, 0.6]))
    np.testing.assert_allclose(box, [0.8, 0, 10.8, 10])
    assert score == 0.9


def test_empty_boxes_end():
    faces = blend(np.zeros((4, 4)), np.zeros((4, 6, 2)), np.array([0.9, 0.8, 0.7, 0.6]))
    assert len(faces) == 4
