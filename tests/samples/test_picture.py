"""Rendered pictures: composition, and that every parameter shows where it should."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from samples.portrait.truth import alpha_on_card, upright
from samples.render import Portrait, Rendered, cached

SMALL = Portrait(size_wh=(150, 200), noise=0.0, hair="none", head=0.55)
LUMA = np.array([0.2126, 0.7152, 0.0722])


def drawn(**change: Any) -> Rendered:
    return cached(dataclasses.replace(SMALL, **change))


def eye_box(r: Rendered, side: int) -> tuple[slice, slice]:
    """Rows and columns round the subject's right (0) or left (1) eye."""
    (x, y), reach = r.truth.eye_centres[side], 0.36 * r.truth.ied_px
    return slice(int(y - reach), int(y + reach) + 1), slice(int(x - reach), int(x + reach) + 1)


def skin_lightness(r: Rendered) -> float:
    """CIE L* of the picture: the mean of forehead and both cheeks."""
    t, found = r.truth, []
    for across, down in ((0.0, -0.55), (-0.5, 0.55), (0.5, 0.55)):
        x, y = (t.eye_mid + (t.across * across + t.down * down) * t.ied_px).astype(int)
        srgb = r.image[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).mean(0) / 255
        linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
        found.append(116 * np.cbrt(linear @ LUMA) - 16)
    return float(np.mean(found))


@pytest.mark.parametrize("hair", ["short", "long", "tall", "none", "strands", "covering"])
def test_image_is_foreground_over_background(hair: str) -> None:
    r = drawn(hair=hair, background="cluttered")
    a = r.alpha[..., None]
    over = a * r.foreground + (1 - a) * r.background
    assert np.abs(r.image - over).max() <= 1.01  # three roundings of half a level


def test_noise_is_what_was_asked_for() -> None:
    r = drawn(noise=4.0, background_colour=(128, 128, 128))
    a = r.alpha[..., None]
    rest = (r.image - (a * r.foreground + (1 - a) * r.background))[r.alpha == 0]
    assert rest.std() == pytest.approx(4.0, rel=0.05)
    assert rest.mean() == pytest.approx(0, abs=0.1)


def test_shapes_and_types_keep_the_conventions() -> None:
    r = drawn()
    assert r.image.shape == r.foreground.shape == r.background.shape == (200, 150, 3)
    assert {r.image.dtype, r.foreground.dtype, r.background.dtype} == {np.dtype(np.uint8)}
    assert (r.alpha.shape, r.alpha.dtype) == ((200, 150), np.float32)
    assert (r.alpha.min(), r.alpha.max()) == (0.0, 1.0)
    assert r.image.flags.c_contiguous


def test_interior_is_opaque_and_surroundings_are_clear() -> None:
    r = drawn()
    x, y = r.truth.eye_mid.astype(int)
    assert (r.alpha[y - 20 : y + 30, x - 15 : x + 16] == 1).all()
    assert (r.alpha[: int(r.truth.crown[1]) - 3] == 0).all()


def test_the_person_reaches_the_lower_edge() -> None:
    assert drawn().alpha[-1].mean() > 0.8


def test_same_portrait_same_bytes() -> None:
    from samples.render import render

    p = dataclasses.replace(SMALL, size_wh=(90, 120), hair="strands", background="foliage", noise=2.0)
    first, second = render(p), render(p)
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.alpha, second.alpha)


def test_roll_of_the_whole_person_turns_the_picture() -> None:
    """At the picture's centre a roll is a turn of the picture: the outline turned back is the upright one."""
    level = drawn(position=(0.5, 0.5), body_follows=1.0)
    rolled = drawn(position=(0.5, 0.5), body_follows=1.0, roll_deg=20)
    back = alpha_on_card(rolled.alpha, upright(rolled.truth), (150, 200))
    x, y = np.meshgrid(np.arange(150) - 75, np.arange(200) - 100)
    inside = np.hypot(x, y) < 70
    assert np.abs(back - level.alpha)[inside].mean() < 0.01
    assert np.abs(rolled.alpha - level.alpha)[inside].mean() > 0.03


@pytest.mark.parametrize("position", [(0.2, 0.3), (0.8, 0.3), (0.2, 0.6), (0.8, 0.6)], ids=str)
def test_the_head_is_where_its_truth_says(position: tuple[float, float]) -> None:
    r = drawn(position=position, head=0.3, focal_35mm=24)
    row = int(r.truth.eye_mid[1])
    person = np.flatnonzero(r.alpha[row] > 0.5)
    right, left = r.truth.face_sides[:, 0]
    assert person.min() - 8 < right < person.min() + 10 or person.min() == 0
    assert person.max() - 10 < left < person.max() + 8 or person.max() == 149
    column = np.flatnonzero(r.alpha[:, int(r.truth.crown[0])] > 0.5)
    assert r.truth.crown[1] == pytest.approx(column[0], abs=2.5)


@pytest.mark.parametrize("side", [0, 1], ids=["right", "left"])
def test_closing_one_eye_changes_that_eye_alone(side: int) -> None:
    closed = (1.0, 0.0) if side == 0 else (0.0, 1.0)
    plain, shut = drawn(), drawn(eyes_closed=closed)
    change = np.abs(plain.image.astype(int) - shut.image).max(2)
    assert change[eye_box(plain, side)].max() > 60
    assert change[eye_box(plain, 1 - side)].max() == 0


def test_dark_lenses_hide_the_eyes_and_glare_lights_them_up() -> None:
    plain, clear, dark, glare = (drawn(glasses=g) for g in ("none", "clear", "dark", "glare"))
    at = eye_box(plain, 0)
    level = {name: r.image[at].mean() for name, r in zip("pcdg", (plain, clear, dark, glare), strict=True)}
    assert level["d"] < 0.6 * level["p"]
    assert level["c"] == pytest.approx(level["p"], rel=0.2)
    assert (glare.image[at].min(2) > 200).mean() > 0.07
    assert (clear.image[at].min(2) > 200).mean() < 0.02


@pytest.mark.parametrize("lightness", [25.0, 45.0, 65.0, 85.0])
def test_skin_comes_out_as_light_as_asked(lightness: float) -> None:
    assert skin_lightness(drawn(skin_lightness=lightness)) == pytest.approx(lightness, abs=7)


def test_exposure_brightens_all() -> None:
    means = [drawn(exposure_ev=ev).image.mean() for ev in (-2.0, -1.0, 0.0, 1.0)]
    assert (np.diff(means) > 10).all()


def test_light_from_one_side_brightens_that_side() -> None:
    for azimuth, brighter in ((-60.0, 0), (60.0, 1)):
        r = drawn(light_azimuth_deg=azimuth, light_strength=0.9)
        x, y = (r.truth.eye_mid + r.truth.down * 0.55 * r.truth.ied_px).astype(int)
        reach = int(0.75 * r.truth.ied_px)
        halves = r.image[y - 3 : y + 4, x - reach : x].mean(), r.image[y - 3 : y + 4, x + 1 : x + reach + 1].mean()
        assert halves[brighter] > 1.2 * halves[1 - brighter]


def test_blur_softens_image_and_alpha_together() -> None:
    sharp, soft = drawn(), drawn(blur_px=3.0)
    edge = {name: np.abs(np.diff(r.alpha, axis=1)).max() for name, r in (("sharp", sharp), ("soft", soft))}
    assert edge["soft"] < 0.3 * edge["sharp"]
    a = soft.alpha[..., None]
    assert np.abs(soft.image - (a * soft.foreground + (1 - a) * soft.background)).max() <= 1.01


def test_strands_are_soft() -> None:
    """Loose hair: many pixels above the skull are neither person nor background."""

    def soft(hair: str) -> int:
        r = drawn(hair=hair, blur_px=0.0)
        return int(((r.alpha > 0.2) & (r.alpha < 0.8))[: int(r.truth.eye_mid[1])].sum())

    assert soft("strands") > 2 * soft("short")


def test_white_clothes_before_white_stay_in_the_alpha() -> None:
    white = (255, 255, 255)
    r = drawn(clothes_colour=(245, 245, 245), background_colour=white)
    assert np.array_equal(r.alpha, drawn().alpha)
    assert (r.background == 255).all()


@pytest.mark.parametrize("background", ["gradient", "cluttered", "office", "foliage"])
def test_backgrounds_differ_by_seed_and_leave_the_person_alone(background: str) -> None:
    if background == "gradient":
        first, second = drawn(background=background, seed=1), drawn(background=background, seed=5)
    else:
        first, second = drawn(background=background, seed=1), drawn(background=background, seed=2)
    far = first.alpha == 0
    assert np.abs(first.background.astype(int) - second.background)[far].mean() > 3
    assert np.array_equal(first.alpha, second.alpha)


@pytest.mark.parametrize("covering", ["headscarf", "hat"])
def test_coverings_show_their_colour_over_the_skull(covering: str) -> None:
    r = drawn(hair="covering", covering=covering, covering_colour=(30, 160, 60))
    x, y = r.truth.crown.astype(int)
    red, green, blue = r.image[y + 12, x].astype(int)
    assert green > 1.5 * red
    assert green > 1.3 * blue


def test_a_long_fringe_hides_the_eyes_in_hair() -> None:
    hair = (40, 160, 60)
    r = drawn(hair="short", hair_colour=hair, fringe_mm=72.0)
    red, green, _ = np.moveaxis(r.image[eye_box(r, 0)].astype(int), 2, 0)
    assert (green > 1.2 * red).mean() > 0.7


def test_red_eyes_are_red_in_the_pupils_alone() -> None:
    plain, red = drawn(), drawn(red_eyes=1.0)
    x, y = (int(v) for v in plain.truth.iris_centres[0])
    assert red.image[y, x, 0] > 3 * red.image[y, x, 2].astype(int)
    change = np.abs(red.image.astype(int) - plain.image).max(2) > 8
    assert not change[int(plain.truth.eye_mid[1] + 0.4 * plain.truth.ied_px) :].any()


def test_slipped_glasses_bring_the_rim_before_the_eye() -> None:
    at, slid = drawn(glasses="clear"), drawn(glasses="clear", glasses_drop_mm=13.0)
    (x, y), reach = at.truth.eye_centres[0].astype(int), int(0.2 * at.truth.ied_px)
    dark = [(r.image[y - 3 : y + 2, x - reach : x + reach].max(2) < 75).mean() for r in (at, slid)]
    assert dark[1] > dark[0] + 0.08
