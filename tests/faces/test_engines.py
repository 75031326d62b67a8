"""Face engines by name."""

from __future__ import annotations

import sys

import pytest

from ephoto.core import registry
from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.settings import Settings
from ephoto.faces import engines
from ephoto.faces.embedded import EmbeddedFaces


class Stub:
    """An engine of another package."""

    name = "stub"

    def __init__(self, settings):
        self.settings = settings


class Point:
    """An entry point as importlib.metadata gives it."""

    def __init__(self, name):
        self.name = name

    def load(self):
        return Stub


def test_the_embedded_engine_is_built():
    assert isinstance(engines.build("embedded", Settings()), EmbeddedFaces)


def test_an_unknown_name_is_told_the_known_ones():
    with pytest.raises(UsageError) as caught:
        engines.build("nonsense", Settings())
    assert caught.value.code == "engine_unknown"
    assert caught.value.values["kind"] == "faces"
    assert "embedded" in caught.value.message() + caught.value.hint()


def test_an_engine_without_its_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "mediapipe", None)  # as if it were not there
    monkeypatch.setattr("ephoto.inference.tasks.version", lambda name: "0.10.33")
    with pytest.raises(EnvironmentFault) as caught:
        engines.build("mediapipe", Settings())
    assert caught.value.code == "extra_missing"
    assert "ephoto[" in caught.value.hint()


def test_another_package_may_bring_an_engine(monkeypatch):
    monkeypatch.setattr(registry, "entry_points", lambda group: [Point("stub")] if group == "ephoto.faces" else [])
    settings = Settings(max_pixels=7)
    built = engines.build("stub", settings)
    assert isinstance(built, Stub)
    assert built.settings is settings
    assert engines.known() == ["embedded", "mediapipe", "mediapipe:BUNDLE.task", "stub"]


def test_another_package_cannot_take_an_own_name(monkeypatch):
    monkeypatch.setattr(registry, "entry_points", lambda group: [Point("embedded")])
    assert isinstance(engines.build("embedded", Settings()), EmbeddedFaces)
    assert engines.known().count("embedded") == 1


def test_a_missing_model_is_told_at_once(tmp_path):
    with pytest.raises(EnvironmentFault) as caught:
        engines.build("embedded", Settings(models_dir=tmp_path))
    assert caught.value.code == "model_missing"
