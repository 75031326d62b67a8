"""The ground that was asked for is the ground that comes out, to the value, through every door."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ephoto.core.errors import UsageError
from ephoto.pipeline.converter import Converter
from ephoto.specs import load
from samples.render import Portrait, cached

GROUNDS = {"white": (255, 255, 255), "blue": (67, 142, 219), "red": (255, 0, 0), "#123456": (0x12, 0x34, 0x56)}


@pytest.fixture(scope="module")
def pixels():
    return cached(Portrait(size_wh=(420, 560), seed=5, background="cluttered")).image


@pytest.fixture(scope="module")
def lossless():
    """A PNG spec, so that the values can be compared exactly."""
    return load.adhoc("26x32mm", dpi=350, format="PNG")


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("door", ["array", "bytes", "pillow", "path"])
def test_solid_ground_is_exact(ground, door, pixels, lossless, tmp_path):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    (tmp_path / "p.png").write_bytes(out.getvalue())
    photo = {
        "array": pixels,
        "bytes": out.getvalue(),
        "pillow": Image.fromarray(pixels),
        "path": tmp_path / "p.png",
    }[door]
    card = Converter(lossless, background=ground).convert(photo).image
    assert card.shape[2] == 3
    for corner in (card[:8, :8], card[:8, -8:]):
        assert (corner == GROUNDS[ground]).all()


def test_gradient_runs_from_top_to_bottom(pixels, lossless):
    card = Converter(lossless, background="#FFFFFF:#000000").convert(pixels).image
    edge = card[:, 0].astype(int).mean(1)
    assert edge[0] >= 254
    assert (np.diff(edge[: len(edge) // 2]) <= 0).all()


def test_transparent_card_has_straight_alpha(pixels, lossless):
    card = Converter(lossless, background="transparent").convert(pixels).image
    assert card.shape[2] == 4
    assert card[:8, :8, 3].max() == 0
    assert card[-20:, 170:190, 3].min() == 255


def test_keep_changes_no_pixel_but_by_resampling(pixels, lossless):
    """With the ground kept, a photo that is the card already comes out as it went in."""
    card = Converter(lossless, background="white").convert(pixels).image
    again = Converter(lossless, background="keep").convert(card)
    assert again.report.facts["frame"]["kept_frame"]
    assert np.array_equal(again.image, card)


@pytest.mark.parametrize(
    ("spec", "background", "code"),
    [
        ("us-visa", "white", "background_forbidden"),
        ("schengen", "blue", "background_forbidden"),
        ("cn-social-security-card", "transparent", "alpha_needs_png"),
        ("cn-social-security-card", "mauve-ish", "bad_option"),
    ],
)
def test_impossible_grounds_are_refused_before_any_work(spec, background, code):
    with pytest.raises(UsageError) as caught:
        Converter(spec, background=background)
    assert caught.value.code == code


def test_documents_that_forbid_edits_keep_their_ground(pixels):
    card = Converter("us-visa").convert(pixels)
    assert card.report.facts["compose"] == {"background": "keep", "edited": False, "edit_rule": "forbidden"}


def test_old_ground_does_not_bleed_into_hair(lossless):
    """A head on saturated green, set on white: nothing in the band leans green."""
    shot = cached(Portrait(size_wh=(480, 640), hair="strands", background_colour=(0, 190, 60), seed=11, noise=0.5))
    card = Converter(lossless, background="white").convert(shot.image).image.astype(int)
    lean = card[..., 1] - card[..., [0, 2]].max(2)
    assert np.percentile(lean, 99.9) < 26
