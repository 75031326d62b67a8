"""Where models are looked for, and what is said when one is missing, wrong or unknown."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.settings import Settings
from ephoto.inference import weights

NAME = "face_landmark"


@pytest.fixture
def folder(tmp_path):
    """A folder with one right model, as EPHOTO_MODELS may name it."""
    shutil.copy(weights.find(NAME, Settings()), tmp_path)
    return tmp_path


@pytest.mark.parametrize("model", weights.manifest().models, ids=lambda m: m.name)
def test_every_model_of_the_manifest_is_there_and_right(model):
    path = weights.find(model.name, Settings())
    assert path.name == model.file
    assert path.stat().st_size == model.bytes
    assert weights.find(model.file, Settings()) == path  # by its file name too


def test_an_unknown_model_is_told_the_known_ones():
    with pytest.raises(UsageError) as caught:
        weights.find("nonsense", Settings())
    assert caught.value.code == "model_unknown"
    assert NAME in caught.value.message() + caught.value.hint()


def test_the_folder_of_the_settings_comes_first(folder):
    assert weights.find(NAME, Settings(models_dir=folder)).parent == folder


def test_the_environment_names_the_folder(folder):
    settings = Settings.from_env({"EPHOTO_MODELS": str(folder)})
    assert weights.find(NAME, settings).parent == folder


def test_a_named_folder_is_the_only_one(folder):
    """A machine's administrator who names a folder does not get a model from elsewhere."""
    with pytest.raises(EnvironmentFault) as caught:
        weights.find("iris_landmark", Settings(models_dir=folder))
    assert caught.value.code == "model_missing"
    assert caught.value.values["places"] == [str(folder)]
    assert "iris_landmark.tflite" in caught.value.message()


@pytest.mark.parametrize("spoil", ["flip", "cut", "empty", "longer"])
def test_a_spoilt_model_is_corrupt(spoil, folder):
    path = folder / f"{NAME}.tflite"
    data = bytearray(path.read_bytes())
    if spoil == "flip":
        data[1000] ^= 1
    path.write_bytes({"flip": data, "cut": data[:-1], "empty": b"", "longer": data + b"0"}[spoil])
    with pytest.raises(EnvironmentFault) as caught:
        weights.find(NAME, Settings(models_dir=folder))
    assert caught.value.code == "model_corrupt"
    assert path.name in caught.value.message()


def test_a_model_that_is_spoilt_later_is_seen(folder):
    settings = Settings(models_dir=folder)
    path = weights.find(NAME, settings)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(EnvironmentFault):
        weights.find(NAME, settings)


def test_verify_passes_here_and_fails_where_one_is_missing(folder):
    weights.verify(Settings())
    with pytest.raises(EnvironmentFault):
        weights.verify(Settings(models_dir=folder))


def test_the_listing_tells_where_each_model_is(folder):
    rows = {row["name"]: row for row in weights.listing(Settings(models_dir=folder))}
    assert set(rows) == {m.name for m in weights.manifest().models}
    assert rows[NAME]["right"] is True
    assert Path(rows[NAME]["place"]).parent == folder
    assert rows["iris_landmark"]["place"] is None
    assert rows["iris_landmark"]["right"] is False


def test_the_listing_shows_a_spoilt_model_as_wrong(folder):
    (folder / f"{NAME}.tflite").write_bytes(b"no model")
    rows = {row["name"]: row for row in weights.listing(Settings(models_dir=folder))}
    assert rows[NAME]["place"] is not None
    assert rows[NAME]["right"] is False


def test_no_address_stands_in_the_manifest():
    text = "".join(f"{m}" for m in weights.manifest().models) + str(weights.manifest().wheel)
    assert "://" not in text


def test_a_model_that_may_not_be_read_is_a_typed_error(folder, monkeypatch):
    """The super-user may read everything, so the refusal is put where the file is read."""

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(weights, "sha256_of", refuse)
    with pytest.raises(EnvironmentFault) as caught:
        weights.find(NAME, Settings(models_dir=folder))
    assert caught.value.code == "model_unreadable"
    assert "Permission denied" in caught.value.message()
