"""The matting benchmark's own set and scores: what is proven by it stands on these."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.matting.scenes import grounds, heads, person, scene
from benchmarks.matting.scores import SOFT, band_of, score
from benchmarks.matting.setting import frames_of, setting_of
from ephoto.pipeline.converter import Converter


def test_there_are_heads_of_every_kind_and_twenty_grounds():
    for which in ("tuning", "proof"):
        portraits = [head.portrait for head in heads(which)]
        assert {p.hair for p in portraits} >= {"short", "long", "strands", "tall", "none"}
        assert any(p.glasses != "none" for p in portraits)
        assert any(min(p.clothes_colour) > 230 for p in portraits)
    assert len(grounds()) >= 20
    assert {g.kind for g in grounds()} == {"plain", "gradient", "office", "foliage", "cluttered"}
    assert any(g.colour == "hair" for g in grounds())


def test_no_head_that_was_tuned_on_is_reported():
    tuning, proof = ({head.portrait.seed for head in heads(which)} for which in ("tuning", "proof"))
    assert not tuning & proof


@pytest.mark.slow
@pytest.mark.parametrize("which", ["tuning", "proof"])
def test_a_third_of_the_strand_pixels_is_truly_half_transparent(which):
    converter = Converter(checks=False)
    for head in heads(which):
        if head.portrait.hair == "strands":
            rendered = person(head)
            setting = setting_of(scene(head, rendered, grounds()[0]), frames_of(rendered.image, converter))
            soft = (setting.alpha > SOFT[0]) & (setting.alpha < SOFT[1])
            assert ((setting.alpha > 0.2) & (setting.alpha < 0.8)).sum() > soft.sum() / 3


@pytest.fixture(scope="module")
def disc():
    y, x = np.mgrid[:90, :80]
    alpha = np.clip((30 - np.hypot(x - 40, y - 45)) / 4 + 0.5, 0, 1).astype(np.float32)
    return alpha, alpha[..., None] * np.float32((80, 60, 50))


def test_the_truth_has_no_error(disc):
    found = score(*disc, *disc)
    assert (found.mse, found.sad, found.gradient, found.connectivity, found.halo, found.off) == (0,) * 6


def test_each_error_sees_its_own_fault(disc):
    alpha, premultiplied = disc
    blurred = np.clip(alpha * 0.8 + 0.1, 0, 1)
    assert score(blurred, premultiplied, *disc).gradient > 0
    assert score(blurred, premultiplied, *disc).mse == pytest.approx(
        1000 * np.square(blurred - alpha)[band_of(alpha)].mean(), rel=1e-4
    )
    island = alpha.copy()
    island[2:6, 2:6] = 1
    assert score(island, premultiplied, *disc).off > 0
    assert score(alpha, premultiplied + 40 * alpha[..., None], *disc).halo > 2
    torn = np.where(np.abs(np.arange(80) - 40)[None] < 2, np.float32(0), alpha)
    assert score(torn, premultiplied, *disc).connectivity > score(alpha, premultiplied, *disc).connectivity
