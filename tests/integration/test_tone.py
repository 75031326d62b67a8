"""--tone auto on portraits whose true tone is known: nearer to it, the same for all skins; good photos stay."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ephoto.core.colour import delta_e_2000, lab, linear, srgb
from ephoto.core.errors import UsageError
from ephoto.pipeline.converter import Converter
from ephoto.specs import load
from samples.render import Portrait, cached

SKINS = (30.0, 55.0, 80.0)
EXPOSURES = (-1.0, -0.4, 0.4)
CASTS = {"warm": (1.15, 1.0, 0.85), "cold": (0.88, 1.0, 1.15), "warmer": (1.3, 1.0, 0.75)}
BASE = Portrait(
    size_wh=(480, 640), head=0.4, distance_mm=1200.0, light_strength=0.3, light_azimuth_deg=-10.0, noise=1.0, seed=31
)


def photo(skin, ev=0.0, **changed):
    return cached(replace(BASE, skin_lightness=skin, exposure_ev=ev, **changed)).image


def tinted(pixels, gains):
    """The same photo in another light: linear channels scaled."""
    return np.rint(255 * srgb(linear(pixels) * np.array(gains))).astype(np.uint8)


@pytest.fixture(scope="module")
def converter():
    """A lossless card whose document has nothing against edits."""
    return Converter(load.adhoc("26x32mm", dpi=350, format="PNG"), background="blue", checks=False)


@pytest.fixture(scope="module")
def analysed(converter):
    known = {}

    def of(name, pixels):
        if name not in known:
            known[name] = converter.analyse(pixels())
        return known[name]

    return of


def cheek(card):
    """CIELAB of the cheek on the image left."""
    h, w = card.image.shape[:2]
    part = card.image[int(0.54 * h) : int(0.62 * h), int(0.36 * w) : int(0.46 * w), :3]
    return lab(part.reshape(-1, 3).mean(0) / 255)


def error(card, true):
    return float(delta_e_2000(cheek(card), cheek(true)))


@pytest.mark.parametrize("skin", SKINS)
@pytest.mark.parametrize("ev", EXPOSURES)
def test_skin_of_a_wrongly_exposed_photo_comes_nearer_to_the_truth(skin, ev, converter, analysed):
    true = converter.render(analysed((skin, 0.0), lambda: photo(skin)))
    analysis = analysed((skin, ev), lambda: photo(skin, ev))
    plain, toned = converter.render(analysis), converter.render(analysis, tone="auto")
    assert error(toned, true) < 0.9 * error(plain, true)
    assert toned.report.facts["tone"]["ev"] * ev < 0
    assert toned.report.facts["tone"]["gains"] == [1, 1, 1]


@pytest.mark.parametrize("skin", SKINS)
@pytest.mark.parametrize("cast", CASTS)
def test_skin_in_a_tinted_light_comes_nearer_to_the_truth(skin, cast, converter, analysed):
    true = converter.render(analysed((skin, 0.0), lambda: photo(skin)))
    analysis = analysed((skin, cast), lambda: tinted(photo(skin), CASTS[cast]))
    plain, toned = converter.render(analysis), converter.render(analysis, tone="auto")
    assert error(toned, true) < 0.85 * error(plain, true)
    r, g, b = toned.report.facts["tone"]["gains"]
    assert (r < g < b) == (cast != "cold")
    assert (b < g < r) == (cast == "cold")


@pytest.mark.parametrize("skin", [25.0, 45.0, 68.0, 85.0, *SKINS])
def test_a_good_photo_keeps_its_bytes(skin, converter, analysed):
    analysis = analysed((skin, 0.0), lambda: photo(skin))
    toned = converter.render(analysis, tone="auto")
    assert toned.data == converter.render(analysis).data
    assert toned.report.facts["tone"]["limited"] == []
    (found,) = (f for f in toned.report.findings if f.code == "tone_corrected")
    assert (found.status, found.native) == ("pass", "unchanged")


@pytest.mark.parametrize("ev", EXPOSURES)
def test_skin_has_no_part_in_the_exposure(ev, analysed, converter):
    """Dark and fair skin, the same light: the same decision within a tenth of a stop."""
    decided = [
        converter.render(analysed((skin, ev), lambda s=skin: photo(s, ev)), tone="auto").report.facts["tone"]["ev"]
        for skin in SKINS
    ]
    assert max(decided) - min(decided) < 0.1


@pytest.mark.parametrize("cast", CASTS)
def test_skin_has_no_part_in_the_white_balance(cast, analysed, converter):
    decided = [
        converter.render(
            analysed((skin, cast), lambda s=skin: tinted(photo(s), CASTS[cast])), tone="auto"
        ).report.facts["tone"]["gains"]
        for skin in SKINS
    ]
    assert np.ptp(decided, axis=0).max() < 0.02


@pytest.mark.parametrize("skin", SKINS)
def test_the_white_measures_the_same_beside_every_skin(skin, analysed, converter):
    """And it follows the photo's exposure."""

    def white(ev):
        analysis = analysed((skin, ev), lambda: photo(skin, ev))
        return np.array(converter.render(analysis, tone="auto").report.facts["tone"]["reference_rgb"])

    middle = analysed((55.0, 0.0), lambda: photo(55.0))
    reference = np.array(converter.render(middle, tone="auto").report.facts["tone"]["reference_rgb"])
    assert white(0.0) == pytest.approx(reference, rel=0.07)
    assert np.log2(white(-1.0) / white(0.0)) == pytest.approx(-1.0, abs=0.1)


@pytest.mark.parametrize("changed", [{"eyes_closed": 1.0}, {"glasses": "dark"}, {"glasses": "glare"}])
def test_without_whites_nothing_is_changed_and_the_report_says_why(changed, converter):
    analysis = converter.analyse(photo(55.0, -0.4, **changed))
    toned = converter.render(analysis, tone="auto")
    assert toned.data == converter.render(analysis).data
    facts = toned.report.facts["tone"]
    assert facts["reference_rgb"] is None
    assert facts["reason"]
    (found,) = (f for f in toned.report.findings if f.code == "tone_corrected")
    assert (found.status, found.reason, found.required) == ("unknown", facts["reason"], False)
    assert toned.report.passed


def test_a_ground_that_was_asked_for_stays_exact(analysed, converter):
    analysis = analysed((55.0, -1.0), lambda: photo(55.0, -1.0))
    for ground, rgb in (("blue", (67, 142, 219)), ("#123456", (0x12, 0x34, 0x56))):
        card = converter.render(analysis, background=ground, tone="auto")
        assert card.report.facts["tone"]["ev"] == 0.5
        assert (card.image[:8, :8] == rgb).all()
        assert (card.image[:8, -8:] == rgb).all()


def test_where_the_ground_is_kept_it_is_toned_with_the_person(analysed, converter):
    analysis = analysed((55.0, -1.0), lambda: photo(55.0, -1.0))
    plain, toned = (converter.render(analysis, background="keep", tone=t).image.astype(int) for t in ("none", "auto"))
    assert (toned >= plain).all()
    assert (toned[:8, :8] > plain[:8, :8]).all()


def test_alpha_is_not_toned(analysed, converter):
    analysis = analysed((55.0, -1.0), lambda: photo(55.0, -1.0))
    plain, toned = (converter.render(analysis, background="transparent", tone=t).image for t in ("none", "auto"))
    assert (plain[..., 3] == toned[..., 3]).all()
    assert (plain[..., :3] != toned[..., :3]).any()


def test_a_finished_card_keeps_its_frame_and_its_ground():
    """What was a card on the spec's ground already: same frame, exact ground, another tone."""
    dark = Converter(checks=False).convert(photo(55.0, -1.0))
    assert not Converter(checks=False).convert(dark.data).report.facts["compose"]["edited"]
    toned = Converter(checks=False, tone="auto").convert(dark.data)
    assert toned.report.facts["frame"]["kept_frame"]
    assert toned.report.facts["compose"] == {"background": "#FFFFFF", "edited": True, "edit_rule": "silent"}
    assert toned.report.facts["tone"]["ev"] > 0
    assert toned.image[:8, :8].min() >= 254
    assert toned.image[:, 120:240].mean() > dark.image[:, 120:240].mean() + 5


@pytest.mark.parametrize("spec", [spec.id for spec in load.listing() if spec.background.edit == "forbidden"])
def test_documents_that_forbid_edits_refuse_before_any_work(spec):
    with pytest.raises(UsageError) as caught:
        Converter(spec, tone="auto")
    assert caught.value.code == "tone_forbidden"
    assert spec in caught.value.message("en")
    assert caught.value.message("zh") != caught.value.message("en")


def test_an_unknown_tone_is_refused():
    with pytest.raises(UsageError) as caught:
        Converter(tone="warm")
    assert (caught.value.code, caught.value.values["option"]) == ("bad_option", "--tone")


@pytest.mark.parametrize(("spec", "status"), [("cn-social-security-card", "warn"), ("cn-1inch", "pass")])
def test_where_the_document_is_silent_a_correction_warns(spec, status):
    card = Converter(spec, checks=False, tone="auto").convert(photo(55.0, -1.0))
    (found,) = (f for f in card.report.findings if f.code == "tone_corrected")
    assert (found.status, found.native, found.scope, found.required) == (status, "exposure", "card", False)
    assert found.values["ev"] == card.report.facts["tone"]["ev"] == 0.5
    assert card.report.facts["tone"]["limited"] == ["exposure"]
    assert card.report.passed
    assert ("tone_corrected" in card.report.to_dict()["repaired"]) == (status == "warn")


def test_without_being_asked_nothing_is_even_measured(monkeypatch):
    monkeypatch.setattr("ephoto.pipeline.toning.sclera", lambda eyes: pytest.fail("measured"))
    card = Converter(checks=False).convert(photo(55.0, -1.0))
    assert "tone" not in card.report.facts
    assert "tone_corrected" not in {f.code for f in card.report.findings}
