"""Engines by name, and the embedded one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from ephoto.core import registry
from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.settings import Settings
from ephoto.matting import engines
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


@pytest.mark.parametrize(("name", "extra"), [("mediapipe", "mediapipe"), ("rembg:u2net", "rembg")])
def test_engines_of_extras_say_what_to_install(name, extra):
    with pytest.raises(EnvironmentFault) as caught:
        engines.build(name, Settings())
    assert caught.value.code == "extra_missing"
    assert f"ephoto[{extra}]" in caught.value.hint()


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
