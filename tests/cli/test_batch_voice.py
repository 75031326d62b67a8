"""What a batch says while it works, and that nothing of a photo is in it."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from itertools import pairwise

import pytest

from tests.cli.conftest import ROOT
from tests.cli.test_batch import ID, MARK, photos, silent, table

__all__ = ["photos"]


def progress_lines(err):
    return [
        told
        for line in err.splitlines()
        if line.startswith("{")
        for told in [json.loads(line)]
        if "progress" in told["schema"]
    ]


def test_progress_is_a_line_a_second_and_one_at_the_end(process, photos, tmp_path, portrait_bytes):
    for n in range(12):
        (photos / f"{MARK}{n}.jpg").write_bytes(portrait_bytes)
    lines = progress_lines(silent(process("batch", photos, tmp_path / "out", "--workers", 1)).err)
    assert len(lines) >= 2
    times = [line["seconds"] for line in lines]
    assert all(b - a >= 0.9 for a, b in pairwise(times[:-1]))
    assert (lines[-1]["done"], lines[-1]["failed"], lines[-1]["left"], lines[-1]["in_hand"]) == (13, 1, 0, 0)
    assert lines[-1]["per_second"] > 0
    assert len({tuple(line[k] for k in ("done", "failed", "in_hand", "left")) for line in lines[-2:]}) == 2


def on_terminal(words, cwd, until=None):
    """Run on a terminal of its own; gives (exit code, all that was drawn)."""
    import pty

    main, side = pty.openpty()
    env = {k: v for k, v in os.environ.items() if not k.startswith("EPHOTO_")} | {
        "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", "COLUMNS": "100",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "ephoto.cli.app", *map(str, words)],
        stdin=side,
        stdout=side,
        stderr=side,
        cwd=cwd,
        env=env,
    )
    os.close(side)
    drawn = b""
    while True:
        if not select.select([main], [], [], 60)[0]:
            process.kill()
            break
        try:
            block = os.read(main, 65536)
        except OSError:  # as Linux says that the other side is closed
            break
        if not block:
            break
        drawn += block
        if until is not None and until in drawn:
            process.send_signal(signal.SIGINT)
            until = None
    os.close(main)
    return process.wait(), drawn.decode("utf-8", "replace")


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")
def test_a_terminal_has_a_bar(photos, tmp_path, portrait_bytes):
    for n in range(6):
        (photos / f"{MARK}{n}.jpg").write_bytes(portrait_bytes)
    code, drawn = on_terminal(["batch", photos, tmp_path / "out", "--workers", 1], tmp_path)
    assert code == 1
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn)
    assert "8/8" in plain
    assert re.search(r"\d\.\d/s", plain)
    assert re.search(r"\d:\d\d:\d\d", plain)  # what is left
    assert "done 7, failed 1" in plain
    assert "ephoto.batch.progress" not in plain
    assert "7 of 8 photos have their card." in plain
    assert MARK not in drawn
    assert drawn.rindex("\x1b[?25h") > drawn.rindex("\x1b[?25l")  # the cursor is there again


@pytest.mark.skipif(sys.platform == "win32", reason="no such terminals")
def test_ctrl_c_on_a_terminal(photos, tmp_path, portrait_bytes):
    for n in range(30):
        (photos / f"{MARK}{n}.jpg").write_bytes(portrait_bytes)
    words = ["batch", photos, tmp_path / "out", "--workers", 1]
    code, drawn = on_terminal(words, tmp_path, until=b"done 1")
    assert code == 130
    assert "--resume" in drawn
    assert MARK not in drawn
    assert "\x1b[?25h" in drawn
    assert 0 < len(list((tmp_path / "out").rglob("*.jpg"))) < 31


# ---- nothing of a photo is printed, whatever happens


@pytest.mark.parametrize(
    "more", [[], ["--json"], ["--strict"], ["--on-fail", "stop"], ["--on-fail", "quarantine", "--lang", "zh"]]
)
def test_no_names_in_any_mode(more, run, photos, tmp_path):
    (photos / f"{MARK}-gone.jpg").symlink_to("nowhere")
    (photos / f"{MARK}\n.jpg").write_bytes(b"1")
    os.mkfifo(photos / f"{MARK}-pipe.jpg")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / f"{MARK}-bad.jpg").write_bytes(b"theirs")
    ended = silent(run("batch", photos, tmp_path / "out", "--workers", 1, *more))
    assert ended.code == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_no_names_where_two_are_one(more, lang, run, photos, tmp_path):
    shutil.copy(photos / f"{MARK}-bad.png", photos / f"{MARK}-bad.jpg")
    ended = silent(run("batch", photos, tmp_path / "out", "--lang", lang, *more))
    assert ended.code == 2
    assert "batch_same_output" in ended.err
    assert str(tmp_path / "out" / ".ephoto" / "same_names.jsonl") in ended.err
    assert MARK in (tmp_path / "out" / ".ephoto" / "same_names.jsonl").read_text("utf-8")


@pytest.mark.parametrize(
    ("rows", "code", "word"),
    [
        ([("id", "photo"), (ID, "in/none.jpg"), (f"{ID}/", f"{MARK}.jpg"), ("", f"{MARK}.jpg"),
        ("1.1E+17", f"{MARK}")], 1, "row_unfit"),
        ([("id", "photo"), (ID, "a.jpg"), (ID, f"{MARK}.jpg")], 2, "row 2 = row 3"),
        ([("id", "photo"), (ID, "a.jpg", MARK)], 1, "row_unfit"),
        ([(ID, f"{MARK}.jpg"), (f"{ID}9", f"{MARK}2.jpg")], 2, "column_missing"),
    ],
)  # fmt: skip
def test_no_names_of_a_table(rows, code, word, run, photos, tmp_path):
    ended = silent(run("batch", table(tmp_path, rows), tmp_path / "out", "--workers", 1))
    assert ended.code == code
    assert word in ended.text + ended.err


@pytest.mark.parametrize("command", ["batch", "watch"])
@pytest.mark.parametrize(
    "where",
    ["ephoto.batch.naming.Naming.name", "ephoto.batch.places.check_apart", "ephoto.batch.planning.check_wishes"],
)
def test_no_names_in_a_bug_before_the_work(where, command, run, photos, tmp_path, monkeypatch):
    def broken(*things):
        raise KeyError(MARK)

    monkeypatch.setattr(where, broken)
    if where.endswith("check_wishes"):
        for module in ("run", "watch"):
            monkeypatch.setattr(f"ephoto.batch.{module}.check_wishes", broken)
    ended = silent(run(command, photos, tmp_path / "out"))
    assert ended.code == 70
    assert "KeyError" in ended.err


@pytest.mark.parametrize("where", ["ephoto.batch.ledger.Ledger.delivering", "ephoto.pipeline.workers.Workers.call"])
def test_no_names_in_a_bug_at_work(where, run, photos, tmp_path, monkeypatch):
    def broken(*things):
        raise KeyError(f"{MARK}: {things}")

    monkeypatch.setattr(where, broken)
    ended = silent(run("batch", photos, tmp_path / "out", "--workers", 1))
    assert ended.code in (1, 70)
    assert "internal" in ended.text + ended.err


def test_no_names_where_the_disk_is_full(run, photos, tmp_path, monkeypatch):
    from ephoto.core.errors import EnvironmentFault

    def full(path, data, **words):
        raise EnvironmentFault("output_failed", path=str(path), problem="No space left on device")

    monkeypatch.setattr("ephoto.batch.sinks.write", full)
    ended = silent(run("batch", photos, tmp_path / "out", "--workers", 1))
    assert ended.code == 6
    assert "No space left on device" in ended.err
    assert "--resume" in ended.err


def test_no_names_where_the_photos_vanish(run, photos, tmp_path, monkeypatch):
    from ephoto.pipeline.workers import Workers

    call = Workers.call

    def gone(self, message):
        photos.rename(tmp_path / "away") if photos.exists() else None
        return call(self, message)

    monkeypatch.setattr(Workers, "call", gone)
    ended = silent(run("batch", photos, tmp_path / "out", "--workers", 1))
    assert ended.code == 3
    assert str(photos) in ended.err
    assert "[input_gone]" in ended.err
