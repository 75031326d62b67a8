"""What the words for IN and OUT mean, and that one does not lie in the other."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ephoto.batch.archive import Archive
from ephoto.batch.folder import Folder, Pattern
from ephoto.batch.listed import Listed
from ephoto.batch.places import check_apart, is_url, sink_of, source_of
from ephoto.batch.sinks import FolderSink, ZipSink
from ephoto.core.errors import InputError, UsageError


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
