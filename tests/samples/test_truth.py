"""The ground truth of rendered portraits: signs, positions, invariances, and what a card measures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from samples.portrait.camera import CROWN_CHIN_MM, stage
from samples.portrait.head import Head
from samples.portrait.truth import Truth, alpha_on_card, hair_top_row, tell, upright
from samples.render import Portrait, Proportions, cached

SMALL = Portrait(size_wh=(180, 240), noise=0.0)
POSITIONS = [(x, y) for y in (0.25, 0.5, 0.75) for x in (0.2, 0.5, 0.8)]


def truth_of(p: Portrait) -> Truth:
    camera, head_frame, _ = stage(p)
    return tell(p, Head(p), head_frame, camera)


def side_widths(t: Truth) -> tuple[float, float]:
    """From the eye midpoint to the cheek's edge on the image left and on the image right."""
    right, left = t.face_sides
    return float((t.eye_mid - right) @ t.across), float((left - t.eye_mid) @ t.across)


def test_yaw_above_zero_shows_more_of_the_subjects_right_cheek() -> None:
    image_left, image_right = side_widths(truth_of(Portrait(yaw_deg=15)))
    assert image_left > 1.3 * image_right


def test_pitch_above_zero_looks_down_so_that_the_crown_nears_the_eyes() -> None:
    level, down = truth_of(Portrait()), truth_of(Portrait(pitch_deg=15))
    nearer = np.hypot(*(down.chin - down.eye_mid)) / np.hypot(*(down.crown - down.eye_mid))
    assert nearer < np.hypot(*(level.chin - level.eye_mid)) / np.hypot(*(level.crown - level.eye_mid))


def test_roll_above_zero_moves_the_crown_to_the_image_left() -> None:
    t = truth_of(Portrait(roll_deg=15))
    assert t.crown[0] < t.eye_mid[0] - 10
    assert t.chin[0] > t.eye_mid[0] + 10


@pytest.mark.parametrize("position", POSITIONS, ids=str)
@pytest.mark.parametrize("yaw", [0.0, 15.0])
def test_eyes_land_where_they_were_put(position: tuple[float, float], yaw: float) -> None:
    p = Portrait(position=position, yaw_deg=yaw, head=0.3)
    assert truth_of(p).eye_mid == pytest.approx(np.multiply(position, p.size_wh), abs=1.5)


def test_a_head_beside_the_axis_is_seen_from_its_side() -> None:
    """Same rotation in camera axes: at the image right the camera sees more of the image-left cheek."""
    image_left, image_right = side_widths(truth_of(Portrait(position=(0.85, 0.5), focal_35mm=24)))
    assert image_left > 1.1 * image_right


@pytest.mark.parametrize("p", [Portrait(), Portrait(distance_mm=1500), Portrait(focal_35mm=28)], ids=str)
def test_head_is_the_part_of_the_height_that_was_asked_for(p: Portrait) -> None:
    t = truth_of(p)
    assert CROWN_CHIN_MM * t.focal_px / t.distance_mm == pytest.approx(p.head * p.size_wh[1])


def test_focal_length_and_distance_together_decide_the_size() -> None:
    near, far = (truth_of(Portrait(focal_35mm=50, distance_mm=d)) for d in (600.0, 1200.0))
    assert near.ied_px == pytest.approx(2 * far.ied_px, rel=0.01)


def test_near_cameras_show_a_narrower_face_beside_the_same_eyes() -> None:
    near, far = (truth_of(Portrait(distance_mm=d)) for d in (350.0, 2500.0))
    assert near.face_width_px / near.ied_px < 0.95 * far.face_width_px / far.ied_px


def test_default_proportions_are_an_adults() -> None:
    """Eye distance, crown-chin and eye line over face width as anthropometric means have them."""
    t = truth_of(Portrait(distance_mm=1500))
    assert 0.44 <= t.ied_px / t.face_width_px <= 0.49
    assert 1.5 <= (t.chin[1] - t.crown[1]) / t.face_width_px <= 1.7
    assert (t.chin[1] - t.eye_mid[1]) / (t.eye_mid[1] - t.crown[1]) == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize(
    "change",
    [{"hair": "long"}, {"hair": "none"}, {"hair": "covering"}, {"glasses": "dark"}, {"skin_lightness": 30.0}],
    ids=str,
)
def test_face_width_and_chin_do_not_depend_on_what_covers_them(change: dict[str, object]) -> None:
    plain, other = truth_of(SMALL), truth_of(dataclasses.replace(SMALL, **change))  # type: ignore[arg-type]
    assert other.face_width_px == plain.face_width_px
    assert other.chin == pytest.approx(plain.chin)


@pytest.mark.parametrize(
    ("proportions", "measure"),
    [
        (Proportions(face_width=1.1), lambda t: t.face_width_px),
        (Proportions(chin_length_mm=8), lambda t: t.chin[1]),
        (Proportions(skull_height_mm=8), lambda t: -t.crown[1]),
        (Proportions(eye_distance_mm=68), lambda t: t.ied_px),
    ],
    ids=["face_width", "chin_length", "skull_height", "eye_distance"],
)
def test_proportions_change_their_own_measure(proportions: Proportions, measure) -> None:  # type: ignore[no-untyped-def]
    assert measure(truth_of(Portrait(proportions=proportions))) > 1.01 * measure(truth_of(Portrait()))


def test_a_longer_nose_leaves_chin_and_width_alone() -> None:
    plain, long = truth_of(Portrait()), truth_of(Portrait(proportions=Proportions(nose_length_mm=6)))
    assert long.chin == pytest.approx(plain.chin, abs=0.5)
    assert long.face_width_px == pytest.approx(plain.face_width_px, abs=0.5)


def test_lids_close_one_by_one() -> None:
    gaps = [truth_of(Portrait(eyes_closed=(c, 0.0))).lid_gap_px for c in (0.0, 0.3, 0.6, 1.0)]
    right, left = np.array(gaps).T
    assert (np.diff(right) < -1).all()
    assert right[-1] == pytest.approx(0, abs=0.2)
    assert np.ptp(left) == 0


def test_mouth_opens_and_the_chin_falls() -> None:
    seen = [truth_of(Portrait(mouth_open=m)) for m in (0.0, 0.4, 0.8)]
    assert (np.diff([t.mouth_gap_px for t in seen]) > 5).all()
    assert (np.diff([t.chin[1] for t in seen]) > 3).all()


def test_gaze_moves_the_irises_only() -> None:
    ahead, aside = truth_of(Portrait()), truth_of(Portrait(gaze_deg=(20, 10)))
    assert aside.eye_centres == pytest.approx(ahead.eye_centres)
    assert (aside.iris_centres - ahead.iris_centres > 1).all()


def test_right_comes_before_left_and_right_is_the_subjects_own() -> None:
    t = truth_of(Portrait())
    assert t.eye_centres[0, 0] < t.eye_centres[1, 0]
    assert t.face_sides[0, 0] < t.eye_centres[0, 0]


@pytest.mark.parametrize("roll", [-20.0, 0.0, 12.0])
def test_upright_levels_the_eyes(roll: float) -> None:
    p = Portrait(size_wh=(180, 240), roll_deg=roll, hair="none", noise=0)
    r = cached(p)
    m = r.measures(upright(r.truth), p.size_wh)
    assert m["roll"] == pytest.approx(0, abs=1e-6)
    assert m["face_width"] == pytest.approx(r.truth.face_width_px)


def test_measures_scale_with_the_card() -> None:
    r = cached(SMALL)
    whole = r.measures(np.array([[1.0, 0, 0], [0, 1, 0]]), (180, 240))
    half = r.measures(np.array([[0.5, 0, 0], [0, 0.5, 0]]), (90, 120))
    for name in set(whole) - {"roll", "hair_top_gap", "hair_chin"}:
        assert half[name] == pytest.approx(whole[name] / 2), name
    assert half["hair_top_gap"] == pytest.approx(whole["hair_top_gap"] / 2, abs=2)


def test_measures_add_up() -> None:
    m = cached(SMALL).measures(np.array([[1.0, 0, 3], [0, 1, -5]]), (180, 240))
    assert m["crown_gap"] + m["crown_chin"] + m["chin_gap"] == pytest.approx(240)
    assert m["eye_from_top"] + m["eye_line_from_bottom"] == pytest.approx(240)
    assert m["hair_top_gap"] + m["hair_chin"] == pytest.approx(240 - m["chin_gap"])
    assert m["head_width"] > m["face_width"] > m["ied"]


@pytest.mark.parametrize(
    ("hair", "low", "high"), [("short", 12, 28), ("long", 8, 28), ("tall", 45, 75), ("none", -3, 3)]
)
def test_hair_stands_above_the_skull_as_its_style_says(hair: str, low: float, high: float) -> None:
    """In mm at the eyes' depth: short hair 15 to 25 mm, tall hair more."""
    p = Portrait(size_wh=(240, 320), hair=hair, distance_mm=1500, noise=0)  # type: ignore[arg-type]
    r = cached(p)
    m = r.measures(np.array([[1.0, 0, 0], [0, 1, 0]]), p.size_wh)
    mm = (m["crown_gap"] - m["hair_top_gap"]) * r.truth.distance_mm / r.truth.focal_px
    assert low <= mm <= high


def test_hair_top_is_the_first_row_that_sums_to_three_pixels() -> None:
    alpha = np.zeros((20, 100), np.float32)
    alpha[4, 40:60] = 0.14  # 2.8 px: a few loose strands
    alpha[7, 40:60] = 0.16  # 3.2 px
    alpha[2, :12] = 1.0  # outside the columns that count
    assert hair_top_row(alpha, 50.0, 100.0) == 7
    assert hair_top_row(alpha * 0, 50.0, 100.0) == 20


def test_alpha_warps_exactly_by_whole_pixels_and_keeps_its_sum_when_halved() -> None:
    alpha = np.zeros((40, 40), np.float32)
    alpha[10:20, 12:30] = 1
    moved = alpha_on_card(alpha, np.array([[1.0, 0, 5], [0, 1, -3]]), (40, 40))
    assert np.array_equal(moved[7:17, 17:35], np.ones((10, 18), np.float32))
    assert moved.sum() == pytest.approx(180)
    assert alpha_on_card(alpha, np.array([[0.5, 0, 0], [0, 0.5, 0]]), (20, 20)).sum() == pytest.approx(45)
