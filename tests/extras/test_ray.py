"""Batches on a real Ray cluster of two nodes on this machine: same cards, none lost, none twice, whoever is killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import zipfile
from dataclasses import dataclass

import pytest

from ephoto.batch import local
from ephoto.batch.archive import Archive, ArchiveReader
from ephoto.batch.folder import FileReader
from ephoto.batch.remote import RemoteFolder, RemoteReader
from ephoto.batch.remote_sink import RemoteSink
from ephoto.core.errors import InputError
from ephoto.pipeline.converter import Converter
from tests.extras import clusters
from tests.extras.clusters import CountingSink, batch, cards, folder_of, hands, meanwhile, photos, until

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
    pytest.mark.filterwarnings("default"),  # Ray's own
    pytest.mark.slow,
]
COUNT = 30


@pytest.fixture(scope="module")
def cluster(ray):
    with clusters.cluster_of(2) as made:
        yield made
    assert clusters.processes() == []


@pytest.fixture(autouse=True)
def address(request, monkeypatch):
    if "cluster" in request.fixturenames:
        monkeypatch.setenv("RAY_ADDRESS", request.getfixturevalue("cluster").address)


@pytest.fixture(scope="module")
def truth(ray):
    """What `Converter` makes of each sample, by number."""
    converter = Converter(spec=clusters.SPEC)
    made = [converter.convert(path).data for path in clusters.SAMPLES]
    return lambda count: {f"{number:03}.jpg": made[number % len(made)] for number in range(count)}


def is_whole(summary, sink, truth, count=COUNT):
    """Every card is there, has the right bytes, and was put there once."""
    assert summary.stopped is None
    assert (summary.made, summary.failed, summary.left) == (count, 0, 0)
    assert sorted(sink.delivered) == sorted(truth(count))
    assert cards(sink.root) == truth(count)
    lines = [json.loads(line) for line in (sink.root / "manifest.jsonl").read_text("utf-8").splitlines()]
    assert [line["state"] for line in lines] == ["done"] * count
    assert list(sink.root.rglob("*.part")) == []


def test_the_cards_are_those_of_convert(cluster, tmp_path, truth):
    sink = CountingSink(tmp_path / "out")
    is_whole(batch(folder_of(photos(tmp_path / "in", COUNT)), sink), sink, truth)


def test_a_second_run_does_nothing(cluster, tmp_path, truth):
    source, sink = folder_of(photos(tmp_path / "in", 5)), CountingSink(tmp_path / "out")
    batch(source, sink)
    again = batch(source, sink)
    assert (again.made, again.unchanged, len(sink.delivered)) == (0, 5, 5)


def test_a_killed_worker_loses_nothing(cluster, tmp_path, truth):
    sink = CountingSink(tmp_path / "out")
    killed = []

    def kill():
        killed.extend(hands()[:1])
        os.kill(killed[0], signal.SIGKILL)

    with meanwhile(lambda: len(sink.delivered) >= 6 and hands(), kill):
        summary = batch(folder_of(photos(tmp_path / "in", COUNT)), sink)
    assert len(killed) == 1
    is_whole(summary, sink, truth)


def test_a_removed_node_loses_nothing(cluster, tmp_path, truth):
    node = cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
    sink = CountingSink(tmp_path / "out")
    with meanwhile(lambda: len(sink.delivered) >= 9, lambda: cluster.remove_node(node, allow_graceful=False)):
        summary = batch(folder_of(photos(tmp_path / "in", 2 * COUNT)), sink)
    is_whole(summary, sink, truth, 2 * COUNT)


def test_a_killed_driver_loses_nothing(cluster, tmp_path, truth):
    source, out = photos(tmp_path / "in", COUNT), tmp_path / "out"
    driver = clusters.command_line(source, out, "--run-on", "ray")
    until(lambda: len(list(out.glob("*.jpg"))) >= 6)
    driver.kill()
    driver.communicate()
    there = {path.name: path.stat().st_mtime_ns for path in out.glob("*.jpg")}
    assert 6 <= len(there) < COUNT
    resumed = clusters.command_line(source, out, "--run-on", "ray", "--resume")
    told = json.loads(resumed.communicate()[0])
    assert (resumed.returncode, told["left"], told["failed"]) == (0, 0, 0)
    assert told["made"] + told["unchanged"] == COUNT
    assert cards(out) == truth(COUNT)
    assert {name: (out / name).stat().st_mtime_ns for name in there} == there  # none was put there again
    uninterrupted = CountingSink(tmp_path / "other")
    batch(folder_of(source), uninterrupted, crew=local.work)
    assert names(out) == names(uninterrupted.root)


def told_first(out):
    """The summary; an error may follow it."""
    return json.JSONDecoder().raw_decode(out)[0]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_ctrl_c_finishes_what_is_in_hand(cluster, tmp_path, truth):
    source, out = photos(tmp_path / "in", COUNT), tmp_path / "out"
    driver = clusters.command_line(source, out, "--run-on", "ray")
    until(lambda: len(list(out.glob("*.jpg"))) >= 3)
    driver.send_signal(signal.SIGINT)
    told = told_first(driver.communicate()[0])
    assert driver.returncode == 130
    assert told["stopped"]["code"] == "interrupted"
    assert told["left"] == COUNT - told["made"] > 0
    assert len(cards(out)) == told["made"]
    resumed = clusters.command_line(source, out, "--run-on", "ray", "--resume")
    assert json.loads(resumed.communicate()[0])["made"] == told["left"]
    assert cards(out) == truth(COUNT)


@dataclass(frozen=True, slots=True)
class Poison(FileReader):
    """Kills who reads one photo, and fails in a way that nobody meant at another."""

    driver: int = 0

    def read(self, locator):
        if locator.endswith("007.jpg") and os.getpid() != self.driver:
            os.kill(os.getpid(), signal.SIGKILL)
        if locator.endswith("011.jpg"):
            raise ZeroDivisionError("a bug")
        return FileReader.read(self, locator)


def test_a_photo_that_kills_its_worker_fails_alone(cluster, tmp_path, truth):
    from ray import cloudpickle

    from ephoto.core.errors import EphotoError

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    source = photos(tmp_path / "in", COUNT)
    (source / "020.jpg").write_bytes(b"no photo")
    sink = CountingSink(tmp_path / "out")
    bugs = []
    try:
        summary = batch(
            folder_of(source, Poison(clusters.MOST_BYTES, driver=os.getpid())), sink,
            bug=lambda error: bugs.append(str(error)) or EphotoError("internal", problem="a bug", trace=""),
        )  # fmt: skip
    finally:
        cloudpickle.unregister_pickle_by_value(sys.modules[__name__])
    assert summary.errors == {"worker_died": 1, "internal": 1, "not_a_picture": 1}
    assert "ZeroDivisionError: a bug" in bugs[0]
    expected = truth(COUNT)
    for name in ("007.jpg", "011.jpg", "020.jpg"):
        del expected[name]
    assert cards(sink.root) == expected
    assert sorted(sink.delivered) == sorted(expected)


def test_an_archive_is_read_beside_the_driver(cluster, tmp_path, truth):
    """Half of its photos are made on a node that is not the driver's."""
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for photo in sorted(photos(tmp_path / "in", 10).iterdir()):
            archive.write(photo, photo.name)
    sink = CountingSink(tmp_path / "out")
    is_whole(batch(Archive(path, ArchiveReader(path, clusters.MOST_BYTES)), sink), sink, truth, 10)


def test_from_memory_to_memory_with_one_put_a_card(cluster, tmp_path, truth):
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    for photo in photos(tmp_path / "in", 10).iterdir():
        memory.pipe_file(f"/ray-in/{photo.name}", photo.read_bytes())
    puts = []

    class Counting(RemoteSink):
        def deliver(self, name, data):
            super().deliver(name, data)
            puts.append(name)

    source = RemoteFolder("memory://ray-in", RemoteReader("memory://ray-in", clusters.MOST_BYTES))
    summary = batch(source, Counting("memory://ray-out"), ledger=tmp_path / "ledger.sqlite")
    assert (summary.made, summary.left) == (10, 0)
    assert sorted(puts) == sorted(truth(10))
    assert {name: memory.cat_file(f"/ray-out/{name}") for name in puts} == truth(10)


def test_an_input_that_vanishes_stops_the_batch(cluster, tmp_path):
    source, sink = photos(tmp_path / "in", COUNT), CountingSink(tmp_path / "out")
    with meanwhile(lambda: len(sink.delivered) >= 3, lambda: source.rename(tmp_path / "away")):
        summary = batch(folder_of(source), sink)
    assert isinstance(summary.stopped, InputError)
    assert summary.stopped.code == "input_gone"
    assert summary.left + summary.made == COUNT


def test_nothing_of_a_photo_is_in_rays_logs(cluster, tmp_path):
    source = photos(tmp_path / "in", 4)
    for number, name in enumerate(("110101199003077774.jpg", "张三丰-private.jpg")):
        (source / f"{number:03}.jpg").rename(source / name)
    (source / "110101199003077774.jpg").write_bytes(b"no photo")
    summary = batch(folder_of(source), CountingSink(tmp_path / "out"))
    assert (summary.made, summary.failed) == (3, 1)
    logs = [path for path in clusters.session(cluster).rglob("*") if path.is_file()]
    assert logs
    for path in logs:
        text = path.read_bytes()
        for word in ("110101199003077774", "张三丰", "-private", "/in/002.jpg"):
            assert word.encode() not in text, path


TALKATIVE = """
import time
from ray.cluster_utils import Cluster
Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
time.sleep(60)
"""


def test_a_cluster_that_is_started_here_reports_to_nobody(ray, tmp_path, monkeypatch, truth):
    """Not even where its reports are asked for. They would be seen: those of clusters that others start, are."""
    monkeypatch.setenv("RAY_ADDRESS", "local")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("RAY_USAGE_STATS_REPORT_URL", f"http://127.0.0.1:{listener.getsockname()[1]}/")
        monkeypatch.setenv("RAY_USAGE_STATS_REPORT_INTERVAL_S", "1")
        monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "1")
        source = photos(tmp_path / "in", 20)
        ran = clusters.command_line(source, tmp_path / "out", "--run-on", "ray", "--workers", "1")
        err = ran.communicate()[1]
        assert ran.returncode == 0, err
        assert cards(tmp_path / "out") == truth(20)
        assert [line for line in err.splitlines() if not line.startswith("{")] == []
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()
        control = subprocess.Popen([sys.executable, "-c", TALKATIVE], stderr=subprocess.DEVNULL)
        try:
            listener.settimeout(60)
            listener.accept()[0].close()
        finally:
            control.send_signal(signal.SIGINT)
            control.wait()


def test_a_cluster_that_is_not_there_is_named(ray, tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    ran = clusters.command_line(photos(tmp_path / "in", 1), tmp_path / "out", "--run-on", "ray")
    told = told_first(ran.communicate()[0])
    assert ran.returncode == 6
    assert told["stopped"]["code"] == "cluster_failed"
