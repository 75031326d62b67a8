"""Engines of another package, really installed by pip, from the command line by their names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PORTRAIT = ROOT / "samples" / "portrait.jpg"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder into which pip has installed the package; nothing is fetched for it."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("theirs")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
         "--target", str(folder), str(Path(__file__).with_name("their_package"))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def convert(installed, tmp_path):
    def run(*words):
        path = os.pathsep.join([str(installed), str(ROOT)])
        done = subprocess.run(
            [sys.executable, "-m", "ephoto.cli.app", "convert", str(PORTRAIT), "-o", "card.jpg", "--json", *words],
            cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return done.returncode, json.loads(done.stdout)

    return run


def test_their_engines_make_a_card(convert, tmp_path):
    code, told = convert("--engine", "twice", "--faces", "borrowed")
    assert code == 0
    (card,) = told["cards"]
    assert card["report"]["passed"]
    assert card["report"]["facts"]["matte"]["engine"] == "twice"
    with Image.open(tmp_path / "card.jpg") as written:
        assert written.size == (358, 441)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--engine", "not-a-number"], "engine_nonsense"),
        (["--faces", "half"], "engine_nonsense"),
        (["--engine", "of-yesterday"], "engine_broken"),
    ],
)
def test_their_mistakes_are_told_as_theirs(words, error, convert, tmp_path):
    code, told = convert(*words)
    assert code == 6
    found = told.get("error") or told["cards"][0]["error"]
    assert found["code"] == error
    assert words[1] in found["message"]
    assert not (tmp_path / "card.jpg").exists()


def test_they_are_among_the_known_names(convert):
    code, told = convert("--engine", "nothing")
    assert code == 2
    assert {"selfie", "twice"} <= set(told["error"]["values"]["known"])
