"""What the words for IN and OUT mean, and that one does not lie in the other."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ephoto.batch.archive import Archive
from ephoto.batch.folder import Folder, Pattern
from ephoto.batch.listed import Listed
from ephoto.batch.places import check_apart, is_url, sink_of, source_of
from ephoto.batch.sinks import FolderSink
from ephoto.batch.zip_sink import ZipSink
from ephoto.core.errors import InputError, UsageError
from tests.batch.trivial import batch


@pytest.fixture
def here(tmp_path, monkeypatch):
    """IN in each form, in the working directory."""
    monkeypatch.chdir(tmp_path)
    for folder in ("in/sub", "[x]", "dir.zip", "dir.csv"):
        Path(folder).mkdir(parents=True)
    Path("in/a.jpg").write_bytes(b"1")
    for table in ("t.csv", "t.JSONL", "t.xlsx", "t.tsv"):
        Path(table).write_text("id,photo\n", "utf-8")
    with zipfile.ZipFile("in.ZIP", "w") as archive:
        archive.writestr("a.jpg", b"1")
    Path("one.jpg").write_bytes(b"1")
    Path("link").symlink_to("in")
    Path("link.zip").symlink_to("in.ZIP")
    return tmp_path


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("in", Folder), ("in/", Folder), ("./in/sub/..", Folder), ("link", Folder), ("[x]", Folder),
        ("dir.zip", Folder),
        ("dir.csv", Folder), ("in.ZIP", Archive), ("link.zip", Archive), ("t.csv", Listed), ("t.JSONL", Listed),
        ("t.xlsx", Listed), ("t.tsv", Listed), ("in/*.jpg", Pattern), ("in/**", Pattern), ("none/*.jpg", Pattern),
    ],
)  # fmt: skip
def test_sources(word, kind, here):
    assert isinstance(source_of(word, 10), kind)
    assert isinstance(source_of(f"file://{here}/{word}", 10), kind)


@pytest.mark.parametrize("word", ["none", "none.zip", "none.csv", "", "in/none/"])
def test_what_is_not_there(word, here):
    with pytest.raises(InputError) as caught:
        source_of(word or "nothing", 10)
    assert caught.value.code == "not_found"


def test_one_photo_is_no_batch(here):
    with pytest.raises(UsageError) as caught:
        source_of("one.jpg", 10)
    assert caught.value.code == "batch_input"
    assert "ephoto convert" in caught.value.hint()


@pytest.mark.parametrize(
    ("word", "kind"),
    [("out", FolderSink), ("out/", FolderSink), ("out.zip", ZipSink), ("x/OUT.ZIP", ZipSink), ("dir.zip", FolderSink)],
)
def test_sinks(word, kind, here):
    assert isinstance(sink_of(word), kind)
    assert isinstance(sink_of(f"local://{here}/{word}"), kind)


def apart(inside, outside):
    check_apart(source_of(inside, 10), sink_of(outside), (inside, outside))


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("in", "in"), ("in", "in/"), ("in/", "in"), ("in", "in/out"), ("in", "in/sub/deep/out"), ("in", "in/out.zip"),
        ("in", "./in/../in/out"), ("in", "link"), ("in", "link/out"), ("link", "in"), ("link", "in/out"),
        ("in", "sub/../in"),
        (".", "out"), (".", "out.zip"), ("in.ZIP", "in.ZIP"), ("in.ZIP", "link.zip"), ("in/*.jpg", "in"),
        ("in/*", "link"),
        ("in/**/*.jpg", "in/out"), ("in/**/*.jpg", "in/out.zip"), ("*/*.jpg", "out"), ("link/*.jpg", "in"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("absolute", [False, True])
def test_out_in_in(inside, outside, absolute, here):
    if absolute:
        outside = f"file://{here}/{outside}"
    with pytest.raises(UsageError) as caught:
        apart(inside, outside)
    assert caught.value.code == "out_in_in"


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("in", "out"), ("in", "in2"), ("in", "in.zip"), ("in", "in/../out"), ("in/sub", "in"), ("in.ZIP", "in"),
        ("in.ZIP", "."),
        ("in.ZIP", "other.zip"), ("in/*.jpg", "in/out"), ("in/*.jpg", "in/out.zip"), ("in/*.jpg", "out"),
        ("t.csv", "out"),
        ("in", "memory://in"), ("memory://in", "in"), ("memory://in", "memory://out"), ("memory://in", "memory://in2"),
        ("memory://in/*.jpg", "memory://in/out"), ("memory://a/in", "memory://a"),
    ],
)  # fmt: skip
def test_out_beside_in(inside, outside, here):
    if "memory" in inside + outside:
        pytest.importorskip("fsspec")
    apart(inside, outside)


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("memory://in", "memory://in"), ("memory://in", "memory://in/"), ("memory://in", "memory:///in/out"),
        ("memory:///in", "memory://in"), ("memory://in/**/*.jpg", "memory://in/out"),
        ("memory://in/*.jpg", "memory://in"),
        ("memory://in*/*.jpg", "memory://in2"), ("memory://", "memory://out"),
    ],
)  # fmt: skip
def test_out_in_in_of_urls(inside, outside):
    pytest.importorskip("fsspec")
    with pytest.raises(UsageError) as caught:
        apart(inside, outside)
    assert caught.value.code == "out_in_in"


@pytest.mark.parametrize("word", ["s3://b/k", "memory://x", "abfs+x-y://z"])
def test_urls(word):
    assert is_url(word)


@pytest.mark.parametrize("word", ["in", "C:\\in", "C:/in", "file:///in", "local:///in", "://x", "a b://c", "in/a://b"])
def test_no_urls(word):
    assert not is_url(word)


@pytest.mark.parametrize("act", [lambda word: sink_of(word), lambda word: list(source_of(word, 10).items())])
def test_a_kind_that_nobody_knows(act):
    pytest.importorskip("fsspec")
    with pytest.raises(UsageError) as caught:
        act("nonsense://bucket/x")
    assert caught.value.code == "bad_option"


# ---- IN in OUT


def tree(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*g")}


@pytest.mark.parametrize(
    ("inside", "outside", "made", "failed"),
    [
        ("work/photos", "work", 1, 1), ("work/photos", "link/../work", 1, 1), ("work", "up", 0, 2),
        ("work/photos/photos", "work", 1, 0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("absolute", [False, True])
def test_no_card_falls_on_a_photo(inside, outside, made, failed, absolute, tmp_path, monkeypatch):
    """Cards beside the photos are made; one that would be called as a photo is, or lie among them, is not."""
    monkeypatch.chdir(tmp_path)
    for name in ("work/photos/a.jpg", "work/photos/photos/a.jpg"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(name.encode())
    Path("link").symlink_to("work")
    Path("up").mkdir()
    Path("up/photos").symlink_to(tmp_path / "work" / "photos")
    before = tree(tmp_path / "work")
    root = f"file://{tmp_path}/" if absolute else ""
    summary = batch(root + inside, root + outside, force=True)
    assert (summary.made, summary.failed) == (made, failed)
    after = tree(tmp_path / "work")
    assert {name: after[name] for name in before} == before
    assert set(summary.errors) <= {"name_unsafe"}
    assert all(set(found) == {"it would lie among the photos"} for found in summary.problems.values())


def test_nor_does_one_that_was_planned_before_it_could(tmp_path):
    """A batch that was cut short, and IN reached by a link in OUT since."""
    photo = tmp_path / "in" / "sub" / "a.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"1")
    out = tmp_path / "out"
    batch(tmp_path / "in", out, crew=lambda desk, tell: False)
    (out / "sub").symlink_to(photo.parent)
    summary = batch(tmp_path / "in", out, resume=True, force=True)
    assert (summary.made, summary.errors) == (0, {"name_unsafe": 1})
    assert photo.read_bytes() == b"1"


def test_a_photo_of_IN_is_not_taken_for_a_card_where_disks_know_no_case(tmp_path):  # noqa: N802
    photo = tmp_path / "Work" / "photos" / "PHOTOS" / "a.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"1")
    assert batch(tmp_path / "Work" / "photos", tmp_path / "Work", naming="PHOTOS/{stem}.jpg", force=True).failed == 1


@pytest.mark.parametrize("source", ["in", "in/*.jpg", "in/*/*.jpg", "in/**/*.jpg"])
def test_a_link_to_a_photo_in_OUT_is_refused(source, tmp_path, monkeypatch):  # noqa: N802
    monkeypatch.chdir(tmp_path)
    Path("in/sub").mkdir(parents=True)
    Path("out").mkdir()
    Path("out/a.jpg").write_bytes(b"1")
    for link in ("in/b.jpg", "in/sub/b.jpg"):
        Path(link).symlink_to(tmp_path / "out" / "a.jpg")
    with pytest.raises(UsageError) as caught:
        batch(source, "out", force=True)
    assert caught.value.code == "out_in_in"


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("out/quarantine", "out"), ("out/quarantine/sub", "out"), ("out/.ephoto", "out"),
        ("out.zip.ephoto/quarantine", "out.zip"), ("out.zip.ephoto/cards", "out.zip"), ("out.zip.ephoto", "out.zip"),
    ],
)  # fmt: skip
def test_photos_are_not_taken_from_where_the_batch_puts_its_own(inside, outside, tmp_path):
    """They would be removed when they have their cards, or with the spool."""
    (tmp_path / inside).mkdir(parents=True)
    with pytest.raises(UsageError) as caught:
        apart(str(tmp_path / inside), str(tmp_path / outside))
    assert caught.value.code == "in_kept"


def test_no_card_falls_on_a_photo_of_a_store(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    store, root = fsspec.filesystem("memory"), f"memory://{tmp_path.name}"
    for name in ("in/a.jpg", "in/in/a.jpg"):
        store.pipe_file(f"{root}/{name}", b"1")
    summary = batch(f"{root}/in", root, force=True, ledger=tmp_path / "ledger")
    assert (summary.made, summary.failed, summary.errors) == (1, 1, {"name_unsafe": 1})
    assert store.cat_file(f"{root}/in/a.jpg") == b"1"
    with pytest.raises(UsageError) as caught:
        apart(f"{root}/quarantine", root)
    assert caught.value.code == "in_kept"


# ---- words that make no sense


@pytest.mark.parametrize("word", ["", "file://"])
def test_no_name_is_not_the_current_folder(word, here):
    for place, read in (("IN", lambda: source_of(word, 10)), ("OUT", lambda: sink_of(word))):
        with pytest.raises(UsageError) as caught:
            read()
        assert (caught.value.code, caught.value.values["option"]) == ("bad_option", place)


@pytest.mark.parametrize("word", ["in", "in/*.jpg", "in.ZIP", "memory://x"])
def test_only_a_table_has_columns(word, here):
    with pytest.raises(UsageError) as caught:
        source_of(word, 10, {"id": "No."})
    assert (caught.value.code, caught.value.values["option"]) == ("bad_option", "--column")


def test_what_is_said_of_a_kind_that_nobody_knows():
    pytest.importorskip("fsspec")
    with pytest.raises(UsageError) as caught:
        sink_of("ftp2://x")
    assert caught.value.hint() == "Use a folder, or a URL of a kind that fsspec knows, such as s3:// or memory://."
