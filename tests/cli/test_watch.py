"""`ephoto watch` as it is used: a process, a folder, photos that come in all the ways in which photos come."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PHOTO = (ROOT / "samples" / "portrait.jpg").read_bytes()
OTHER = (ROOT / "samples" / "short-hair.jpg").read_bytes()
LONG_S = 60  # a machine may be busy

pytest.importorskip("watchfiles")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals end it in the tests")


class Watching:
    """A watch that runs, with its IN and OUT."""

    def __init__(self, root, *words, ready=True):
        self.inside, self.outside, self.told_file = root / "in", root / "out", root / "told.txt"
        self.inside.mkdir(parents=True, exist_ok=True)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("EPHOTO_")}
        command = [sys.executable, "-m", "ephoto.cli.app", "watch", self.inside, self.outside, "--json", *words]
        with self.told_file.open("ab") as told:
            self.process = subprocess.Popen(
                [str(word) for word in command], cwd=root, env=clean | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.PIPE, stderr=told, text=True,
            )  # fmt: skip
        self._before = len(self.told)
        if ready:
            self.until(lambda: len(self.told) > self._before)

    @property
    def told(self):
        """The lines that it wrote without a terminal."""
        return [json.loads(line) for line in self.told_file.read_text("utf-8").splitlines() if line.startswith("{")]

    def until(self, true):
        end = time.monotonic() + LONG_S
        while not true():
            assert time.monotonic() < end, (self.told_file.read_text("utf-8"), list(self.outside.rglob("*")))
            assert self.process.poll() is None, self.told_file.read_text("utf-8")
            time.sleep(0.02)

    def card(self, name):
        """Wait for a card; gives it."""
        path = self.outside / name
        self.until(path.is_file)
        return path

    def rows(self):
        """The ledger, by photo: (state, its error's code)."""
        with sqlite3.connect(f"file:{self.outside / '.ephoto' / 'ledger.sqlite'}?mode=ro", uri=True) as ledger:
            found = ledger.execute("SELECT key, state, json_extract(error, '$.code') FROM photo").fetchall()
        ledger.close()
        return {key: (state, error) for key, state, error in found}

    def state(self, key):
        return self.rows().get(key, (None, None))[0]

    def end(self, how=signal.SIGTERM):
        """End it; gives the exit code and the summary."""
        self.process.send_signal(how)
        out, _ = self.process.communicate(timeout=LONG_S)
        return self.process.returncode, json.loads(out) if out else None


@pytest.fixture
def watching(tmp_path):
    """Start a watch: watching("--poll"); several are of the same folders."""
    started = []

    def start(*words, **how):
        started.append(Watching(tmp_path, *words, **how))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """One watch for all that only adds photos to it."""
    one = Watching(tmp_path_factory.mktemp("lasting"))
    yield one
    code, summary = one.end()
    assert summary["stopped"] is None
    assert code == (1 if summary["failed"] else 0)


def write_slowly(path, data, pieces, pause_s):
    with path.open("wb") as file:
        for k in range(pieces):
            file.write(data[k * len(data) // pieces : (k + 1) * len(data) // pieces])
            file.flush()
            time.sleep(pause_s)


@pytest.mark.slow
@pytest.mark.parametrize(("pieces", "pause_s"), [(12, 0.2), (3, 1.0)], ids=["small steps", "long pauses"])
def test_a_photo_that_is_written_slowly_is_waited_for(lasting, pieces, pause_s):
    name = f"slow-{pieces}.jpg"
    write_slowly(lasting.inside / name, PHOTO, pieces, pause_s)
    card = lasting.card(name)
    made = card.stat().st_mtime_ns
    lasting.until(lambda: lasting.state(name) == "done")
    time.sleep(1.5)
    assert card.stat().st_mtime_ns == made  # one card, not one for each look
    assert all(error is None for key, (_, error) in lasting.rows().items() if key.startswith("slow"))


@pytest.mark.slow
def test_room_that_is_taken_before_it_is_filled(lasting):
    """As some copies do: the file has its size from the start, and zeros in it."""
    path = lasting.inside / "reserved.jpg"
    with path.open("wb") as file:
        file.truncate(len(PHOTO))
        time.sleep(1.2)
        file.write(PHOTO)
    lasting.until(lambda: lasting.state("reserved.jpg") == "done")
    assert lasting.card("reserved.jpg").stat().st_mtime_ns >= path.stat().st_mtime_ns


def test_a_photo_that_is_renamed_at_its_end(lasting):
    for part, name in (("renamed.jpg.part", "renamed.jpg"), ("~$renamed-2.jpg", "renamed-2.jpg")):
        (lasting.inside / part).write_bytes(PHOTO)
        time.sleep(0.5)
        (lasting.inside / part).rename(lasting.inside / name)
        lasting.card(name)
    assert not any("$" in path.name or "part" in path.name for path in lasting.outside.iterdir())


def test_a_photo_that_is_replaced_is_made_again(lasting):
    (lasting.inside / "again.jpg").write_bytes(PHOTO)
    card = lasting.card("again.jpg")
    lasting.until(lambda: lasting.state("again.jpg") == "done")
    first = card.read_bytes()
    (lasting.inside / "again.jpg").write_bytes(OTHER)
    lasting.until(lambda: card.read_bytes() != first)


@pytest.mark.slow
def test_folders_that_come_with_photos_in_them(lasting, tmp_path):
    deep = tmp_path / "roll" / "one"
    deep.mkdir(parents=True)
    (deep / "a.jpg").write_bytes(PHOTO)
    shutil.move(tmp_path / "roll", lasting.inside / "roll")
    (lasting.inside / "made" / "here").mkdir(parents=True)
    (lasting.inside / "made" / "here" / "b.jpg").write_bytes(PHOTO)
    lasting.card("roll/one/a.jpg")
    lasting.card("made/here/b.jpg")
    (lasting.inside / "roll" / "one" / "c.jpg").write_bytes(PHOTO)
    lasting.card("roll/one/c.jpg")


@pytest.mark.slow
def test_twenty_at_once(lasting):
    names = [f"twenty/{k}.jpg" for k in range(20)]
    (lasting.inside / "twenty").mkdir()
    for name in names:
        (lasting.inside / name).write_bytes(PHOTO)
    for name in names:
        lasting.card(name)


@pytest.mark.slow
def test_a_text_named_jpg_fails_and_the_watch_goes_on(lasting):
    (lasting.inside / "text.jpg").write_text("no photo at all")
    lasting.until(lambda: lasting.state("text.jpg") == "failed")
    assert lasting.rows()["text.jpg"][1] == "not_a_picture"
    (lasting.inside / "after.jpg").write_bytes(PHOTO)
    lasting.card("after.jpg")


@pytest.mark.slow
def test_two_photos_for_one_card(lasting):
    """The second fails; what has its card keeps it."""
    (lasting.inside / "twin.jpg").write_bytes(PHOTO)
    card = lasting.card("twin.jpg")
    made = card.read_bytes()
    (lasting.inside / "twin.jpeg").write_bytes(OTHER)
    lasting.until(lambda: lasting.state("twin.jpeg") == "failed")
    assert lasting.rows()["twin.jpeg"][1] == "same_output"
    assert card.read_bytes() == made


def test_a_watch_that_is_asked_to_end_finishes_and_goes_on(watching):
    first = watching("--workers", "1")
    names = [f"{k:02}.jpg" for k in range(12)]
    for name in names:
        (first.inside / name).write_bytes(PHOTO)
    first.card(names[0])
    code, summary = first.end()
    assert code == 0
    assert summary["stopped"] is None
    assert 0 < summary["left"] < 12
    assert summary["made"] + summary["left"] == 12
    made = {path.name: path.stat().st_mtime_ns for path in first.outside.glob("*.jpg")}
    assert len(made) == summary["made"]
    assert not list(first.outside.rglob("*.part"))
    second = watching()
    for name in names:
        second.card(name)
    second.until(lambda: all(state == "done" for state, _ in second.rows().values()))
    code, summary = second.end(signal.SIGINT)
    assert (code, summary["left"], summary["unchanged"]) == (0, 0, len(made))
    assert {name: (second.outside / name).stat().st_mtime_ns for name in made} == made
    lines = (second.outside / "manifest.jsonl").read_text("utf-8").splitlines()
    assert sorted(json.loads(line)["output"] for line in lines) == names


@pytest.mark.slow
def test_a_watch_that_is_killed_makes_nothing_twice(watching):
    first = watching()
    names = [f"{k:02}.jpg" for k in range(12)]
    for name in names:
        (first.inside / name).write_bytes(PHOTO)
    first.card(names[2])
    first.process.kill()
    first.process.communicate()
    done = [key for key, (state, _) in first.rows().items() if state == "done"]
    made = {name: (first.outside / name).stat().st_mtime_ns for name in done}
    second = watching()
    for name in names:
        second.card(name)
    second.until(lambda: all(state == "done" for state, _ in second.rows().values()))
    code, summary = second.end()
    assert (code, summary["photos"], summary["failed"]) == (0, 12, 0)
    assert {name: (second.outside / name).stat().st_mtime_ns for name in done} == made
    assert sorted(path.name for path in second.outside.glob("*.jpg")) == names
    assert not list(second.outside.rglob("*.part"))


@pytest.mark.slow
def test_one_place_has_one_watch(watching):
    first = watching()
    second = watching(ready=False)
    out, _ = second.process.communicate(timeout=LONG_S)
    assert second.process.returncode == 6
    assert json.loads(out)["error"]["code"] == "ledger_busy"
    (first.inside / "a.jpg").write_bytes(PHOTO)
    first.card("a.jpg")


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("--poll",)], ids=["told", "polled"])
def test_a_folder_that_vanishes_is_waited_for(watching, words):
    one = watching(*words)
    away = one.inside.with_name("away")
    (one.inside / "a.jpg").write_bytes(PHOTO)
    one.card("a.jpg")
    one.until(lambda: one.state("a.jpg") == "done")
    one.inside.rename(away)
    one.until(lambda: not one.told[-1]["there"])
    (away / "b.jpg").write_bytes(PHOTO)
    away.rename(one.inside)
    one.card("b.jpg")
    one.inside.rename(away)
    one.inside.mkdir()  # another folder of that name
    (one.inside / "c.jpg").write_bytes(PHOTO)
    one.card("c.jpg")
    one.until(lambda: one.state("c.jpg") == "done")
    code, summary = one.end()
    assert (code, summary["failed"], summary["made"]) == (0, 0, 3)


@pytest.mark.slow
def test_a_disk_that_is_unmounted_is_waited_for(watching, tmp_path):
    """An empty folder is left in its place, and nothing tells of it."""
    inside = tmp_path / "in"
    inside.mkdir()
    mount = ["mount", "-t", "tmpfs", "none", str(inside)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only who may mount can take a disk away")
    try:
        one = watching()
        (inside / "a.jpg").write_bytes(PHOTO)
        one.card("a.jpg")
        one.until(lambda: one.state("a.jpg") == "done")
        subprocess.run(["umount", "--lazy", str(inside)], check=True)
        one.until(lambda: not one.told[-1]["there"])
        subprocess.run(mount, check=True)
        (inside / "b.jpg").write_bytes(PHOTO)
        one.card("b.jpg")
        one.until(lambda: one.told[-1]["there"])
        code, summary = one.end()
        assert (code, summary["failed"], summary["made"]) == (0, 0, 2)
    finally:
        subprocess.run(["umount", "--lazy", str(inside)], check=False, capture_output=True)


@pytest.mark.slow
def test_photos_in_hand_when_the_folder_vanishes_do_not_fail(watching):
    one = watching("--workers", "1")
    names = [f"{k:02}.jpg" for k in range(20)]
    for name in names:
        (one.inside / name).write_bytes(PHOTO)
    one.card(names[0])
    one.inside.rename(one.inside.with_name("away"))
    one.until(lambda: not one.told[-1]["there"])
    one.inside.with_name("away").rename(one.inside)
    for name in names:
        one.card(name)
    one.until(lambda: all(state == "done" for state, _ in one.rows().values()))
    code, summary = one.end()
    assert (code, summary["failed"], summary["made"]) == (0, 0, 20)


@pytest.mark.slow
def test_a_failure_that_is_to_be_the_end(watching):
    one = watching("--on-fail", "stop")
    (one.inside / "text.jpg").write_text("no photo at all")
    out, _ = one.process.communicate(timeout=LONG_S)
    assert one.process.returncode == 1
    assert json.loads(out)["errors"] == {"not_a_picture": 1}


@pytest.mark.slow
def test_a_failed_photo_is_copied_aside_and_taken_back_when_it_was_replaced(watching):
    one = watching("--on-fail", "quarantine")
    (one.inside / "a.jpg").write_text("no photo at all")
    aside = one.card("quarantine/a.jpg")
    (one.inside / "a.jpg").write_bytes(PHOTO)
    one.card("a.jpg")
    one.until(lambda: not aside.exists())
    code, summary = one.end()
    assert (code, summary["failed"], summary["made"]) == (0, 0, 1)


@pytest.mark.slow
def test_photos_that_are_taken_away_keep_their_cards(watching):
    """A program that sorts photos elsewhere is no reason to lose count."""
    one = watching()
    for name in ("a.jpg", "b.jpg"):
        (one.inside / name).write_bytes(PHOTO)
        one.card(name)
        one.until(lambda name=name: one.state(name) == "done")
        (one.inside / name).unlink()
    time.sleep(1)
    code, summary = one.end()
    assert (code, summary["made"], summary["photos"], summary["gone"]) == (0, 2, 2, 0)
    assert sorted(path.name for path in one.outside.glob("*.jpg")) == ["a.jpg", "b.jpg"]


@pytest.mark.slow
def test_nothing_that_is_told_names_a_photo(watching):
    one = watching()
    name = "110101199003070038"
    for photo in (f"{name}.jpg", f"{name}-text.jpg"):
        (one.inside / photo).write_bytes(PHOTO if "text" not in photo else b"text")
    one.card(f"{name}.jpg")
    one.until(lambda: one.state(f"{name}-text.jpg") == "failed")
    code, summary = one.end()
    assert code == 1
    assert name not in one.told_file.read_text("utf-8") + json.dumps(summary)
    assert {line["schema"] for line in one.told} == {"ephoto.watch.progress/1"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(("in.zip", "out"), "watch_input", id="a zip to watch"),
        pytest.param(("in", "out.zip"), "watch_output", id="a zip to write"),
        pytest.param(("in", "in/out"), "out_in_in", id="OUT in IN"),
        pytest.param(("nothing", "out"), "not_found", id="no IN"),
        pytest.param(("in", "memory://out"), "ledger_needed", id="no place for a ledger"),
        pytest.param(("in", "out", "--spec", "cn-social-security-card,cn-passport"), "bad_option", id="two documents"),
    ],
)
def test_what_makes_no_sense_is_refused(run, tmp_path, monkeypatch, words, code):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    shutil.make_archive(str(tmp_path / "in"), "zip", tmp_path / "in")
    ended = run("watch", *words, "--json")
    assert ended.json["error"]["code"] == code
    assert ended.code == ended.json["exit_code"] != 0


@pytest.mark.slow
def test_another_document_into_the_same_place_is_refused(watching):
    one = watching()
    (one.inside / "a.jpg").write_bytes(PHOTO)
    one.card("a.jpg")
    one.until(lambda: one.state("a.jpg") == "done")
    one.end()
    other = watching("--background", "red", ready=False)
    out, _ = other.process.communicate(timeout=LONG_S)
    assert json.loads(out)["error"]["code"] == "batch_other_wishes"
