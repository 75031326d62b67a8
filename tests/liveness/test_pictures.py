"""Cues on drawn pictures: what moves with the face, what closes round it, and whether it is the same."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ephoto.liveness import bezel, continuity, sharpness, surroundings
from ephoto.liveness.screening import Screening, limits
from ephoto.liveness.series import Series

LIM = limits()
SIZE = (160, 120)


def scene(seed=3, size=SIZE, blur=1.5):
    """A wall full of things, grey."""
    rng = np.random.default_rng(seed)
    picture = np.full(size[::-1], 110, np.uint8)
    for _ in range(160):
        x, y, w, h = rng.uniform((0, 0, 3, 3), (*size, 18, 18))
        cv2.rectangle(picture, (int(x), int(y)), (int(x + w), int(y + h)), int(rng.integers(20, 240)), -1)
    return cv2.GaussianBlur(picture, (0, 0), blur)


FACE = np.random.default_rng(0).uniform((60, 35), (100, 85), (60, 2))


def moved(points, matrix):
    out = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return out[:, :2] / out[:, 2:]


def turned_sheet(degrees, shift=0.0):
    """What happens to a flat picture that is turned about the upright through its middle, before a near lens."""
    a, f = np.radians(degrees), 220.0
    c, s = np.cos(a), np.sin(a)
    to_middle = np.array([[1, 0, -80], [0, 1, -60], [0, 0, 1.0]])
    return np.linalg.inv(to_middle) @ np.array([[c, 0, shift], [0, 1, 0], [s / f, 0, 1]]) @ to_middle


def apartness(before, now, face_before, face_now):
    return surroundings.apartness(
        before,
        now,
        face_before,
        face_now,
        40.0,
        least_px=LIM.background_apart,
        least_points=LIM.background_points,
    )


@pytest.mark.parametrize("degrees", [-24, 16, 28])
def test_what_is_printed_round_a_face_moves_with_it(degrees):
    matrix = turned_sheet(degrees)
    now = cv2.warpPerspective(scene(), matrix, SIZE, borderMode=cv2.BORDER_REPLICATE)
    found = apartness(scene(), now, FACE, moved(FACE, matrix))
    assert found < LIM.background


@pytest.mark.parametrize("shake", [(0, 0), (2, -1)])
def test_a_room_does_not_but_for_the_camera(shake):
    """The face narrows and moves aside, as a head does that turns; the wall moves with the camera alone."""
    now = np.roll(scene(), shake[::-1], (0, 1))
    face_now = (FACE - 80) * [0.75, 1] + 80 + [6 + shake[0], shake[1]]
    assert apartness(scene(), now, FACE, face_now) > 0.8


def test_nothing_is_said_of_a_bare_wall_or_without_motion():
    bare = np.full(SIZE[::-1], 120, np.uint8)
    assert apartness(bare, bare, FACE, FACE + 8) is None
    assert apartness(scene(), scene(), FACE, FACE) is None


def sheet(corners):
    """A light sheet with a face on it, held before a dark wall."""
    rng = np.random.default_rng(1)
    picture = np.full((240, 320), 60, np.uint8)
    cv2.fillConvexPoly(picture, np.array(corners, np.int32), 215)
    cv2.ellipse(picture, (160, 110), (32, 44), 0, 0, 360, 130, -1)
    noise = rng.normal(0, 2, picture.shape)
    return np.clip(cv2.GaussianBlur(picture, (0, 0), 0.8) + noise, 0, 255).astype(np.uint8)


BOX = (128.0, 66.0, 192.0, 154.0)


@pytest.mark.parametrize(
    "corners",
    [[(100, 40), (220, 40), (220, 200), (100, 200)], [(105, 48), (226, 36), (236, 196), (95, 204)]],
    ids=["straight", "leaning"],
)
def test_paper_closes_round_the_face(corners):
    assert bezel.closed_frame(sheet(corners), BOX, 1.0) > LIM.bezel


def test_a_doorway_that_the_person_stands_before_does_not():
    picture = sheet([(100, 20), (220, 20), (220, 260), (100, 260)])
    cv2.ellipse(picture, (160, 245), (75, 80), 0, 0, 360, 90, -1)  # shoulders over what would be its lower side
    assert bezel.closed_frame(picture, BOX, 1.0) < LIM.bezel


def test_nothing_closes_round_a_face_on_a_bare_wall():
    assert bezel.closed_frame(np.full((240, 320), 100, np.uint8), BOX, 1.0) == 0.0


def test_the_box_may_be_of_a_larger_frame():
    picture = sheet([(100, 40), (220, 40), (220, 200), (100, 200)])
    assert bezel.closed_frame(picture, tuple(2 * v for v in BOX), 0.5) == bezel.closed_frame(picture, BOX, 1.0)


def test_likeness_knows_the_same_view_moved_a_little_and_lit_otherwise():
    view = scene(size=(128, 152))
    shifted = np.roll(view, (2, -2), (0, 1))
    lit = np.clip(view * 0.7 + 30, 0, 255).astype(np.uint8)
    noisy = np.clip(view + np.random.default_rng(0).normal(0, 4, view.shape), 0, 255).astype(np.uint8)
    assert min(continuity.likeness(view, other) for other in (view, shifted, lit, noisy)) > 0.95
    assert continuity.likeness(view, scene(4, (128, 152))) < LIM.least_alike
    assert continuity.change(view, view) == pytest.approx(0, abs=1e-4)


def sharpened(picture, amount):
    soft = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.0)
    return np.clip(picture + amount * (picture - soft), 0, 255).astype(np.uint8)


def test_sharpening_shows_and_noise_does_not():
    face = scene(7, (128, 152), 1.2)
    found = [sharpness.fineness(sharpened(face, amount)) for amount in (0.0, 1.0, 2.0, 4.0)]
    assert found == sorted(found)
    assert found[-1] > 1.2 * found[0]
    noisy = np.clip(face + np.random.default_rng(0).normal(0, 3, face.shape), 0, 255).astype(np.uint8)
    assert sharpness.fineness(noisy) == pytest.approx(found[0], rel=0.15)
    assert sharpness.fineness(face[:60]) is None
    assert sharpness.fineness(np.full((80, 80), 90, np.uint8)) == 0.0


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([0, 0.01, 0.02, 0.5, 0.02, 0.01], True),  # another face from here on
        ([0, 0.01, 0.02, 0.4, 0.4, 0.01, 0.02], True),  # one frame put in
        ([0, 0.02, 0.06, 0.15, 0.22, 0.17, 0.07], False),  # a quick turn
        ([0, 0.01, 0.02, 0.01, 0.3], True),  # the last frame
        ([0, 0.4], True),
        ([0], False),
        ([], False),
    ],
)
def test_a_cut_stands_out_from_its_neighbours(changes, found):
    assert (cut(changes, np.arange(len(changes)) / 15) > LIM.cut) is found


@pytest.mark.parametrize(("change", "gap_s", "found"), [(0.45, 0.3, False), (0.9, 0.3, True), (0.9, 0.45, True)])
def test_dropped_frames_are_no_cut_but_hide_none(change, gap_s, found):
    """A turn goes on while nothing is seen; another face is further away than any turn."""
    seconds = np.array([0, 1, 2, 3, 4, 5]) / 15 + np.array([0, 0, 0, gap_s, gap_s, gap_s])
    assert (cut([0, 0.01, 0.02, change, 0.02, 0.01], seconds) > LIM.cut) is found


def cut(changes, seconds):
    return continuity.cut(np.array(changes, float), seconds, step_s=LIM.cut_step_s, most_steps=LIM.cut_most_steps)


@pytest.mark.parametrize(("stays", "state"), [(9, "fail"), (2, "pass")])
def test_who_sits_there_between_counts_and_a_glitch_does_not(stays, state):
    """The first person may come back for the end."""
    alike, unlike = [0.95] * 10 + [0.2] * stays + [0.95] * 10, [0.01] * (20 + stays)
    (cue,) = [c for c in Screening(alike=alike, unlike=unlike, frames=40).cues(Series()) if c.name == "continuity"]
    assert cue.state == state


def test_proportions_tell_faces_by_shape_and_not_by_size():
    face = np.random.default_rng(2).uniform(0, 100, (468, 2))
    own = continuity.signature(face)
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    assert continuity.unlike(own, continuity.signature(3.7 * face @ turn.T + 40)) == pytest.approx(0, abs=1e-9)
    assert continuity.unlike(own, continuity.signature(face * [1.0, 1.4])) > LIM.unlike
