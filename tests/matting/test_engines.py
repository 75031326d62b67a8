"""Engines by name, and the embedded one."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from ephoto.core import registry
from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.settings import Settings
from ephoto.matting import engines
from ephoto.matting.rembg_session import sessions
from ephoto.matting.segmenter import person_of
from samples.render import Portrait, cached


@pytest.fixture(scope="module")
def selfie():
    return engines.build("selfie", Settings())


@pytest.fixture(scope="module")
def portrait():
    return cached(Portrait(size_wh=(300, 400), head=0.5))


def test_selfie_finds_the_person(selfie, portrait):
    mask = selfie.person(portrait.image)
    assert mask.shape == portrait.alpha.shape
    assert mask.dtype == np.float32
    assert 0 <= mask.min() <= mask.max() <= 1
    assert np.abs(mask - portrait.alpha).mean() < 0.03


def test_coarse_is_the_networks_own_size_and_person_its_enlargement(selfie, portrait):
    assert selfie.coarse(portrait.image).shape == (256, 256)
    square = portrait.image[:256, :256].copy()
    assert (selfie.person(square) == selfie.coarse(square)).all()


@pytest.mark.parametrize("size_hw", [(1, 1), (40, 700), (256, 256)])
def test_any_size_comes_back_at_its_size(selfie, size_hw):
    assert selfie.person(np.full((*size_hw, 3), 90, np.uint8)).shape == size_hw


def test_results_are_the_callers_own(selfie, portrait):
    """A later call does not write into an earlier result."""
    first = selfie.coarse(portrait.image)
    kept = first.copy()
    selfie.coarse(portrait.image[::-1].copy())
    assert (first == kept).all()


def test_threads_share_one_engine(selfie, portrait):
    views = [np.ascontiguousarray(np.roll(portrait.image, n * 7, axis=1)) for n in range(6)]
    alone = [selfie.coarse(v) for v in views]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(selfie.coarse, views * 3))
    for n, mask in enumerate(together):
        assert (mask == alone[n % len(views)]).all()


@pytest.mark.parametrize("name", ["", "Selfie", "u2net", "rembg", "rembg:", "nothing"])
def test_unknown_names_list_the_known_ones(name):
    with pytest.raises(UsageError) as caught:
        engines.build(name, Settings())
    assert caught.value.code == "engine_unknown"
    assert caught.value.values["kind"] == "matte"
    assert {"selfie", "mediapipe", "rembg:NAME"} <= set(caught.value.values["known"])


@pytest.mark.parametrize(
    ("name", "extra"),
    [("mediapipe", "mediapipe"), ("rembg:u2net", "rembg"), ("rembg:some/model.onnx", "rembg")],
)
def test_engines_of_extras_say_what_to_install(name, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, extra, None)  # as if it were not there
    monkeypatch.setattr("ephoto.inference.tasks.version", lambda name: "0.10.33")
    monkeypatch.setattr("ephoto.inference.onnx.packages_distributions", dict)
    with pytest.raises(EnvironmentFault) as caught:
        engines.build(name, Settings())
    assert caught.value.code == "extra_missing"
    assert f"ephoto[{extra}]" in caught.value.hint()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("withoutbg", "uploads"), ("atlascloud", "uploads"), ("bria-rmbg", "commercial"), ("u2net_custom", "FILE.onnx")],
)
def test_sessions_of_rembg_that_must_not_run_are_refused_with_their_reason(name, reason):
    """With or without rembg installed."""
    with pytest.raises(UsageError) as caught:
        engines.build(f"rembg:{name}", Settings())
    assert caught.value.code == "engine_refused"
    assert reason in caught.value.message()
    assert "rembg:u2net_human_seg" in caught.value.hint()
    assert re.search("[a-z]{4,} [a-z]{4,}", caught.value.message("zh")) is None


@pytest.mark.parametrize("name", ["u2", "U2NET", "withoutbg ", "../u2net", "birefnet"])
def test_no_name_is_passed_through_to_rembg(name):
    with pytest.raises(UsageError) as caught:
        engines.build(f"rembg:{name}", Settings())
    assert caught.value.code == "engine_unknown"
    assert "rembg:u2net" in caught.value.values["known"]


@pytest.mark.parametrize(
    ("installed", "told"), [("1.29.0", True), ("1.32.0", True), ("2.0.0", True), ("1.28.0", False)]
)
def test_a_runtime_that_reports_to_its_maker_is_refused_before_it_is_imported(installed, told, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # an import would fail
    monkeypatch.setattr("ephoto.inference.onnx.packages_distributions", lambda: {"onnxruntime": ["onnxruntime-gpu"]})
    monkeypatch.setattr("ephoto.inference.onnx.version", lambda name: installed)
    with pytest.raises(EnvironmentFault) as caught:
        engines.build("rembg:u2netp", Settings())
    assert caught.value.code == ("extra_version" if told else "extra_missing")
    if told:
        assert "'onnxruntime-gpu<1.29'" in caught.value.hint()


def test_every_session_that_may_run_has_a_licence_that_lets_cards_be_sold():
    assert {entry.licence for entry in sessions().values()} <= {"Apache-2.0", "MIT"}
    assert {"u2net", "u2net_human_seg", "birefnet-portrait"} <= set(sessions())


@pytest.mark.parametrize(("masks", "expected"), [([0.25], 0.25), ([0.25, 0.75], 0.75), ([0.25] + [0.15] * 5, 0.75)])
def test_the_person_is_the_only_mask_or_all_but_the_background(masks, expected):
    mask = person_of([np.full((2, 3), value, np.float32) for value in masks])
    assert mask.dtype == np.float32
    assert np.allclose(mask, expected)


def test_a_segmenter_of_many_things_is_refused():
    with pytest.raises(ValueError, match="21"):
        person_of([np.zeros((2, 3), np.float32)] * 21)


class Everything:
    """A third party's engine: everybody is everywhere."""

    name, view = "everything", "photo"

    def __init__(self, settings):
        self.settings = settings

    def person(self, pixels):
        return np.ones(pixels.shape[:2], np.float32)


def test_another_packages_engine_is_found_by_its_entry_point(monkeypatch):
    point = EntryPoint("everything", f"{__name__}:Everything", engines.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda self: Everything)
    monkeypatch.setattr(registry, "entry_points", lambda group: (point,) if group == engines.GROUP else ())
    settings = Settings()
    engine = engines.build("everything", settings)
    assert engine.settings is settings
    assert engine.person(np.zeros((2, 3, 3), np.uint8)).all()
    assert engines.known()[-1] == "everything"
