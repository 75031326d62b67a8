"""The two READMEs say the same, and what they say works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.liveness.people import someone

ROOT = Path(__file__).resolve().parents[2]
README, CHINESE = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))
PAGES = (
    "README.md",
    "README.zh.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/report.md",
    "docs/errors.md",
    "docs/tone.md",
    "docs/batch.md",
    "docs/scale.md",
    "docs/sheet.md",
    "docs/providers.md",
    "docs/liveness.md",
    "docs/workflow.md",
    "docs/mappings.md",
    "docs/states.md",
    "docs/privacy.md",
)


def blocks(page, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def headings(page):
    """The levels of all headings, without those inside code."""
    return [
        len(marks) for marks in re.findall(r"^(#+) ", re.sub(r"```.*?```", "", page, flags=re.DOTALL), re.MULTILINE)
    ]


def test_both_languages_have_the_same_headings_code_tables_and_links():
    assert headings(README) == headings(CHINESE)
    assert re.findall(r"```.*?```", README, re.DOTALL) == re.findall(r"```.*?```", CHINESE, re.DOTALL)
    assert README.count("\n| ") == CHINESE.count("\n| ")
    targets = [set(re.findall(r"\]\(([^)]+)\)", page)) - {"README.md", "README.zh.md"} for page in (README, CHINESE)]
    assert targets[0] == targets[1]


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    page = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_options_in_the_readme_exist(capsys):
    """No option of a later version is promised."""
    from ephoto.cli.app import main

    for command in (
        "convert", "batch", "watch", "check", "matte", "sheet", "liveness", "package", "purge", "sandbox",
    ):  # fmt: skip
        assert main([command, "--help"]) == 0
        told = capsys.readouterr().out
        for line in "".join(blocks(README, "sh")).splitlines():
            for option in re.findall(r" (--[a-z-]+)", line) if f"ephoto {command} " in line else ():
                assert re.search(rf"{option}\b(?!-)", told), option


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder as the README's reader has it: two photos, alone, in a folder, in a zip, and in a table, and a clip."""
    here = tmp_path_factory.mktemp("readme")
    shutil.copy(someone(), here / "clip.avi")
    shutil.copy(ROOT / "samples" / "portrait.jpg", here / "photo.jpg")
    shutil.copy(ROOT / "samples" / "short-hair.jpg", here / "other.jpg")
    (here / "photos").mkdir()
    for name in ("photo.jpg", "other.jpg"):
        shutil.copy(here / name, here / "photos" / name)
    shutil.make_archive(str(here / "photos"), "zip", here / "photos")
    rows = ("id,name,photo", "119900198802290011,Li,photos/photo.jpg", "119900199308150026,Wang,photos/other.jpg")
    (here / "people.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return here


def environment():
    clean = {k: v for k, v in os.environ.items() if not k.startswith("EPHOTO_")}
    return clean | {"PYTHONPATH": str(ROOT)}


@pytest.mark.slow
def test_every_command_runs(folder):
    """All lines that begin with ephoto, one after the other in one folder, by a shell."""
    lines = [line for block in blocks(README, "sh") for line in block.splitlines() if line.startswith("ephoto ")]
    assert len(lines) > 10
    run_all(lines, folder)
    assert (folder / "piped.jpg").read_bytes() == (folder / "card.jpg").read_bytes()


@pytest.mark.slow
def test_every_command_of_the_page_on_batches_runs(folder, tmp_path):
    page = (ROOT / "docs" / "batch.md").read_text("utf-8")
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    assert len(lines) > 5
    for name in ("photo.jpg", "other.jpg"):
        shutil.copy(folder / name, tmp_path / name)
    run_all(lines, tmp_path)
    assert {path.name for path in (tmp_path / "cards").glob("*.jpg")} == {"one.jpg", "two.jpg"}


@pytest.mark.slow
def test_every_command_of_the_page_on_sheets_runs(folder, tmp_path):
    page = (ROOT / "docs" / "sheet.md").read_text("utf-8")
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    shutil.copy(folder / "photo.jpg", tmp_path / "photo.jpg")
    cards = ("ephoto convert photo.jpg -o card.jpg", "ephoto convert photo.jpg --spec cn-2inch -o blue.jpg")
    run_all([*cards, *lines], tmp_path)
    assert {path.name for path in tmp_path.glob("*.pdf")} == {"sheet.pdf", "mixed.pdf"}


@pytest.mark.slow
def test_what_the_page_on_liveness_shows_runs(folder, tmp_path):
    page = (ROOT / "docs" / "liveness.md").read_text("utf-8")
    shutil.copy(folder / "clip.avi", tmp_path / "clip.avi")
    run_all([line for block in blocks(page, "sh") for line in block.splitlines()], tmp_path)
    (code,) = blocks(page, "python")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "live ('all_done',)" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"clip.avi", "card.jpg", "live.jpg"}


def run_all(lines, folder):
    """As a shell does, in that folder."""
    program = f'"{sys.executable}" -m ephoto.cli.app'
    for line in lines:
        command = line.replace("ephoto", program, 1) if line.startswith("ephoto ") else line
        done = subprocess.run(
            command, shell=True, cwd=folder, env=environment(), capture_output=True, text=True, check=False,
            encoding="utf-8",
        )  # fmt: skip
        assert done.returncode == 0, (line, done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("code", blocks(README, "python"), ids=["one", "many", "render", "matte"])
def test_every_python_block_runs(code, folder, tmp_path):
    for name in ("photo.jpg", "other.jpg"):
        shutil.copy(folder / name, tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
