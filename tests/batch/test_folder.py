"""Folders and patterns: all photos, each once, whatever they are called."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.batch.folder import FileReader, Folder, Pattern, shown
from ephoto.core.errors import EphotoError, InputError
from tests.batch.trivial import batch, card_of, cards_in


def fill(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode("utf-8", "surrogateescape"))
    return root


def folder_of(root):
    return Folder(root, FileReader(1000))


def keys(source):
    return [item.key for item in source.items()]


@pytest.fixture
def photos(tmp_path):
    return tmp_path / "in"


def test_every_photo_below_in_one_order(photos):
    fill(
        photos, "b.jpg", "a/z.PNG", "a/b/c.heic", "c.txt", ".hidden.jpg", ".git/d.jpg", "__MACOSX/e.jpg", "a/Thumbs.db"
    )
    folder = folder_of(photos)
    assert keys(folder) == ["a/b/c.heic", "a/z.PNG", "b.jpg"]
    assert folder.passed_over == 1
    assert keys(folder) == ["a/b/c.heic", "a/z.PNG", "b.jpg"]
    assert folder.passed_over == 1


def test_links_to_files_are_followed_links_to_folders_are_not(photos, tmp_path):
    fill(photos, "a/x.jpg")
    fill(tmp_path / "elsewhere", "y.jpg", "deep/z.jpg")
    (photos / "y.jpg").symlink_to(tmp_path / "elsewhere" / "y.jpg")
    (photos / "linked").symlink_to(tmp_path / "elsewhere")
    (photos / "a" / "round").symlink_to(photos)
    (photos / "self.jpg").symlink_to("self.jpg")
    (photos / "gone.jpg").symlink_to("nowhere.jpg")
    summary = batch(photos, tmp_path / "out")
    assert cards_in(tmp_path / "out") == {"a/x.jpg": card_of(b"a/x.jpg"), "y.jpg": card_of(b"y.jpg")}
    assert summary.failed == 2
    assert set(summary.errors) == {"not_found", "not_readable"}


def test_a_name_of_an_older_system_is_read_and_shown(photos, tmp_path):
    photos.mkdir()
    raw = os.fsencode(photos) + b"/" + "张三.jpg".encode("gb18030")
    Path(os.fsdecode(raw)).write_bytes(b"1")
    assert keys(folder_of(photos)) == ["张三.jpg"]
    assert batch(photos, tmp_path / "out").made == 1
    assert cards_in(tmp_path / "out") == {"张三.jpg": card_of(b"1")}
    assert batch(photos, tmp_path / "out").unchanged == 1


@given(name=st.binary(min_size=1, max_size=20).filter(lambda raw: not set(raw) & set(b"\0/")))
def test_any_name_becomes_text_that_can_be_stored(name):
    shown(os.fsdecode(name)).encode()


@pytest.mark.parametrize("name", ["12:30.jpg", "what?.jpg", '"a".jpg', "a|b*.jpg"])
def test_signs_that_this_system_can_have_stay(name, photos, tmp_path):
    batch(fill(photos, name), tmp_path / "out")
    assert set(cards_in(tmp_path / "out")) == {name}


@pytest.mark.parametrize("name", ["a\nb.jpg", "aux.jpg", "dir./a.jpg", " a.jpg", "x\x7f.jpg"])
def test_names_that_are_trouble_anywhere_fail_by_themselves(name, photos, tmp_path):
    summary = batch(fill(photos, name, "good.jpg"), tmp_path / "out")
    assert set(cards_in(tmp_path / "out")) == {"good.jpg"}
    assert summary.errors == {"name_unsafe": 1}


@pytest.mark.parametrize("twins", [("A.jpg", "a.JPG"), ("a.jpg", "a.png"), ("x/ä.jpg", "x/a\u0308.png")])
def test_one_card_for_two_photos_is_refused_before_any_work(twins, photos, tmp_path):
    fill(photos, *twins, "zebra-crossing.jpg")
    with pytest.raises(EphotoError) as caught:
        batch(photos, tmp_path / "out")
    error = caught.value
    assert (error.code, error.exit_code, error.values["count"]) == ("batch_same_output", 2, 1)
    assert cards_in(tmp_path / "out") == {}
    listed = Path(error.values["path"]).read_text("utf-8")
    assert all(twin in listed for twin in twins)
    (photos / twins[1]).unlink()
    assert batch(photos, tmp_path / "out").made == 2
    assert not Path(error.values["path"]).exists()


def test_the_refusal_does_not_give_names_away(photos, tmp_path):
    fill(photos, "MARKER/110101199003070038MARKER.jpg", "MARKER/110101199003070038MARKER.png", "张三.jpg", "张三.png")
    with pytest.raises(EphotoError) as caught:
        batch(photos, tmp_path / "out")
    for lang in ("en", "zh"):
        told = caught.value.message(lang) + caught.value.hint(lang)
        assert "MARKER" not in told
        assert "1990" not in told
        assert "张三" not in told


def test_the_extension_in_the_template_keeps_them_apart(photos, tmp_path):
    fill(photos, "a.jpg", "a.png")
    batch(photos, tmp_path / "out", naming="{stem}-{ext}.jpg")
    assert set(cards_in(tmp_path / "out")) == {"a-jpg.jpg", "a-png.jpg"}


def test_a_folder_with_the_name_of_a_card_fails_one_photo_only(photos, tmp_path):
    fill(photos, "a.jpg", "a.jpg.d/b.jpg", "c.jpg/d.png", "c.png")
    for _ in range(2):
        summary = batch(photos, tmp_path / "out")
        assert summary.stopped is None
        assert summary.errors == {"output_exists": 1}
        assert len(cards_in(tmp_path / "out")) == 3


def test_a_pipe_is_no_photo_and_does_not_block(photos, tmp_path):
    fill(photos, "a.jpg")
    os.mkfifo(photos / "pipe.jpg")
    summary = batch(photos, tmp_path / "out")
    assert (summary.made, summary.errors) == (1, {"not_readable": 1})


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to be able to be somebody else")
def test_a_folder_that_cannot_be_read_fails_by_itself():
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        fill(root, "a.jpg", "locked/b.jpg", "z.jpg")
        (root / "locked").chmod(0)
        os.seteuid(65534)
        try:
            items = list(folder_of(root).items())
            with pytest.raises(InputError) as caught:
                list(folder_of(root / "locked").items())
        finally:
            os.seteuid(0)
    assert [(item.key, item.error and item.error.code) for item in items] == [
        ("a.jpg", None), ("locked/", "not_readable"), ("z.jpg", None),
    ]  # fmt: skip
    assert caught.value.code == "not_readable"


def test_folders_deeper_than_calls_can_be(photos):
    path = photos
    path.mkdir()
    here = os.open(path, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("x.jpg", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    try:
        found = list(folder_of(photos).items())
    finally:  # pytest cannot remove it, and would stumble over it three runs later
        subprocess.run(["rm", "-rf", str(photos)], check=True)
    assert len(found) == 1
    assert found[0].key.count("/") == 1200


def test_ten_thousand_names_in_chinese(photos, tmp_path):
    for n in range(20):
        (photos / f"班级{n}").mkdir(parents=True)
    for n in range(10_000):
        (photos / f"班级{n % 20}" / f"学生{n:05d}.jpg").touch()
    start = time.perf_counter()
    items = list(folder_of(photos).items())
    assert len({item.key for item in items}) == 10_000
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("there", [(), ("notes.txt", ".a.jpg")])
def test_no_photo_at_all_is_told(there, photos, tmp_path):
    photos.mkdir()
    fill(photos, *there)
    with pytest.raises(EphotoError) as caught:
        batch(photos, tmp_path / "out")
    assert (caught.value.code, caught.value.exit_code) == ("batch_empty", 2)
    assert str(photos) in caught.value.message()


# ---- patterns


@pytest.fixture
def tree(tmp_path, monkeypatch):
    fill(tmp_path / "in", "a.jpg", "b.png", "c/d.jpg", "c/e/f.jpg", ".h/g.jpg", "c/.i.jpg", "[x]/j.jpg", "k.txt")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("in/*.jpg", ["a.jpg"]),
        ("in/*", ["a.jpg", "b.png"]),
        ("in/**/*.jpg", ["[x]/j.jpg", "a.jpg", "c/d.jpg", "c/e/f.jpg"]),
        ("in/**", ["[x]/j.jpg", "a.jpg", "b.png", "c/d.jpg", "c/e/f.jpg"]),
        ("in/**/e/**/*.jpg", ["c/e/f.jpg"]),
        ("in/*/*.jpg", ["[x]/j.jpg", "c/d.jpg"]),
        ("in/[ab].*", ["a.jpg", "b.png"]),
        ("in/?/d.jpg", ["c/d.jpg"]),
        ("in/[[]x]/*.jpg", ["[x]/j.jpg"]),
        ("./in/*.jpg", ["a.jpg"]),
        ("*/a.jpg", ["in/a.jpg"]),
        ("**/d.jpg", ["in/c/d.jpg"]),
        ("in/c/../*.jpg", ["a.jpg"]),
        ("in/none/*.jpg", []),
    ],
)
@pytest.mark.parametrize("absolute", [False, True])
def test_what_a_pattern_finds(pattern, found, absolute, tree):
    pattern = str(tree / pattern) if absolute else pattern
    source = Pattern(pattern, FileReader(1000))
    assert keys(source) == found
    assert all(Path(item.locator).is_file() for item in source.items())


def test_a_pattern_does_not_go_in_circles(tree):
    for name in ("one", "two"):
        (tree / "in" / "c" / name).symlink_to(tree / "in")
    start = time.perf_counter()
    assert keys(Pattern("in/**/*.jpg", FileReader(9))) == ["[x]/j.jpg", "a.jpg", "c/d.jpg", "c/e/f.jpg"]
    assert time.perf_counter() - start < 2


def test_a_folder_that_is_named_may_be_a_link(tree):
    (tree / "link").symlink_to(tree / "in")
    assert keys(Pattern("link/*.jpg", FileReader(9))) == ["a.jpg"]
    assert keys(Pattern("l*k/*.jpg", FileReader(9))) == ["link/a.jpg"]


def test_what_is_no_ordinary_file_fails_as_in_a_folder(tree):
    os.mkfifo(tree / "in" / "pipe.jpg")
    (tree / "in" / "gone.jpg").symlink_to("nowhere")
    summary = batch("in/*.jpg", "out")
    assert (summary.made, summary.errors) == (1, {"not_found": 1, "not_readable": 1})


@pytest.mark.parametrize(
    ("pattern", "folder", "led"),
    [
        ("in/*.jpg", "in", True),
        ("in/*.jpg", "in/c", False),
        ("in/*.jpg", "out", False),
        ("in/**/*.jpg", "in/c/cards", True),
        ("in/**/*.jpg", "cards", False),
        ("*/*.jpg", "out", True),
        ("*/*.jpg", ".", True),
        ("**/*.jpg", "anywhere/at/all", True),
        ("in/*/x/*.jpg", "in/c", True),
        ("in/c/../*.jpg", "in", True),
    ],
)
def test_whether_cards_would_be_found(pattern, folder, led, tree):
    assert Pattern(pattern, FileReader(9)).finds_in(tree / folder) is led
