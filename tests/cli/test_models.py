"""`ephoto models`."""

from __future__ import annotations

import pytest

from ephoto.core.settings import Settings
from ephoto.inference import weights


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A folder with all models, named by EPHOTO_MODELS."""
    folder = tmp_path / "models"
    folder.mkdir()
    for model in weights.manifest().models:
        source = weights.find(model.name, Settings())
        (folder / model.file).write_bytes(source.read_bytes())
    monkeypatch.setenv("EPHOTO_MODELS", str(folder))
    return folder


def test_list_shows_every_model_and_its_state(run, copied):
    (copied / "iris_landmark.tflite").unlink()
    (copied / "face_landmark.tflite").write_bytes(b"not it")
    lines = {line.split()[0]: line for line in run("models", "list").text.splitlines()}
    assert "right" in lines["selfie_segmentation"]
    assert "missing" in lines["iris_landmark"]
    assert "WRONG HASH" in lines["face_landmark"]


def test_list_as_json(run, copied):
    rows = run("models", "list", "--json").json["models"]
    assert all(row["right"] and row["place"].startswith(str(copied)) for row in rows)


def test_verify_is_content_with_all_models(run, copied):
    assert run("models", "verify").code == 0
    assert len(run("models", "verify", "--json").json["verified"]) == len(weights.manifest().models)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        pytest.param(lambda path: path.unlink(), "model_missing", id="missing"),
        pytest.param(lambda path: path.write_bytes(b"x"), "model_corrupt", id="corrupt"),
    ],
)
def test_verify_tells_what_is_wrong(spoil, code, run, copied):
    spoil(copied / "face_landmark.tflite")
    ended = run("models", "verify")
    assert ended.code == 6
    assert f"[{code}]" in ended.err
    assert "face_landmark.tflite" in ended.err


def test_fetch_does_nothing_where_all_are_right(run, copied):
    ended = run("models", "fetch")
    assert ended.code == 0
    assert "All models are there" in ended.text


def test_fetch_that_fails_says_what_to_do(run, tmp_path, monkeypatch):
    """pip without an index: a typed error, nothing half written."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    ended = run("models", "fetch", "--to", tmp_path / "here")
    assert ended.code == 6
    assert "[model_fetch_failed]" in ended.err
    assert not list((tmp_path / "here").glob("*.tflite"))
