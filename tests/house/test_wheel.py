"""What is packed: the wheel holds the models, the sdist does not and makes the same wheel. No network is needed."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from ephoto import __version__
from ephoto.inference import weights

ROOT = Path(__file__).resolve().parents[2]


def build(folder, target, out):
    pytest.importorskip("hatchling")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)], cwd=folder, capture_output=True,
        text=True, check=False, env=os.environ | {"EPHOTO_MODELS": str(ROOT / "models"), "PIP_NO_INDEX": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (made,) = out.glob("*.tar.gz" if target == "sdist" else "*.whl")
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    """Made from the unpacked sdist, as an installer would."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return build(source, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.mark.slow
def test_the_sdist_holds_no_weights(sdist):
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
    assert not [n for n in names if n.endswith(".tflite")]
    for wanted in ("models/manifest.toml", "hatch_build.py", "README.md", "LICENSE", "NOTICE", "ephoto/__init__.py"):
        assert f"ephoto-{__version__}/{wanted}" in names


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_every_model(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        packed = {n: archive.getinfo(n).file_size for n in names}
        points = archive.read(f"ephoto-{__version__}.dist-info/entry_points.txt").decode()
    for model in weights.manifest().models:
        assert packed[f"ephoto/models/{model.file}"] == model.bytes
    assert "ephoto/models/manifest.toml" in names
    data = {
        p.relative_to(ROOT).as_posix() for p in (ROOT / "ephoto").rglob("*") if p.suffix in (".toml", ".typed", ".py")
    }
    assert data <= names
    assert not [n for n in names if n.startswith(("tests/", "samples/", "benchmarks/"))]
    assert "ephoto = ephoto.cli.app:main" in points
    assert sum(packed.values()) < 8_000_000


@pytest.mark.slow
def test_the_wheel_carries_licence_and_notice(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {"LICENSE", "NOTICE"} <= {n.rsplit("/", 1)[-1] for n in names if ".dist-info/licenses/" in n}
