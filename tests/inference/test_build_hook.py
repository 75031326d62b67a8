"""The build hook: a wheel holds every model, an editable one none; without models a build ends with one sentence."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import types
from pathlib import Path
from typing import Generic, TypeVar

import pytest

from ephoto.core.settings import Settings
from ephoto.inference import weights

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("hatch_build.py", "pyproject.toml", "README.md", "LICENSE", "NOTICE", "models/manifest.toml")
MODELS = sorted(m.file for m in weights.manifest().models)
T = TypeVar("T")


class Interface(Generic[T]):
    """What the hook uses of hatchling's own class, which is there only while a wheel is being built."""

    def __init__(self, root):
        self.root = str(root)
        self.app = types.SimpleNamespace(display_info=lambda _: None)


@pytest.fixture
def hook(tmp_path, monkeypatch):
    """The hook on a checkout that has no models yet."""
    name = "hatchling.builders.hooks.plugin.interface"
    module = types.ModuleType(name)
    module.BuildHookInterface = Interface
    monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "ephoto_fetch", None)
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    checkout(tmp_path)
    return loaded.ModelsHook(tmp_path)


@pytest.fixture
def no_index(monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture(scope="module")
def models_folder():
    return weights.find(MODELS[0], Settings()).parent


def checkout(folder):
    """A copy of what a wheel is built from."""
    shutil.copytree(ROOT / "ephoto", folder / "ephoto", ignore=shutil.ignore_patterns("__pycache__", "models"))
    for part in PARTS:
        (folder / part).parent.mkdir(exist_ok=True)
        if (ROOT / part).exists():
            shutil.copy(ROOT / part, folder / part)


def run(hook, version):
    build_data = {"force_include": {}}
    hook.initialize(version, build_data)
    return {target: Path(source) for source, target in build_data["force_include"].items()}


def test_models_in_the_checkout_are_packed(hook, models_folder, tmp_path, no_index):
    for name in MODELS:
        shutil.copy(models_folder / name, tmp_path / "models" / name)
    packed = run(hook, "standard")
    assert packed == {f"ephoto/models/{name}": tmp_path / "models" / name for name in ["manifest.toml", *MODELS]}


def test_the_folder_that_the_environment_names_serves_a_machine_without_an_index(
    hook, models_folder, monkeypatch, tmp_path, no_index
):
    monkeypatch.setenv("EPHOTO_MODELS", str(models_folder))
    packed = run(hook, "standard")
    assert packed.pop("ephoto/models/manifest.toml") == tmp_path / "models" / "manifest.toml"
    assert packed == {f"ephoto/models/{name}": models_folder / name for name in MODELS}


def test_an_editable_wheel_finds_them_in_the_checkout(hook, models_folder, tmp_path, no_index):
    for name in MODELS:
        shutil.copy(models_folder / name, tmp_path / "models" / name)
    assert run(hook, "editable") == {}


def test_without_models_and_index_the_build_says_what_to_do(hook, tmp_path, no_index):
    with pytest.raises(SystemExit, match=r"mediapipe==.*Check the package index.*EPHOTO_MODELS"):
        run(hook, "standard")
    assert list((tmp_path / "models").iterdir()) == [tmp_path / "models" / "manifest.toml"]
