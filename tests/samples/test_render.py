"""The front door: the command line, the committed samples."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from samples.make import SAMPLES
from samples.make import main as make
from samples.render import main

ROOT = Path(__file__).resolve().parents[2]


def test_options_reach_the_portrait(tmp_path: Path) -> None:
    out, facts = tmp_path / "a.png", tmp_path / "a.json"
    options = "--size 90x120 --hair none --yaw 12 --eyes-closed 0,1 --background-colour 10,200,30 --noise 0"
    assert main([str(out), "--truth", str(facts), *options.split()]) == 0
    picture = np.asarray(Image.open(out))
    assert picture.shape == (120, 90, 3)
    assert picture[0, 0].tolist() == [10, 200, 30]
    truth = json.loads(facts.read_text(encoding="utf-8"))
    assert truth["yaw_deg"] == 12
    assert truth["lid_gap_px"][1] < 0.2 < truth["lid_gap_px"][0]


def test_proportions_and_alpha_from_the_command_line(tmp_path: Path) -> None:
    out, alpha = tmp_path / "a.png", tmp_path / "alpha.png"
    options = "--size 60x80 --hair none --proportions face_width=1.1,jaw_width=0.9"
    assert main([str(out), "--alpha", str(alpha), *options.split()]) == 0
    assert np.asarray(Image.open(alpha)).max() == 255


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    out = tmp_path / "a.jpg"
    command = [sys.executable, str(ROOT / "samples" / "render.py"), str(out), "--size", "60x80", "--hair", "none"]
    subprocess.run(command, check=True, cwd=tmp_path)
    with Image.open(out) as image:
        assert image.size == (60, 80)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_committed_samples_are_small_and_clean(name: str) -> None:
    path = ROOT / "samples" / name
    with Image.open(path) as image:
        assert image.size == SAMPLES[name].size_wh
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert not len(image.getexif())
    assert path.stat().st_size < 250_000


def test_make_writes_what_was_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert make(["id-blue.jpg", "--folder", str(tmp_path)]) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["id-blue.jpg"]
    assert "id-blue.jpg" in capsys.readouterr().out


def test_make_refuses_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        make(["nobody.jpg", "--folder", str(tmp_path)])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_committed_samples_are_what_the_renderer_draws(name: str, tmp_path: Path) -> None:
    """Within JPEG's error: the files and the code do not drift apart."""
    make([name, "--folder", str(tmp_path)])
    fresh, kept = (np.asarray(Image.open(folder / name)).astype(int) for folder in (tmp_path, ROOT / "samples"))
    assert np.abs(fresh - kept).mean() < 1.5
