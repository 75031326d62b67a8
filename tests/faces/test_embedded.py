"""The embedded engine as the pipeline uses it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from ephoto.core.errors import FaceError
from ephoto.faces.attempts import ATTEMPTS, tiles, whole
from ephoto.faces.detect import MIN_SCORE
from ephoto.faces.subject import choose
from samples.defects import CALIBRATION, defects, picture
from samples.render import Portrait, cached

SIZE = (300, 400)
BACKDROP = (170, 182, 190)


@pytest.fixture(scope="module")
def portrait():
    return cached(Portrait(size_wh=SIZE))


def canvas(w, h):
    return np.full((h, w, 3), BACKDROP, np.uint8)


def assert_same(a, b):
    np.testing.assert_array_equal(a.landmarks, b.landmarks)
    np.testing.assert_array_equal(a.irises, b.irises)
    assert (a.box_xyxy, a.score, a.mesh_score, a.pose) == (b.box_xyxy, b.score, b.mesh_score, b.pose)


def off_by(face, truth):
    """Of both irises, as a share of the eye distance."""
    return float(np.hypot(*(face.irises[:, 0] - truth.iris_centres).T).max()) / truth.ied_px


def test_the_face_of_a_portrait(engine, photo, portrait):
    (face,) = engine.find(photo(portrait.image))
    assert off_by(face, portrait.truth) < 0.03
    assert face.found_by.detector == "short_range"
    assert not face.found_by.padded
    assert face.score > 0.8
    assert face.mesh_score > 0.999
    assert face.depth.shape == (468,)
    x0, y0, x1, y1 = face.box_xyxy
    assert (face.irises[..., 0] > x0).all()
    assert (face.irises[..., 0] < x1).all()
    assert (face.irises[..., 1] > y0).all()
    assert (face.irises[..., 1] < y1).all()


@pytest.mark.parametrize("turns", [1, 2, 3], ids="{} turns".format)
def test_a_photo_turned_by_quarters_gives_the_turned_face(turns, engine, photo, portrait):
    """np.rot90 turns counter-clockwise: (x, y) of a picture W wide goes to (y, W - x)."""
    (upright,) = engine.find(photo(portrait.image))
    (face,) = engine.find(photo(np.rot90(portrait.image, turns)))
    expected, (w, h) = upright.landmarks, SIZE
    for _ in range(turns):
        expected = np.stack([expected[:, 1], w - expected[:, 0]], axis=1)
        w, h = h, w
    ied = portrait.truth.ied_px
    assert np.median(np.hypot(*(face.landmarks - expected).T)) < 0.03 * ied
    assert (face.pose.roll_deg - upright.pose.roll_deg - 90 * turns + 180) % 360 - 180 == pytest.approx(0, abs=4)


@pytest.mark.parametrize("roll", [-170.0, -60.0, -40.0, 40.0, 60.0, 130.0], ids="{:.0f}deg".format)
def test_a_head_at_any_roll_is_found_upright_in_itself(roll, engine, photo):
    drawn = cached(Portrait(size_wh=SIZE, roll_deg=roll, head=0.4, position=(0.5, 0.5)))
    (face,) = engine.find(photo(drawn.image))
    assert off_by(face, drawn.truth) < 0.05
    assert (face.pose.roll_deg - roll + 180) % 360 - 180 == pytest.approx(0, abs=6)


def test_a_face_that_fills_the_photo_is_found(engine, photo, portrait):
    truth = portrait.truth
    side = int(truth.ied_px * 2.4)
    x, y = int(truth.eye_mid[0] - side / 2), int(truth.eye_mid[1] - side * 0.42)
    (face,) = engine.find(photo(portrait.image[y : y + side, x : x + side]))
    off = face.irises[:, 0] + [x, y] - truth.iris_centres
    assert np.hypot(*off.T).max() < 0.05 * truth.ied_px


def test_a_small_face_in_a_large_photo_is_found(engine, photo, portrait):
    large = canvas(2400, 1800)
    large[900:1300, 1500:1800] = portrait.image
    (face,) = engine.find(photo(large))
    assert (
        np.hypot(*(face.irises[:, 0] - [1500, 900] - portrait.truth.iris_centres).T).max()
        < 0.05 * portrait.truth.ied_px
    )


def test_two_people_are_two_faces(engine, photo, portrait):
    both = np.concatenate([portrait.image, portrait.image[:, ::-1]], axis=1)
    found = engine.find(photo(both))
    assert len(found) == 2
    with pytest.raises(FaceError, match="many_faces"):
        choose(found, (600, 400))


def test_a_second_person_beside_a_subject_far_away_is_counted(engine, photo, portrait):
    """The short-range net sees the subject alone; where that is small the full-range net counts."""
    scene = canvas(1000, 1000)
    scene[300:700, 200:500] = portrait.image
    scene[400:630, 700:880] = cv2.resize(portrait.image, (180, 230), interpolation=cv2.INTER_AREA)
    found = engine.find(photo(scene))
    assert len(found) == 2
    assert found[0].area_px > found[1].area_px
    with pytest.raises(FaceError, match="many_faces"):
        choose(found, (1000, 1000))
    scene[400:630, 700:880] = BACKDROP
    assert len(engine.find(photo(scene))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("k", [0, 3, 15])
def test_a_second_dark_face_is_counted_though_the_detector_hardly_sees_it(k, engine, photo):
    found = engine.find(photo(picture(defects()["second_person"], k, CALIBRATION)))
    assert len(found) == 2
    assert found[1].score < MIN_SCORE < found[0].score
    assert len(engine.find(photo(picture(None, k, CALIBRATION)))) == 1


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((1, 1, 3), np.uint8),
        np.full((2, 900, 3), 200, np.uint8),
        canvas(300, 400),
        np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8),
    ],
    ids=["one px", "a line", "plain", "noise"],
)
def test_no_face_is_an_empty_tuple(pixels, engine, photo):
    assert engine.find(photo(pixels)) == ()


def test_threads_give_the_same_faces(engine, photo, portrait):
    photos = [photo(portrait.image), photo(portrait.image[:, ::-1]), photo(canvas(200, 200))] * 4
    alone = [engine.find(p) for p in photos]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(engine.find, photos))
    for a, b in zip(alone, together, strict=True):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_same(one, other)


def test_nothing_is_kept_from_the_photo_before(engine, photo, portrait):
    first = engine.find(photo(portrait.image))
    engine.find(photo(portrait.image[:, ::-1]))
    engine.find(photo(canvas(500, 300)))
    again = engine.find(photo(portrait.image))
    assert_same(first[0], again[0])


def test_the_photo_is_not_changed(engine, photo, portrait):
    kept = portrait.image.copy()
    engine.find(photo(portrait.image))
    np.testing.assert_array_equal(portrait.image, kept)


def test_a_face_is_followed_from_a_rough_guess(engine, photo, portrait):
    (face,) = engine.find(photo(portrait.image))
    guess = face.landmarks + np.float32([0.05 * portrait.truth.ied_px, -0.04 * portrait.truth.ied_px])
    followed = engine.follow(portrait.image, guess)
    assert followed.shape == (468, 2)
    assert followed.dtype == np.float32
    assert np.median(np.hypot(*(followed - face.landmarks).T)) < 0.02 * portrait.truth.ied_px


def test_a_face_that_is_gone_is_not_followed(engine, photo, portrait):
    (face,) = engine.find(photo(portrait.image))
    assert engine.follow(canvas(*SIZE), face.landmarks) is None


def test_following_costs_one_invoke(engine, photo, portrait, monkeypatch):
    (face,) = engine.find(photo(portrait.image))
    runs = []
    net = engine._mesh._net
    look = lambda _, *args, **options: runs.append(1) or net.look(*args, **options)  # noqa: E731
    monkeypatch.setattr(engine._mesh, "_net", type("Counting", (), {"look": look})())
    engine.follow(portrait.image, face.landmarks)
    assert len(runs) == 1


def test_attempts_go_from_upright_to_turned_and_are_all_different():
    assert len(set(ATTEMPTS)) == len(ATTEMPTS)
    assert [a.quarter_turns for a in ATTEMPTS[:4]] == [0] * 4
    assert {a.quarter_turns for a in ATTEMPTS} == {0, 1, 2, 3}
    looks = [(a.detector, a.view) for a in ATTEMPTS[:3]]
    assert looks == [("short_range", "whole"), ("full_range", "whole"), ("short_range", "padded")]


@pytest.mark.parametrize("size_wh", [(100, 100), (400, 300), (300, 1000), (2000, 90)], ids=str)
def test_regions_cover_the_photo(size_wh):
    w, h = size_wh
    grid = np.stack(np.meshgrid(np.linspace(0, w, 41), np.linspace(0, h, 41)), axis=-1).reshape(-1, 2)
    for rois in (tiles(size_wh), [whole(size_wh)], [whole(size_wh, border=0.25, quarter_turns=1)]):
        inside = [np.abs(grid - roi.centre).max(1) <= roi.size_px / 2 + 1e-9 for roi in rois]
        assert np.any(inside, axis=0).all()
