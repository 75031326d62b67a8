"""What docs/workflow.md, privacy.md and mappings.md show works, against counterparts that run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path

import pytest

from ephoto.workflow.masks import mask_card, mask_id, mask_mobile, mask_name
from tests.house.test_readme import ROOT, blocks, environment, run_all
from tests.workflow.databases import free_port

PAGE, PRIVACY = ((ROOT / "docs" / name).read_text("utf-8") for name in ("workflow.md", "privacy.md"))
WAIT_S = 60
needs_sftp = pytest.mark.skipif(shutil.which("sftp") is None, reason="there is no sftp (Debian: openssh-client)")


def sh(number):
    """The lines of one of the page's blocks of commands."""
    return blocks(PAGE, "sh")[number].splitlines()


@contextmanager
def counters(folder, port):
    """The sandbox that the page starts first, on a free port."""
    (line,) = [line for block in blocks(PAGE, "text") for line in block.splitlines() if "ephoto sandbox" in line]
    command = [sys.executable, "-m", "ephoto.cli.app", *line.replace("8731", str(port)).split()[1:]]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as program:
        try:
            assert "ready" in program.stdout.readline()
            # What else it says is read, so that it never waits for a reader.
            threading.Thread(target=program.stdout.read, daemon=True).start()
            yield
        finally:
            program.terminate()


@pytest.fixture
def here(tmp_path):
    shutil.copy(ROOT / "samples" / "portrait.jpg", tmp_path / "photo.jpg")
    return tmp_path


def run_python(code, folder):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment(), capture_output=True, text=True, check=False,
        encoding="utf-8",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def ephoto_says(folder, *words):
    return subprocess.run(
        [sys.executable, "-m", "ephoto.cli.app", *words], cwd=folder, env=environment(), capture_output=True, text=True,
        check=True, encoding="utf-8",
    ).stdout  # fmt: skip


def wait_for(path, pattern, count):
    end = time.monotonic() + WAIT_S
    while len(list(path.glob(pattern))) < count:
        assert time.monotonic() < end, pattern
        time.sleep(0.1)


@pytest.mark.slow
@needs_sftp
def test_the_one_command_goes_the_whole_road(tmp_path):
    (line,) = [line for line in sh(0) if line.startswith("ephoto ")]
    (tmp_path / "samples").mkdir()
    shutil.copy(ROOT / "samples" / "portrait.jpg", tmp_path / "samples")
    run_all([line], tmp_path)
    assert (tmp_path / "play" / "office.sqlite").is_file()


@pytest.mark.slow
@needs_sftp
@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_every_step_leads_to_an_enabled_card(here):
    port = free_port()
    person, office, *_ = blocks(PAGE, "toml")
    with counters(here, port):
        folder = here / "counters"
        shutil.copy(here / "photo.jpg", folder)
        (folder / "person.toml").write_text(person, "utf-8")
        assert tomllib.loads(office) == tomllib.loads((folder / "office.toml").read_text("utf-8"))
        for line in sh(1):
            run_all([line.replace("8731", str(port))], folder)
            if "--send" in line:
                wait_for(folder / "bureau" / "out", "*.json.ok", 1)
        told = ephoto_says(folder, "cards", "show", "APP-2026-0001")
        assert "received" in told
        assert "in_use; on: financial, social_security, transport" in told
        run_all(sh(2), folder)
        (folder / "again.toml").write_text(blocks(PAGE, "toml")[2], "utf-8")
        for line in sh(4):
            run_all([line], folder)
            if "--instant" in line:
                wait_for(folder / "printer" / "done", "*/result.json", 1)
        told = ephoto_says(folder, "cards", "show", "APP-2026-0001")
        assert "replaced; on:" in told


@pytest.mark.slow
def test_a_batch_is_packed_without_an_office(here):
    rows = ("id,name,photo", "119900198802290011,测试甲,photo.jpg")
    (here / "people.csv").write_text("\n".join(rows) + "\n", "utf-8")
    run_all(sh(3), here)
    assert (here / "drop.zip").is_file()


@pytest.mark.slow
def test_the_office_in_python_runs(here):
    (code,) = blocks(PAGE, "python")
    told = run_python(code, here)
    assert "photo_accepted 测** 119900********0011" in told
    assert "block wf.pledge_required /pledge_accepted_at 未勾选本人郑重承诺。" in told
    assert told.endswith("parked duplicate\n")


def test_the_count_of_pictures_runs(tmp_path):
    (code,) = blocks(PRIVACY, "python")
    assert run_python(code, tmp_path) == "0 0\n"


def test_masks_are_as_the_page_shows_them():
    shown = (
        (mask_id, "110101199003071234"),
        (mask_mobile, "13800138000"),
        (mask_name, "张三"),
        (mask_card, "T00000001"),
    )
    for mask, text in shown:
        assert f"| `{mask(text)}` | `{mask(text, strict=True)}` |" in PRIVACY, mask.__name__


def test_every_command_of_the_workflow_is_told_of():
    from ephoto.cli import adapters, apply, cards

    for group, name in ((apply.app, "apply"), (cards.app, "cards"), (adapters.app, "adapters")):
        for command in group.registered_commands:
            assert f"{name} {command.name or command.callback.__name__}" in PAGE


def test_every_key_of_the_office_file_is_told_of():
    office = tomllib.loads((Path(ROOT) / "ephoto/sandbox/templates/office.toml").read_text("utf-8"))
    told = tomllib.loads(blocks(PAGE, "toml")[1])
    assert told.keys() == office.keys()


def test_the_pair_of_keys_is_made(tmp_path):
    (code,) = blocks((ROOT / "docs" / "mappings.md").read_text("utf-8"), "python")
    (tmp_path / "keys").mkdir()
    assert run_python(code, tmp_path) == ""
    assert {path.name for path in (tmp_path / "keys").iterdir()} == {"office.pem", "office.pub.pem"}
