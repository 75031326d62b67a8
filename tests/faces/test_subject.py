"""Whose card it is."""

from __future__ import annotations

import numpy as np
import pytest

from ephoto.core.errors import FaceError
from ephoto.core.types import Face, Pose
from ephoto.faces.subject import choose

SIZE = (1000, 800)


def face(x, y, side, score=0.9):
    return Face(
        landmarks=np.zeros((468, 2), np.float32),
        irises=np.zeros((2, 5, 2), np.float32),
        box_xyxy=(x, y, x + side, y + side),
        score=score,
        mesh_score=1.0,
        pose=Pose(0, 0, 0),
    )


def test_one_face_is_the_subject():
    only = face(100, 100, 200)
    subject = choose([only], SIZE)
    assert subject.face is only
    assert subject.bystanders == ()


def test_no_face_tells_what_was_tried():
    with pytest.raises(FaceError) as caught:
        choose([], SIZE)
    assert caught.value.code == "no_face"
    for word in ("short_range", "full_range", "padded", "270"):
        assert word in caught.value.message()


@pytest.mark.parametrize(("side", "comparable"), [(99, False), (101, True), (200, True)])
def test_a_quarter_of_the_area_is_comparable(side, comparable):
    faces = [face(100, 100, 200), face(500, 100, side)]
    if not comparable:
        (other,) = choose(faces, SIZE).bystanders
        assert other.area_share == pytest.approx((side / 200) ** 2)
        assert other.box_xyxy == faces[1].box_xyxy
        return
    with pytest.raises(FaceError) as caught:
        choose(faces, SIZE)
    assert caught.value.code == "many_faces"
    assert caught.value.values["count"] == 2


def test_many_faces_are_told_with_boxes_and_scores_and_only_the_comparable_ones():
    with pytest.raises(FaceError) as caught:
        choose([face(10, 20, 200, 0.91), face(500, 30, 180, 0.82), face(800, 10, 20)], SIZE)
    assert caught.value.values["faces"] == "200x200+10+20 (0.91); 180x180+500+30 (0.82)"
    assert "2" in caught.value.message("zh")


def test_the_largest_is_chosen_whatever_the_order_and_the_score():
    small, large = face(600, 10, 60, 0.99), face(100, 100, 300, 0.55)
    for faces in ([small, large], [large, small]):
        assert choose(faces, SIZE).face is large


def test_only_what_is_in_the_picture_counts():
    """A head cut by the edge is not the subject for the part of its box that nobody sees."""
    inside, outside = face(300, 300, 200), face(-280, 100, 300)
    subject = choose([outside, inside], SIZE)
    assert subject.face is inside
    assert len(subject.bystanders) == 1
