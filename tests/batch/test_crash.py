"""kill -9 at any moment, then --resume: what an uninterrupted run leaves, no more and no less."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.batch.driving import Batch, cards, children, ended, is_running, left_over, lines, photos, rows, waited_for

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")]

ROOT = Path(__file__).resolve().parents[2]
OUTS = ("out", "out.zip")
QUARANTINED = ("--on-fail", "quarantine")

# Where the process is killed, just before the call, and at which call of it.
PLACES = [
    pytest.param("ephoto.batch.ledger:Ledger.plan", 5, id="while it plans"),
    pytest.param("ephoto.batch.run:settle", 1, id="planned, nothing made"),
    pytest.param("ephoto.batch.ledger:Ledger.delivering", 1, id="first card made, not entered"),
    pytest.param("ephoto.batch.sinks:FolderSink.deliver", 1, id="first card entered, not delivered"),
    pytest.param("ephoto.batch.sinks:FolderSink.deliver", 4, id="fourth card or quarantine not delivered"),
    pytest.param("os:fsync", 2, id="a card half written"),
    pytest.param("pathlib:Path.replace", 2, id="a card written, not renamed"),
    pytest.param("ephoto.batch.ledger:Ledger.done", 1, id="first card delivered, not done"),
    pytest.param("ephoto.batch.ledger:Ledger.done", 6, id="last card delivered, not done"),
    pytest.param("ephoto.batch.ledger:Ledger.failed", 2, id="in quarantine, not entered"),
    pytest.param("ephoto.batch.products:entry", 5, id="inside the manifest"),
    pytest.param("ephoto.batch.sinks:FolderSink.finish", 1, id="before the end of a folder"),
    pytest.param("zipfile:ZipFile.writestr", 4, id="inside the zip"),
    pytest.param("ephoto.batch.zip_sink:ZipSink.finish", 1, id="before the zip"),
    pytest.param("shutil:rmtree", 1, id="the zip renamed, its cards still beside it"),
    pytest.param("ephoto.batch.ledger:Ledger.end", 1, id="manifest there, run not ended"),
]
OF_ONE_OUT = {"ZipSink": "out.zip", "zipfile": "out.zip", "shutil": "out.zip", "FolderSink.finish": "out"}


@pytest.fixture(scope="module")
def smooth(tmp_path_factory):
    """What runs leave that nobody interrupts, by OUT."""
    folder = tmp_path_factory.mktemp("smooth")
    photos(folder / "in")
    batches = {out: Batch(folder / "in", folder / out, *QUARANTINED) for out in OUTS}
    assert [batch.run().code for batch in batches.values()] == [1, 1]
    return {out: (cards(batch.out), lines(batch.out), rows(batch.out)) for out, batch in batches.items()}


def inodes(out):
    """Which file a card is, and since when: renaming another into its place changes that."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in Path(out).rglob("*.jpg")}


@pytest.mark.parametrize("out", OUTS)
@pytest.mark.parametrize(("place", "count"), PLACES)
def test_killed_at_an_exact_place(tmp_path, smooth, out, place, count):
    if OF_ONE_OUT.get(next((part for part in OF_ONE_OUT if part in place), ""), out) != out:
        pytest.skip("this OUT has no such place")
    photos(tmp_path / "in")
    log = tmp_path / "delivered"
    batch = Batch(tmp_path / "in", tmp_path / out, *QUARANTINED, log=str(log))
    assert batch.run(die=[place, count]).code == -signal.SIGKILL
    before = inodes(tmp_path / "out")
    assert batch.run("--resume").code == 1
    assert (cards(batch.out), lines(batch.out), rows(batch.out)) == smooth[out]
    assert left_over(batch.out) == []
    delivered = Counter(log.read_text("utf-8").splitlines())
    once = {name: times for name, times in delivered.items() if not name.startswith("quarantine/")}
    assert set(once.values()) == {1}
    # Another thread may have been killed between delivering and telling of it.
    assert len(once) >= len(photos(tmp_path / "other")) - 1
    assert before.items() <= inodes(tmp_path / "out").items() or "quarantine" in str(before)
    again = batch.run()
    assert (again.code, again.summary["made"]) == (1, 0)
    assert Counter(log.read_text("utf-8").splitlines()) == delivered


@pytest.mark.parametrize("count", range(1, 6))
def test_killed_again_and_again_at_the_same_place_it_still_comes_to_its_end(tmp_path, smooth, count):
    """Each run delivers a card or two, and is killed before it is entered as done."""
    photos(tmp_path / "in")
    log = tmp_path / "delivered"
    batch = Batch(tmp_path / "in", tmp_path / "out", *QUARANTINED, log=str(log))
    codes = [batch.run("--resume", die=["ephoto.batch.ledger:Ledger.done", count]).code for _ in range(9)]
    assert codes[0] == -signal.SIGKILL
    assert batch.run("--resume").code == 1
    assert (cards(batch.out), lines(batch.out), rows(batch.out)) == smooth["out"]
    delivered = [name for name in log.read_text("utf-8").splitlines() if not name.startswith("quarantine/")]
    # None twice. A process may have been killed between delivering and telling of it.
    assert len(delivered) == len(set(delivered))
    assert 6 - len(codes) <= len(delivered) <= 6


def test_an_object_store_gets_one_put_a_photo(tmp_path):
    """Files in an object store's place, so that it outlives the process; all else is as with any store."""
    made = photos(tmp_path / "in", count=8, bad=0)
    store, log = tmp_path / "store", tmp_path / "delivered"
    store.mkdir()
    words = ("--ledger", str(tmp_path / "ledger.sqlite"))
    batch = Batch(tmp_path / "in", f"shelf://{store}", *words, log=str(log))
    for place in (
        "ledger:Ledger.delivering",
        "remote_sink:RemoteSink.deliver",
        "ledger:Ledger.done",
        "ledger:Ledger.end",
    ):
        assert batch.run("--resume", die=[f"ephoto.batch.{place}", 1]).code == -signal.SIGKILL
    assert batch.run("--resume").code == 0
    assert {path.name: path.read_bytes() for path in store.iterdir() if path.suffix == ".jpg"} == made
    delivered = log.read_text("utf-8").splitlines()
    # None twice. A process may have been killed between delivering and telling of it.
    assert len(delivered) == len(set(delivered))
    assert set(delivered) <= set(made)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Twelve files as people have them, nine of them good, and what an uninterrupted run makes of them, by OUT."""
    folder = tmp_path_factory.mktemp("real")
    samples = [ROOT / "samples" / f"{name}.jpg" for name in ("portrait", "short-hair", "tilted", "glasses", "id-blue")]
    for place in range(9):
        path = folder / "in" / ("一班" if place % 2 else "二班") / f"学生{place}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(samples[place % len(samples)], path)
    (folder / "in" / "空.jpg").touch()
    (folder / "in" / "文字.jpg").write_text("not a picture", "utf-8")
    (folder / "in" / "半张.jpg").write_bytes(samples[0].read_bytes()[:20_000])
    expected, took_s = {}, 0.0
    for out in OUTS:
        batch = Batch(folder / "in", folder / out, *QUARANTINED, maker="ephoto.batch.work:maker")
        start = time.monotonic()
        done = batch.run()
        took_s = max(took_s, time.monotonic() - start)
        assert (done.code, done.summary["made"], done.summary["failed"]) == (1, 9, 3)
        expected[out] = (cards(batch.out), lines(batch.out), rows(batch.out))
    return folder / "in", expected, took_s


def test_every_card_is_what_convert_makes(real):
    import ephoto

    source, expected, _ = real
    converter = ephoto.Converter()
    for out in OUTS:
        found = {name: data for name, data in expected[out][0].items() if not name.startswith("quarantine/")}
        assert len(found) == 9
        for name, data in found.items():
            assert converter.convert(source / name).data == data


@pytest.mark.parametrize("out", OUTS)
@pytest.mark.parametrize("seed", range(20))
def test_killed_at_a_random_moment(tmp_path, real, out, seed):
    """The whole driver by kill -9, twice at most, then resumed."""
    source, expected, took_s = real
    chance = random.Random(f"{out} {seed}")
    batch = Batch(source, tmp_path / out, *QUARANTINED, maker="ephoto.batch.work:maker")
    workers, before = [], {}
    for _ in range(2):
        process = batch.begin("--resume")
        time.sleep(chance.uniform(0.2, took_s))
        workers += children(process.pid)
        process.kill()
        code = ended(process).code
        now = inodes(tmp_path / "out")
        kept = {path: facts for path, facts in before.items() if path.parent.parent.name != "quarantine"}
        assert kept.items() <= now.items()
        before = now
        if code in (0, 1):  # it was quicker
            break
    waited_for(lambda: not any(map(is_running, workers)), 10)
    assert batch.run("--resume").code == 1
    assert (cards(batch.out), lines(batch.out), rows(batch.out)) == expected[out]
    assert left_over(batch.out) == []
    assert {path: facts for path, facts in before.items() if "quarantine" not in path.parts}.items() <= inodes(
        tmp_path / "out"
    ).items()


@pytest.mark.parametrize("seed", range(6))
def test_workers_killed_at_random_moments(tmp_path, real, seed):
    """The system takes one worker after the other; a photo that lost two of them is made by the next run."""
    source, expected, took_s = real
    chance = random.Random(f"workers {seed}")
    batch = Batch(source, tmp_path / "out", *QUARANTINED, maker="ephoto.batch.work:maker")
    process, killed = batch.begin(), 0
    waited_for(lambda: children(process.pid))
    while process.poll() is None and killed < 6:
        time.sleep(chance.uniform(0.05, took_s / 4))
        for pid in children(process.pid)[:1]:
            os.kill(pid, signal.SIGKILL)
            killed += 1
    first = ended(process)
    assert killed
    assert first.code in (1, 6)  # 6: two were killed one after the other before they could do anything
    assert set(first.summary["errors"]) <= {"not_a_picture", "truncated", "empty", "worker_died"}
    assert (first.summary["left"] == 0) == (first.code == 1)
    assert batch.run("--resume").code == 1
    assert (cards(batch.out), lines(batch.out), rows(batch.out)) == expected["out"]
