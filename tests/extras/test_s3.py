"""An object store as people have it: moto's S3 server on this machine, s3fs, workers that read for themselves."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.util import find_spec

import pytest

from tests.extras.conftest import PORTRAIT, ROOT, absent

COUNT = 4
NAMES = [f"班级/学生{n}.jpg" for n in range(COUNT)]

# What s3fs and what it stands on warn of in their own code is theirs.
pytestmark = pytest.mark.filterwarnings("default:::(?!ephoto)")


class Store:
    """A server that can be stopped and started anew; its log tells every request."""

    def __init__(self, folder):
        self.log = folder / "requests.log"
        self._log = self.log.open("ab")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = None
        self.env = os.environ | {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "PYTHONPATH": str(ROOT),
            "AWS_MAX_ATTEMPTS": "2",
        }  # fmt: skip

    def start(self):
        """Begin with nothing in it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
            stdout=subprocess.DEVNULL, stderr=self._log, env=self.env,
        )  # fmt: skip
        for _ in range(300):
            try:
                return self.ask("GET", "/moto-api/data.json") and None
            except OSError:
                time.sleep(0.1)
        pytest.fail("the server did not start")

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def ask(self, method, path, data=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method)
        request.add_header("Content-Type", "image/jpeg")
        request.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def put(self, name, data):
        self.ask("PUT", "/bucket/" + urllib.request.quote(name), data)

    def get(self, name):
        return self.ask("GET", "/bucket/" + urllib.request.quote(name))

    def names(self, prefix):
        listed = self.ask("GET", f"/bucket?list-type=2&prefix={prefix}").decode()
        return [name.removeprefix(prefix) for name in re.findall(r"<Key>([^<]*)</Key>", listed)]

    def puts(self, mark=0):
        """Objects put since that place in the log, in order."""
        log = self.log.read_bytes()[mark:].decode("utf-8", "replace")
        return [urllib.request.unquote(path) for path in re.findall(r'"PUT /bucket/([^ ?]*)[^"]*" 200', log)]

    def requests(self, mark=0):
        return re.findall(r'"([A-Z]+) /bucket', self.log.read_bytes()[mark:].decode("utf-8", "replace"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    for package in ("s3fs", "moto", "flask"):
        if find_spec(package) is None:
            absent("s3", f"{package} is not installed")
    store = Store(tmp_path_factory.mktemp("store"))
    store.start()
    yield store
    store.stop()
    store._log.close()


@pytest.fixture
def store(server):
    """A store with photos of its own under in/, and nothing else."""
    server.ask("POST", "/moto-api/reset", b"")
    fill(server)
    return server


def fill(store, names=NAMES):
    store.ask("PUT", "/bucket")
    for name in names:
        store.put(f"in/{name}", PORTRAIT.read_bytes())


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    """What `ephoto convert` makes of the photo."""
    path = tmp_path_factory.mktemp("card") / "card.jpg"
    command = [sys.executable, "-m", "ephoto.cli.app", "convert", PORTRAIT, "-o", path, "--no-checks"]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    return path.read_bytes()


def begun(store, folder, *more, source="s3://bucket/in", out="s3://bucket/out"):
    words = [source, out, "--ledger", str(folder / "ledger.sqlite"), "--workers", "1", "--no-checks", "--json", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "ephoto.cli.app", "batch", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=store.env, text=True,
    )  # fmt: skip


def ended(store, folder, *more, **places):
    process = begun(store, folder, *more, **places)
    out, err = process.communicate(timeout=240)
    assert out, err
    return process.returncode, json.loads(out), err


@pytest.fixture
def told(store, tmp_path, capsys, monkeypatch):
    """What a batch in this process is refused with: (exit code, the error's code)."""
    from ephoto.cli.app import main

    for name, value in store.env.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)

    def run(source, out):
        code = main(["batch", source, out, "--ledger", str(tmp_path / "ledger.sqlite"), "--json"])
        return code, json.loads(capsys.readouterr().out)["error"]["code"]

    return run


def cards(store):
    return {name: store.get(f"out/{name}") for name in store.names("out/") if name != "manifest.jsonl"}


def test_one_put_a_card_and_none_when_nothing_changed(store, card, tmp_path):
    mark = store.log.stat().st_size
    code, told, err = ended(store, tmp_path)
    assert (code, told["made"], told["failed"]) == (0, COUNT, 0), err
    assert store.requests(mark).count("GET") <= COUNT + 3  # each photo once, and lists of both places
    assert cards(store) == dict.fromkeys(NAMES, card)
    assert sorted(store.puts(mark)) == sorted([*(f"out/{name}" for name in NAMES), "out/manifest.jsonl"])
    assert len(store.get("out/manifest.jsonl").splitlines()) == COUNT
    mark = store.log.stat().st_size
    code, told, _ = ended(store, tmp_path)
    assert (code, told["made"], told["unchanged"]) == (0, 0, COUNT)
    assert store.puts(mark) == []
    assert len(store.requests(mark)) <= COUNT  # lists of both places, not a question for each card


def test_killed_at_any_moment_no_card_is_put_twice(store, card, tmp_path):
    mark = store.log.stat().st_size
    for least in (1, 2):
        process = begun(store, tmp_path, "--resume")
        deadline = time.monotonic() + 120
        while len(store.puts(mark)) < least and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    time.sleep(1)  # what was on its way arrives or not
    code, told, err = ended(store, tmp_path, "--resume")
    assert (code, told["left"], told["failed"]) == (0, 0, 0), err
    assert cards(store) == dict.fromkeys(NAMES, card)
    put = [name for name in store.puts(mark) if not name.endswith("manifest.jsonl")]
    assert sorted(put) == sorted(f"out/{name}" for name in NAMES)


def test_a_store_that_goes_away_stops_the_batch_by_name_and_it_is_gone_on_with(store, card, tmp_path):
    photos = tmp_path / "in"
    for name in NAMES:
        (photos / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PORTRAIT, photos / name)
    mark = store.log.stat().st_size
    process = begun(store, tmp_path, source=str(photos))
    while not store.puts(mark) and process.poll() is None:
        time.sleep(0.02)
    kept = cards(store)
    store.stop()
    out, err = process.communicate(timeout=240)
    told = json.loads(out)
    assert process.returncode == 6, err
    assert told["stopped"]["code"] == "output_failed"
    assert told["left"] > 0
    assert "s3://bucket/out" in err
    assert "学生" not in err + out
    store.start()
    fill(store, [])
    for name, data in kept.items():  # this server has no memory
        store.put(f"out/{name}", data)
    code, told, err = ended(store, tmp_path, "--resume", source=str(photos))
    assert (code, told["left"], told["failed"]) == (0, 0, 0), err
    assert cards(store) == dict.fromkeys(NAMES, card)


@pytest.mark.parametrize("out", ["s3://bucket/in", "s3://bucket/in/cards", "s3a://bucket/in/"])
def test_out_in_in(out, told):
    assert told("s3://bucket/in", out) == (2, "out_in_in")


@pytest.mark.parametrize(
    ("source", "code", "error"),
    [
        ("s3://none/in", 3, "not_found"),
        ("s3://bucket/none", 3, "not_found"),
        ("s3://bucket/in/*.tif", 2, "batch_empty"),
    ],
)
def test_places_that_are_not_there(source, code, error, told):
    assert told(source, "s3://bucket/out") == (code, error)


def test_a_bucket_that_is_not_there_takes_no_cards(store, tmp_path):
    code, told, err = ended(store, tmp_path, out="s3://none/out")
    assert (code, told["stopped"]["code"]) == (6, "output_failed"), err


def test_an_empty_object_is_a_photo_that_fails(store, tmp_path):
    store.put("in/empty.jpg", b"")
    code, told, _ = ended(store, tmp_path)
    assert (code, told["made"], told["errors"]) == (1, COUNT, {"empty": 1})


def test_an_object_that_changed(store, tmp_path):
    photos = ROOT / "samples" / "short-hair.jpg"
    ended(store, tmp_path)
    store.put(f"in/{NAMES[1]}", photos.read_bytes())
    mark = store.log.stat().st_size
    _, told, _ = ended(store, tmp_path)
    assert (told["made"], told["unchanged"]) == (1, COUNT - 1)
    assert store.puts(mark) == [f"out/{NAMES[1]}", "out/manifest.jsonl"]
