"""Object stores, by the one that lives in memory; tests/extras/test_s3.py has a real one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from ephoto.batch import remote, remote_sink
from ephoto.batch.remote import RemoteFolder, RemoteReader, open_url
from ephoto.batch.remote_sink import RemoteSink
from ephoto.core.errors import EnvironmentFault, InputError, UsageError
from tests.batch.trivial import batch, card_of

fsspec = pytest.importorskip("fsspec", reason="the extra `batch` is not installed")

PHOTOS = {"one.jpg": b"0", "a/two.png": b"1", "a/b/三.jpg": b"2"}
CARDS = {"one.jpg": card_of(b"0"), "a/two.jpg": card_of(b"1"), "a/b/三.jpg": card_of(b"2")}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(remote_sink.time, "sleep", lambda seconds: None)


@pytest.fixture
def base():
    """A place of this test's own."""
    return f"memory://{uuid4().hex}"


@pytest.fixture
def store(base):
    """The store itself, with three photos in IN."""
    system = fsspec.filesystem("memory")
    for name, data in PHOTOS.items():
        system.pipe_file(f"{base}/in/{name}", data)
    return system


def held(store, url):
    root = open_url(url)[1]
    found = {path.removeprefix(root + "/"): store.cat_file(path) for path in store.find(root)}
    return {name: data for name, data in found.items() if name != "manifest.jsonl"}


def keys(url):
    return [item.key for item in RemoteFolder(url, RemoteReader(url, 100)).items()]


def test_photos_in_and_cards_out(base, store, tmp_path):
    words = {"ledger": tmp_path / "ledger.sqlite"}
    summary = batch(f"{base}/in", f"{base}/out", **words)
    assert (summary.made, summary.failed) == (3, 0)
    assert held(store, f"{base}/out") == CARDS
    assert store.exists(f"{base}/out/manifest.jsonl")
    summary = batch(f"{base}/in", f"{base}/out", **words)
    assert (summary.made, summary.unchanged) == (0, 3)


def test_from_a_folder_and_to_a_folder(base, store, tmp_path):
    batch(f"{base}/in", tmp_path / "out")
    batch(tmp_path / "out", f"{base}/out", ledger=tmp_path / "ledger")
    assert set(held(store, f"{base}/out")) == set(CARDS)


@pytest.mark.parametrize(
    ("tail", "found"),
    [
        ("", ["a/b/三.jpg", "a/two.png", "one.jpg"]),
        ("/", ["a/b/三.jpg", "a/two.png", "one.jpg"]),
        ("/a", ["b/三.jpg", "two.png"]),
        ("/*.jpg", ["one.jpg"]),
        ("/**/*.jpg", ["a/b/三.jpg", "one.jpg"]),
        ("/a/*", ["two.png"]),
        ("/one.jpg", ["one.jpg"]),
    ],
)
def test_what_is_listed(tail, found, base, store):
    assert keys(f"{base}/in{tail}") == found


def test_what_is_no_photo_is_passed_over(base, store):
    store.pipe_file(f"{base}/in/notes.txt", b"")
    store.pipe_file(f"{base}/in/.hidden.jpg", b"")
    source = RemoteFolder(f"{base}/in", RemoteReader(f"{base}/in", 100))
    assert len(list(source.items())) == 3
    assert source.passed_over == 1


def test_a_prefix_that_is_not_there(base):
    with pytest.raises(InputError) as caught:
        keys(f"{base}/none")
    assert caught.value.code == "not_found"
    assert not RemoteFolder(f"{base}/none", RemoteReader(f"{base}/none", 100)).is_there()


@pytest.mark.parametrize("tail", ["/*.tif", "/a/*.jpg"])
def test_a_pattern_that_finds_nothing(tail, base, store, tmp_path):
    with pytest.raises(UsageError) as caught:
        batch(f"{base}/in{tail}", tmp_path / "out")
    assert caught.value.code == "batch_empty"


def test_a_photo_that_is_too_large_or_gone(base, store):
    store.pipe_file(f"{base}/in/big.jpg", bytes(101))
    reader = RemoteReader(f"{base}/in", 100)
    root = open_url(f"{base}/in")[1]
    with pytest.raises(InputError) as caught:
        reader.read(f"{root}/big.jpg")
    assert caught.value.code == "too_many_bytes"
    with pytest.raises(InputError) as caught:
        reader.read(f"{root}/none.jpg")
    assert caught.value.code == "not_found"


def test_an_object_that_changed_is_made_anew(base, store, tmp_path):
    words = {"ledger": tmp_path / "ledger.sqlite"}
    batch(f"{base}/in", f"{base}/out", **words)
    store.pipe_file(f"{base}/in/one.jpg", b"anew")
    summary = batch(f"{base}/in", f"{base}/out", **words)
    assert (summary.made, summary.unchanged) == (1, 2)
    assert held(store, f"{base}/out")["one.jpg"] == card_of(b"anew")


def test_a_card_that_was_deleted_is_made_anew(base, store, tmp_path):
    words = {"ledger": tmp_path / "ledger.sqlite"}
    batch(f"{base}/in", f"{base}/out", **words)
    store.rm_file(f"{base}/out/one.jpg")
    assert batch(f"{base}/in", f"{base}/out", **words).made == 1
    assert held(store, f"{base}/out") == CARDS


def test_objects_of_others_are_kept_unless_force(base, store, tmp_path):
    words = {"ledger": tmp_path / "ledger.sqlite"}
    store.pipe_file(f"{base}/out/one.jpg", b"theirs")
    summary = batch(f"{base}/in", f"{base}/out", **words)
    assert (summary.made, summary.errors) == (2, {"output_exists": 1})
    assert held(store, f"{base}/out")["one.jpg"] == b"theirs"
    assert batch(f"{base}/in", f"{base}/out", force=True, **words).failed == 0
    assert held(store, f"{base}/out") == CARDS


class Failing:
    """A store that refuses the first puts."""

    def __init__(self, store, times, monkeypatch):
        self.left, self.asked = times, 0
        whole = type(store).pipe_file

        def pipe_file(system, path, value, **words):
            if "/out/" in path:
                self.asked += 1
                self.left -= 1
                if self.left >= 0:
                    raise OSError(f"SlowDown: {path}")
            return whole(system, path, value, **words)

        monkeypatch.setattr(type(store), "pipe_file", pipe_file)


def test_a_put_that_fails_is_tried_again(base, store, tmp_path, monkeypatch):
    failing = Failing(store, 2, monkeypatch)
    assert batch(f"{base}/in", f"{base}/out", ledger=tmp_path / "ledger").made == 3
    assert failing.asked == 5


def test_a_store_that_refuses_stops_the_batch_and_it_goes_on_later(base, store, tmp_path, monkeypatch):
    words = {"ledger": tmp_path / "ledger.sqlite"}
    failing = Failing(store, 3, monkeypatch)

    summary = batch(f"{base}/in", f"{base}/out", **words)
    assert (summary.stopped.code, summary.stopped.exit_code) == ("output_failed", 6)
    assert (summary.made, summary.left, failing.asked) == (0, 3, 3)
    assert summary.stopped.values == {"path": f"{base}/out", "problem": "OSError"}
    assert batch(f"{base}/in", f"{base}/out", resume=True, **words).made == 3
    assert held(store, f"{base}/out") == CARDS


def test_a_card_that_was_put_before_the_crash_is_not_put_again(base, store, tmp_path):
    """As after kill -9 between the put and its entry."""
    words = {"ledger": tmp_path / "ledger.sqlite"}

    class Killed(BaseException):
        pass

    def crew(desk, tell):
        from tests.batch.trivial import made

        row = next(desk.rows())
        desk._ledger.done = lambda n: (_ for _ in ()).throw(Killed)
        desk.finish(row, made(desk.job.source.reader.read(row.locator)))

    with pytest.raises(Killed):
        batch(f"{base}/in", f"{base}/out", crew=crew, **words)
    assert len(held(store, f"{base}/out")) == 1
    summary = batch(f"{base}/in", f"{base}/out", resume=True, **words)
    assert (summary.made, summary.unchanged) == (2, 1)
    assert held(store, f"{base}/out") == CARDS


def test_failed_photos_go_to_a_prefix_of_their_own(base, store, tmp_path):
    store.pipe_file(f"{base}/in/bad.jpg", b"x")

    def crew(desk, tell):
        from ephoto.batch.work import Refusal
        from tests.batch.trivial import made

        for row in desk.rows():
            data = desk.job.source.reader.read(row.locator)
            desk.finish(row, Refusal(InputError("corrupt", problem="")) if data == b"x" else made(data))
        return True

    words = {"ledger": tmp_path / "ledger.sqlite"}
    summary = batch(f"{base}/in", f"{base}/out", on_fail="quarantine", crew=crew, **words)
    assert summary.quarantine == f"{base}/out/quarantine"
    assert held(store, f"{base}/out") == CARDS | {"quarantine/bad.jpg": b"x"}
    store.pipe_file(f"{base}/in/bad.jpg", b"good")
    batch(f"{base}/in", f"{base}/out", on_fail="quarantine", crew=crew, **words)
    assert held(store, f"{base}/out") == CARDS | {"bad.jpg": card_of(b"good")}


def test_the_card_itself_is_compared(base, store):
    sink = RemoteSink(f"{base}/out")
    assert not sink.holds("x.jpg", "")
    sink.deliver("x.jpg", b"1")
    assert sink.holds("x.jpg", hashlib.sha256(b"1").hexdigest())
    assert not sink.holds("x.jpg", hashlib.sha256(b"2").hexdigest())


@pytest.mark.parametrize("name", ["LastModified", "mtime", "created"])
@pytest.mark.parametrize("when", [datetime(2026, 1, 1, tzinfo=UTC), 1767225600, 1767225600.0])
def test_times_of_all_stores(name, when):
    assert remote._mtime_ns({name: when}) == 1767225600 * 10**9
    assert remote._mtime_ns({name: "yesterday"}) is None


def test_a_store_whose_package_is_missing_names_the_extra(monkeypatch):
    def missing(url):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(EnvironmentFault) as caught:
        open_url("s3://bucket/x")
    assert caught.value.code == "extra_missing"
    assert "ephoto[s3]" in caught.value.hint()
    with pytest.raises(EnvironmentFault) as caught:
        open_url("gs://bucket/x")
    assert caught.value.code == "package_missing"
