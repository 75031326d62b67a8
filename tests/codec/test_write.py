"""Writing: the whole file or none, and never over something by accident."""

from __future__ import annotations

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ephoto.codec.write import check_suffix, suffix_format, write
from ephoto.core.errors import EnvironmentFault, EphotoError, UsageError


def code_of(*args, **options):
    with pytest.raises(EphotoError) as caught:
        write(*args, **options)
    assert caught.value.message("zh")
    return caught.value.code


def names_in(folder):
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("name", ["card.jpg", "照片.jpg", "😀 me.jpg", "a b.jpg"])
def test_the_bytes_are_there_and_nothing_else(tmp_path, name):
    written = write(tmp_path / name, b"new")
    assert written == tmp_path / name
    assert written.read_bytes() == b"new"
    assert names_in(tmp_path) == [name]


def test_a_string_is_a_path_too(tmp_path):
    assert write(str(tmp_path / "a.jpg"), b"x") == tmp_path / "a.jpg"


def test_what_is_there_is_kept_unless_told(tmp_path):
    path = tmp_path / "card.jpg"
    path.write_bytes(b"old")
    assert code_of(path, b"new") == "output_exists"
    assert path.read_bytes() == b"old"
    write(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"
    assert names_in(tmp_path) == ["card.jpg"]


def test_a_dangling_link_counts_as_there(tmp_path):
    (tmp_path / "card.jpg").symlink_to(tmp_path / "nowhere")
    assert code_of(tmp_path / "card.jpg", b"new") == "output_exists"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("link", ["same name", "symlink", "hardlink", "other spelling"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_an_input_is_never_written_over(tmp_path, link, overwrite):
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"precious")
    target = tmp_path / "card.jpg"
    if link == "symlink":
        target.symlink_to(photo)
    elif link == "hardlink":
        os.link(photo, target)
    else:
        target = photo if link == "same name" else tmp_path / "." / "sub" / ".." / "photo.jpg"
        (tmp_path / "sub").mkdir()
    assert code_of(target, b"new", overwrite=overwrite, inputs=["-", tmp_path / "other", photo]) == "same_file"
    assert photo.read_bytes() == b"precious"


def test_names_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    for path in ("missing/card.jpg", "file/card.jpg", "folder", "a\0b.jpg", "x" * 300 + ".jpg"):
        assert code_of(tmp_path / path, b"new", overwrite=True) == "output_failed", path
    assert names_in(tmp_path) == ["file", "folder"]


@pytest.mark.parametrize("where", ["fsync", "write", "replace"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_failure_half_way_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, where, overwrite):
    """A full disk, as the system reports it at each step."""
    path = tmp_path / "card.jpg"
    if overwrite:
        path.write_bytes(b"old")

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    if where == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    elif where == "write":
        monkeypatch.setattr(os, "fdopen", FailingFile)
    else:
        monkeypatch.setattr(Path, "replace", full)
        monkeypatch.setattr(os, "link", full)
    assert code_of(path, b"new" * 1000, overwrite=overwrite) == "output_failed"
    assert names_in(tmp_path) == (["card.jpg"] if overwrite else [])
    if overwrite:
        assert path.read_bytes() == b"old"


class FailingFile:
    """A file that takes no byte."""

    def __init__(self, handle, mode):
        self.handle = handle

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.handle)

    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_system_without_hard_links(tmp_path, monkeypatch):
    def unsupported(*args, **kwargs):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", unsupported)
    path = tmp_path / "card.jpg"
    assert write(path, b"new").read_bytes() == b"new"
    assert names_in(tmp_path) == ["card.jpg"]


def test_the_umask_decides_who_may_read(tmp_path):
    before = os.umask(0o027)
    try:
        path = write(tmp_path / "card.jpg", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_file_that_is_replaced_keeps_who_may_read_it(tmp_path):
    path = tmp_path / "card.jpg"
    path.write_bytes(b"old")
    path.chmod(0o600)
    write(path, b"new", overwrite=True)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)


def test_what_is_no_ordinary_file_is_not_replaced(tmp_path):
    """Renaming over a pipe or a device would remove it."""
    path = tmp_path / "card.jpg"
    os.mkfifo(path)
    assert code_of(path, b"new", overwrite=True) == "output_failed"
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert names_in(tmp_path) == ["card.jpg"]


def test_of_many_writers_one_wins(tmp_path):
    """And the file is one of theirs as a whole."""
    path = tmp_path / "card.jpg"

    def attempt(i):
        try:
            write(path, bytes([i]) * 50_000)
        except EnvironmentFault as error:
            return error.code
        return "written"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(24)))
    assert outcomes.count("written") == 1
    assert outcomes.count("output_exists") == 23
    assert len(set(path.read_bytes())) == 1
    assert names_in(tmp_path) == ["card.jpg"]


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.b.png", "PNG"), ("a.webp", None), ("jpg", None), (".jpg", None)],
)
def test_the_suffix_promises_a_format(name, format):
    assert suffix_format(name) == format


@pytest.mark.parametrize(("name", "format"), [("a.png", "JPEG"), ("a.jpg", "PNG"), ("a", "JPEG"), ("a.webp", "PNG")])
def test_a_name_that_promises_another_format_is_refused(name, format):
    with pytest.raises(UsageError) as caught:
        check_suffix(name, format)
    assert caught.value.code == "suffix_mismatch"
    assert ".png" in caught.value.hint() or ".jpg" in caught.value.hint()
    check_suffix("a.jpg", "JPEG")
    check_suffix("a.PNG", "PNG")
