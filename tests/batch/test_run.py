"""Batches that meet with a full disk, a disk pulled out, dead or stuck workers, Ctrl-C: each is named, none harms."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest

from tests.batch.driver import card_of
from tests.batch.driving import (
    Batch,
    cards,
    children,
    ended,
    is_running,
    left_over,
    lines,
    own,
    photos,
    rows,
    waited_for,
)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="mounts, and looks into /proc")]

OUTS = ("out", "out.zip")


@contextmanager
def small_disk(folder, size):
    """A disk of its own on that folder, which can be made larger: remount(size=...), remount("ro")."""
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=False).returncode:
        pytest.skip("this machine mounts nothing for us")

    def remount(how):
        subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)

    try:
        yield remount
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def disk(tmp_path):
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("this machine mounts nothing for us")
    with small_disk(tmp_path / "disk", "800k") as remount:
        yield tmp_path / "disk", remount


def told(batch):
    """What ended a batch: while it ran, or before it could begin."""
    return batch.summary.get("stopped") or batch.summary["error"]


def names_of(error_text, photos_made):
    """Names of photos in what was printed: there must be none."""
    return [name for name in photos_made if name.removesuffix(".jpg") in error_text]


def large(folder, count):
    """Photos whose trivial cards have 25 kB each."""
    made = {}
    folder.mkdir()
    for n in range(count):
        data = b"good %d" % n
        (folder / f"学生{n:02}.jpg").write_bytes(data)
        made[f"学生{n:02}.jpg"] = card_of(data)
    return made


@pytest.mark.parametrize("out", OUTS)
def test_a_full_disk_stops_the_batch_and_with_more_room_it_goes_on(tmp_path, disk, out):
    folder, remount = disk
    made = large(tmp_path / "in", 60)  # 1.5 MB, more than the disk holds
    batch = Batch(tmp_path / "in", folder / out)
    first = batch.run()
    assert first.code == 6
    stopped = told(first)
    assert stopped["code"] in ("output_failed", "ledger_failed")
    assert stopped["values"]["problem"] == "No space left on device"
    assert "--resume" in stopped["hint"]
    assert names_of(first.err + first.out, made) == []
    assert left_over(folder / out) == []
    found = cards(folder / out) if out == "out" else cards(own(folder / out) / "cards")
    assert found.items() <= made.items()
    done = [key for key, state in rows(folder / out) if state == "done"]
    assert set(done) <= set(found)
    second = batch.run("--resume")  # no room was made
    assert (second.code, told(second)["values"]["problem"]) == (6, "No space left on device")
    remount("size=10m")
    third = batch.run("--resume")
    assert third.code == 0
    assert cards(folder / out) == made
    assert left_over(folder / out) == []


def test_a_full_disk_that_only_the_ledger_is_on(tmp_path, disk):
    folder, remount = disk
    made = large(tmp_path / "in", 12)
    batch = Batch(tmp_path / "in", tmp_path / "out", "--ledger", str(folder / "ledger.sqlite"))
    codes = []
    for ballast in (790_000, 740_000, 700_000, 640_000):  # each time it comes a little further
        with suppress(OSError):  # it is full before
            (folder / "ballast").write_bytes(b"\0" * ballast)
        first = batch.run("--resume")
        codes.append(first.code)
        if first.code:
            error = told(first)
            assert first.code == 6
            assert error["code"] in ("ledger_failed", "output_failed")
            assert error["values"]["problem"] == "No space left on device"
            assert "--resume" in error["hint"]
    assert codes[0] == 6
    remount("size=10m")
    assert batch.run("--resume").code == 0
    found = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.jpg")}
    assert found == made
    assert left_over(folder / "ledger.sqlite") == []


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(("os:fsync", 4), id="cards"),
        pytest.param(("ephoto.batch.products:entry", 3), id="manifest"),
        pytest.param(("shutil:copyfileobj", 1), id="copy of the manifest"),
    ],
)
@pytest.mark.parametrize("out", OUTS)
def test_no_room_at_an_exact_place(tmp_path, out, place):
    made = photos(tmp_path / "in", bad=0)
    batch = Batch(tmp_path / "in", tmp_path / out)
    first = batch.run(full=place)
    assert first.code == 6
    assert first.summary["stopped"]["code"] == "output_failed"
    assert first.summary["stopped"]["values"]["problem"] == "No space left on device"
    assert left_over(batch.out) == []
    assert batch.run().code == 2  # only with --resume
    second = batch.run("--resume")
    assert second.code == 0
    assert cards(batch.out) == made
    assert [line["state"] for line in lines(batch.out)] == ["done"] * len(made)


def test_a_disk_that_goes_read_only_under_the_batch(tmp_path, disk):
    folder, remount = disk
    remount("size=10m")
    made = photos(tmp_path / "in", bad=0, kind="slow 0.3")
    batch = Batch(tmp_path / "in", folder / "out", "--ledger", str(tmp_path / "ledger.sqlite"))
    process = batch.begin()
    waited_for(lambda: list((folder / "out").glob("*.jpg")))
    while subprocess.run(["mount", "-o", "remount,ro", folder], check=False, stderr=subprocess.DEVNULL).returncode:
        pass  # busy: a card is being written
    first = ended(process)
    assert first.code == 6
    assert first.summary["stopped"]["code"] == "output_failed"
    assert first.summary["stopped"]["values"] == {"path": str(folder / "out"), "problem": "Read-only file system"}
    assert first.summary["made"] == len(list((folder / "out").rglob("*.jpg"))) < len(made)
    remount("rw")
    assert batch.run("--resume").code == 0
    assert cards(folder / "out") == made


def test_an_out_that_is_read_only_from_the_start(tmp_path, disk):
    folder, remount = disk
    photos(tmp_path / "in")
    remount("ro")
    for out in OUTS:
        first = Batch(tmp_path / "in", folder / out).run()
        assert (first.code, first.summary["error"]["values"]["problem"]) == (6, "Read-only file system")


def test_a_photo_that_vanishes_fails_and_is_tried_again_when_it_is_back(tmp_path):
    made = photos(tmp_path / "in", bad=0, kind="slow 0.2")
    late = sorted(made)[-1]
    batch = Batch(tmp_path / "in", tmp_path / "out")
    process = batch.begin()
    waited_for(lambda: rows_or_none(batch.out))
    (tmp_path / "in" / late).rename(tmp_path / "kept")
    first = ended(process)
    assert (first.code, first.summary["errors"]) == (1, {"not_found": 1})
    assert lines(batch.out)[-1]["error"]["code"] == "not_found"
    (tmp_path / "kept").rename(tmp_path / "in" / late)
    second = batch.run()
    assert (second.code, second.summary["made"]) == (0, 1)
    assert cards(batch.out) == made


def rows_or_none(out):
    try:
        return rows(out)
    except Exception:
        return None


def test_an_input_that_vanishes_as_a_whole_stops_the_batch(tmp_path):
    made = photos(tmp_path / "in", bad=0, kind="slow 0.2")
    batch = Batch(tmp_path / "in", tmp_path / "out", "--on-fail", "quarantine")
    process = batch.begin()
    waited_for(lambda: list((tmp_path / "out").glob("*.jpg")))
    (tmp_path / "in").rename(tmp_path / "away")
    first = ended(process)
    assert (first.code, first.summary["stopped"]["code"]) == (3, "input_gone")
    assert first.summary["stopped"]["values"] == {"path": str(tmp_path / "in")}
    assert first.summary["failed"] == 0
    assert first.summary["made"] + first.summary["left"] == len(made)
    assert names_of(first.out + first.err, made) == []
    missing = batch.run("--resume")
    assert (missing.code, missing.summary["error"]["code"]) == (3, "not_found")
    (tmp_path / "away").rename(tmp_path / "in")
    assert batch.run("--resume").code == 0
    assert cards(batch.out) == made


def test_an_out_that_is_taken_away_is_not_made_anew(tmp_path):
    made = photos(tmp_path / "in", count=12, bad=0, kind="slow 0.2")
    batch = Batch(tmp_path / "in", tmp_path / "out", "--ledger", str(tmp_path / "ledger.sqlite"))
    process = batch.begin()
    waited_for(lambda: list((tmp_path / "out").glob("*.jpg")))
    (tmp_path / "out").rename(tmp_path / "away")
    first = ended(process)
    assert (first.code, first.summary["stopped"]["code"]) == (6, "output_failed")
    assert not (tmp_path / "out").exists()
    (tmp_path / "away").rename(tmp_path / "out")
    assert batch.run("--resume").code == 0
    assert cards(batch.out) == made


def test_a_photo_that_kills_its_workers_fails_and_the_others_are_made(tmp_path):
    made = photos(tmp_path / "in", bad=0)
    (tmp_path / "in" / "夺命.jpg").write_bytes(b"kill")
    (tmp_path / "in" / "虫.jpg").write_bytes(b"bug")
    batch = Batch(tmp_path / "in", tmp_path / "out")
    first = batch.run()
    assert (first.code, first.summary["errors"]) == (1, {"worker_died": 1, "internal": 1})
    assert cards(batch.out) == made
    (told,) = [line["error"] for line in lines(batch.out) if line["input"] == "夺命.jpg"]
    assert told["values"] == {"problem": "it was ended by SIGKILL"}
    second = batch.run()  # both are tried again, without being asked for
    assert (second.summary["failed"], second.summary["unchanged"], second.summary["made"]) == (2, len(made), 0)
    (tmp_path / "in" / "夺命.jpg").write_bytes(b"good")
    assert batch.run().summary["made"] == 1


def test_a_worker_that_is_killed_from_outside_costs_no_photo(tmp_path):
    made = photos(tmp_path / "in", bad=0, kind="slow 0.4")
    batch = Batch(tmp_path / "in", tmp_path / "out")
    process = batch.begin()
    waited_for(lambda: list((tmp_path / "out").glob("*.jpg")))
    workers = children(process.pid)
    os.kill(workers[0], signal.SIGKILL)
    waited_for(lambda: workers[0] not in children(process.pid))  # no zombie of it stays
    assert ended(process).code == 0
    assert cards(batch.out) == made


def test_a_photo_that_is_stuck_is_named_and_the_others_are_made(tmp_path):
    made = photos(tmp_path / "in", bad=0)
    (tmp_path / "in" / "卡住.jpg").write_bytes(b"slow 300")
    batch = Batch(tmp_path / "in", tmp_path / "out", patience_s=8)
    start = time.monotonic()
    first = batch.run()
    assert time.monotonic() - start < 60
    assert (first.code, first.summary["errors"]) == (1, {"worker_died": 1})
    assert cards(batch.out) == made
    (told,) = [line["error"] for line in lines(batch.out) if line["state"] == "failed"]
    assert told["values"] == {"problem": "it took more than 8 s"}


def test_two_batches_do_not_share_a_place(tmp_path):
    """The second is refused, and harms the first in nothing: half-written cards of the first are not litter."""
    made = photos(tmp_path / "in", bad=0, kind="slow 2")
    batch = Batch(tmp_path / "in", tmp_path / "out")
    process = batch.begin()
    waited_for(lambda: list((tmp_path / "out").glob("*.jpg")))
    half = tmp_path / "out" / ".ephoto-batch-0123456789abcdef.part"
    half.touch()
    second = batch.run("--resume")
    assert (second.code, second.summary["error"]["code"]) == (6, "ledger_busy")
    assert half.exists()
    assert process.poll() is None
    assert ended(process).code == 0
    assert cards(batch.out) == made | {half.name: b""}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_batch_finishes_what_is_in_hand_and_says_how_to_go_on(tmp_path, number):
    made = photos(tmp_path / "in", count=12, bad=0, kind="slow 0.4")
    batch = Batch(tmp_path / "in", tmp_path / "out")
    process = batch.begin()
    waited_for(lambda: list((tmp_path / "out").glob("*.jpg")))
    workers = children(process.pid)
    process.send_signal(number)
    first = ended(process)
    assert first.code == 130
    assert (first.summary["stopped"]["code"], first.summary["failed"]) == ("interrupted", 0)
    assert "--resume" in first.summary["stopped"]["hint"]
    assert first.summary["made"] == len(cards(batch.out)) < len(made)
    assert first.summary["left"] == len(made) - first.summary["made"]
    assert not any(map(is_running, workers))
    assert {state for _, state in rows(batch.out)} == {"done", "waiting"}
    assert [line["state"] for line in lines(batch.out)].count("done") == first.summary["made"]
    assert (batch.run().code, batch.run("--resume").code) == (2, 0)
    assert cards(batch.out) == made


def test_a_second_ctrl_c_ends_at_once(tmp_path):
    made = photos(tmp_path / "in", count=6, bad=0, kind="slow 20")
    batch = Batch(tmp_path / "in", tmp_path / "out")
    process = batch.begin()
    workers = waited_for(lambda: children(process.pid))
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    time.sleep(1)
    assert process.poll() is None  # it waits for the photos in hand
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    first = ended(process)
    assert time.monotonic() - start < 5
    assert first.code == 130
    assert first.summary["error"]["code"] == "interrupted"
    assert not any(map(is_running, workers))
    assert {state for _, state in rows(batch.out)} == {"waiting"}
    for name in made:
        (tmp_path / "in" / name).write_bytes(b"good " + name.encode())
    assert batch.run("--resume").code == 0
    assert len(cards(batch.out)) == len(made)
