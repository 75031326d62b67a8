"""Where cards go: whole or not at all, nothing of others replaced, the same bytes for the same cards."""

from __future__ import annotations

import errno
import json
import stat
import time
import zipfile
from pathlib import Path

import pytest

from ephoto.batch import sinks
from ephoto.batch.sinks import FolderSink
from ephoto.batch.zip_sink import ZipSink
from ephoto.core.errors import EnvironmentFault, InputError
from tests.batch.trivial import batch, card_of, cards_in, crew


@pytest.fixture
def photos(tmp_path):
    """Three photos."""
    root = tmp_path / "in"
    (root / "a").mkdir(parents=True)
    for n, name in enumerate(["one.jpg", "a/two.png", "三.jpg"]):
        (root / name).write_bytes(b"%d" % n)
    return root


CARDS = {"one.jpg": card_of(b"0"), "a/two.jpg": card_of(b"1"), "三.jpg": card_of(b"2")}


def unzipped(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def changed(path, data):
    path.write_bytes(data)
    return path


# ---- a folder


@pytest.mark.parametrize("out", ["out", "not/there/yet"])
def test_a_folder_is_made(out, photos, tmp_path):
    assert batch(photos, tmp_path / out).made == 3
    assert cards_in(tmp_path / out) == CARDS
    lines = [json.loads(line) for line in (tmp_path / out / "manifest.jsonl").read_text("utf-8").splitlines()]
    assert [line["output"] for line in lines] == ["a/two.jpg", "one.jpg", "三.jpg"]
    assert all(line["timings_ms"] for line in lines)


def test_files_of_others_are_kept_unless_force(photos, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "one.jpg").write_bytes(b"theirs")
    (out / "三.jpg").symlink_to("nowhere")
    summary = batch(photos, out)
    assert (summary.made, summary.errors) == (1, {"output_exists": 2})
    assert (out / "one.jpg").read_bytes() == b"theirs"
    (out / "三.jpg").unlink()
    assert batch(photos, out).made == 1  # tried again without being asked
    assert batch(photos, out, force=True).failed == 0
    assert cards_in(out) == CARDS


def test_a_manifest_of_others_is_kept_unless_force(photos, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.jsonl").write_bytes(b"theirs")
    with pytest.raises(EnvironmentFault) as caught:
        batch(photos, tmp_path / "out")
    assert caught.value.code == "output_exists"
    assert (tmp_path / "out" / "manifest.jsonl").read_bytes() == b"theirs"
    assert batch(photos, tmp_path / "out", force=True).made == 3


@pytest.mark.parametrize("what", ["file", "link to a file", "dangling link", "below a file"])
def test_out_that_is_no_folder(what, photos, tmp_path):
    out = tmp_path / "out"
    (tmp_path / "file").write_bytes(b"1")
    if what == "file":
        out.write_bytes(b"1")
    elif "link" in what:
        out.symlink_to(tmp_path / ("file" if "to" in what else "nowhere"))
    else:
        out = tmp_path / "file" / "out"
    with pytest.raises(EnvironmentFault) as caught:
        batch(photos, out)
    assert (caught.value.code, caught.value.values["path"]) == ("output_failed", str(out))
    if what in ("file", "link to a file"):
        assert caught.value.values["problem"] == "it is a file"
    assert (tmp_path / "file").read_bytes() == b"1"


def test_half_files_of_a_killed_run_are_cleared(photos, tmp_path):
    (tmp_path / "out" / "a").mkdir(parents=True)
    (tmp_path / "out" / "a" / ".ephoto-batch-0123456789abcdef.part").write_bytes(b"half")
    theirs = changed(tmp_path / "out" / "a" / ".ephoto-0123456789abcdef.part", b"of a convert that runs meanwhile")
    batch(photos, tmp_path / "out")
    theirs.unlink()  # it is there still
    assert cards_in(tmp_path / "out") == CARDS


def test_after_a_run_that_was_whole_nothing_is_looked_for(photos, tmp_path):
    """A hundred thousand cards are not walked through for it."""
    batch(photos, tmp_path / "out")
    half = changed(tmp_path / "out" / ".ephoto-batch-0123456789abcdef.part", b"half")
    batch(photos, tmp_path / "out")
    assert half.exists()


def test_the_names_of_half_files_are_the_batchs_own(photos, tmp_path, monkeypatch):
    seen, replace = [], Path.replace
    monkeypatch.setattr(Path, "replace", lambda path, to: seen.append(path.name) or replace(path, to))
    batch(photos, tmp_path / "out")
    parts = [name for name in seen if name.endswith(".part")]
    assert len(parts) == 4  # three cards, one manifest
    assert all(name.startswith(".ephoto-batch-") for name in parts)


@pytest.mark.parametrize("number", [errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ])
def test_a_name_that_the_disk_cannot_have_fails_one_photo(number, photos, tmp_path, monkeypatch):
    """As a FAT stick says to a colon; there is no such disk here."""
    write = sinks.write

    def refusing(path, data, **words):
        if Path(path).name == "one.jpg":
            raise EnvironmentFault("output_failed", path=str(path), problem="x") from OSError(number, "x")
        return write(path, data, **words)

    monkeypatch.setattr(sinks, "write", refusing)
    summary = batch(photos, tmp_path / "out")
    assert (summary.made, summary.errors, summary.stopped) == (2, {"name_unsafe": 1}, None)


def test_a_path_that_is_too_long_fails_one_photo(photos, tmp_path):
    """Each part fits, the whole does not: the system's own refusal."""
    sink = FolderSink(tmp_path / "out")
    sink.prepare()
    with pytest.raises(InputError) as caught:
        sink.deliver("/".join(["d" * 200] * 30) + "/x.jpg", b"1")
    assert caught.value.code == "name_unsafe"


def test_what_stops_the_batch_names_out_and_no_card(photos, tmp_path, monkeypatch):
    def full(path, data, **words):
        raise EnvironmentFault("output_failed", path=str(path), problem="No space left on device") from OSError(
            errno.ENOSPC, ""
        )

    monkeypatch.setattr(sinks, "write", full)
    with pytest.raises(EnvironmentFault) as caught:
        FolderSink(tmp_path / "out").deliver("110101199003070038.jpg", b"1")
    assert caught.value.values == {"path": str(tmp_path / "out"), "problem": "No space left on device"}
    with pytest.raises(EnvironmentFault) as caught:
        ZipSink(tmp_path / "out.zip").deliver("110101199003070038.jpg", b"1")
    assert caught.value.values["path"] == str(tmp_path / "out.zip")


# ---- a zip


def test_the_same_photos_give_the_same_zip(photos, tmp_path):
    for name in ("one.zip", "folder/two.zip"):
        batch(photos, tmp_path / name)
        time.sleep(0.01)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "folder" / "two.zip").read_bytes()
    held = unzipped(tmp_path / "one.zip")
    assert held.pop("manifest.jsonl").count(b"\n") == 3
    assert held == CARDS
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert {(i.create_system, stat.S_IMODE(i.external_attr >> 16)) for i in archive.infolist()} == {(3, 0o644)}


def test_a_second_run_leaves_the_zip_untouched(photos, tmp_path):
    out = tmp_path / "out.zip"
    batch(photos, out)
    before = out.stat()
    summary = batch(photos, out)
    assert (summary.made, summary.unchanged) == (0, 3)
    assert (out.stat().st_mtime_ns, out.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_changed_photo_replaces_its_card_only(photos, tmp_path):
    out = tmp_path / "out.zip"
    batch(photos, out)
    changed(photos / "one.jpg", b"anew")
    read = []

    def counted(desk, tell):
        desk.job.source.reader = type("R", (), {"read": lambda self, at: read.append(at) or Path(at).read_bytes()})()
        return crew(desk, tell)

    summary = batch(photos, out, crew=counted)
    assert (summary.made, summary.unchanged, len(read)) == (1, 2, 1)
    held = unzipped(out)
    held.pop("manifest.jsonl")
    assert held == CARDS | {"one.jpg": card_of(b"anew")}


def test_what_is_in_the_zip_besides_stays(photos, tmp_path):
    """Another's files, and the cards of photos that are gone."""
    out = tmp_path / "out.zip"
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", b"theirs")
        archive.writestr("one.jpg", b"theirs")
        archive.mkdir("folder")
    assert batch(photos, out).errors == {"output_exists": 1}
    assert unzipped(out)["readme.txt"] == unzipped(out)["one.jpg"] == b"theirs"
    batch(photos, out, force=True)
    (photos / "三.jpg").unlink()
    changed(photos / "one.jpg", b"anew")
    assert batch(photos, out).gone == 1
    held = unzipped(out)
    assert held["readme.txt"] == b"theirs"
    assert held["三.jpg"] == CARDS["三.jpg"]
    assert held["one.jpg"] == card_of(b"anew")


def test_a_zip_that_was_deleted_is_made_anew(photos, tmp_path):
    out = tmp_path / "out.zip"
    batch(photos, out)
    whole = out.read_bytes()
    out.unlink()
    assert batch(photos, out).made == 3
    assert out.read_bytes() == whole


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\5\6" + b"\xff" * 18])
def test_out_that_is_no_zip_is_kept(content, photos, tmp_path):
    out = changed(tmp_path / "out.zip", content)
    with pytest.raises(EnvironmentFault) as caught:
        batch(photos, out, force=True)
    assert caught.value.code == "output_failed"
    assert out.read_bytes() == content


def test_a_zip_that_breaks_between_two_runs(photos, tmp_path):
    """The list of members is whole, one of the cards is not."""
    out = tmp_path / "out.zip"
    batch(photos, out)
    changed(out, out.read_bytes().replace(CARDS["a/two.jpg"], b"x" * len(CARDS["a/two.jpg"])))
    damaged = out.read_bytes()
    changed(photos / "one.jpg", b"anew")
    stopped = batch(photos, out).stopped
    assert (stopped.code, stopped.exit_code) == ("output_failed", 6)
    assert out.read_bytes() == damaged
    assert batch(photos, out, verify=True, resume=True).failed == 0
    assert unzipped(out)["a/two.jpg"] == CARDS["a/two.jpg"]


def test_failed_photos_of_a_zip_lie_beside_it(photos, tmp_path):
    (photos / "huge.jpg").write_bytes(bytes(2000))
    (photos / "bad\n.jpg").write_bytes(b"1")

    def refusing(desk, tell):
        from ephoto.batch.work import Refusal

        for row in desk.rows():
            desk.finish(row, Refusal(InputError("truncated")))
        return True

    summary = batch(photos, tmp_path / "out.zip", on_fail="quarantine", crew=refusing)
    assert summary.quarantine == str(tmp_path / "out.zip.ephoto" / "quarantine")
    assert sorted(p.name for p in Path(summary.quarantine).rglob("*.*g")) == ["one.jpg", "two.png", "三.jpg"]
    assert set(unzipped(tmp_path / "out.zip")) == {"manifest.jsonl"}
    for path in photos.rglob("*.*g"):
        path.write_bytes(path.read_bytes()[:900] + b"+")
    batch(photos, tmp_path / "out.zip")
    assert not list(Path(summary.quarantine).rglob("*.*g"))


def test_ten_thousand_cards_are_copied_in_no_time(tmp_path):
    sink = ZipSink(tmp_path / "out.zip")
    sink.prepare()
    with zipfile.ZipFile(sink.path, "w") as archive:
        for n in range(10_000):
            archive.writestr(f"学生{n:05d}.jpg", b"x")
    sink.prepare()
    names = [f"学生{n:05d}.jpg" for n in range(10_000)]
    start = time.perf_counter()
    sink.finish(iter(names), {})
    assert time.perf_counter() - start < 10
    assert list(unzipped(sink.path)) == names
