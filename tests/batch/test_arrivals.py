"""When a file of a folder is taken for whole."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.batch.arrivals import Arrivals, ends_whole
from ephoto.batch.folder import FileReader, Folder
from ephoto.batch.rules import rules
from ephoto.core.errors import UsageError

WHOLE = b"\xff\xd8\xff\xe0" + 40 * b"." + b"\xff\xd9"
HASTY, SETTLE, PATIENCE = rules().arrival_hasty_s, rules().arrival_settle_s, rules().arrival_patience_s
EPS = 1e-6


@pytest.fixture
def arrivals(tmp_path):
    """A folder that has been looked at once, empty."""
    made = Arrivals(Folder(tmp_path, FileReader(10**6)))
    made.look(0.0)
    return made


def put(folder, name="a.jpg", data=WHOLE, mtime_ns=1):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return str(path)


def keys(look):
    return [item.key for item in look.items]


@pytest.mark.parametrize(
    ("data", "wait_s"),
    [
        pytest.param(WHOLE, HASTY, id="a JPEG that ends"),
        pytest.param(WHOLE[:-1], SETTLE, id="one that does not"),
        pytest.param(b"", SETTLE, id="empty"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"IEND\xaeB`\x82", HASTY, id="a PNG that ends"),
        pytest.param(b"IEND\xaeB`\x82", SETTLE, id="only the end of one"),
        pytest.param(b"RIFF....WEBP", SETTLE, id="a kind that does not tell its end"),
    ],
)
def test_a_file_is_taken_when_it_has_been_still_for_long_enough(arrivals, tmp_path, data, wait_s):
    put(tmp_path, data=data)
    first = arrivals.look(1.0)
    assert keys(first) == []
    assert first.next_s == pytest.approx(1.0 + HASTY)
    assert keys(arrivals.look(1.0 + wait_s - EPS)) == []
    assert keys(arrivals.look(1.0 + wait_s + EPS)) == ["a.jpg"]
    assert keys(arrivals.look(1.0 + 2 * wait_s)) == []
    assert arrivals.waiting == 0


def test_what_is_there_at_the_start_is_not_read_to_see_whether_it_ends(tmp_path):
    """A hundred thousand files would be."""
    put(tmp_path)
    arrivals = Arrivals(Folder(tmp_path, FileReader(10**6)))
    assert arrivals.look(0.0).next_s == pytest.approx(SETTLE)
    assert keys(arrivals.look(HASTY + EPS)) == []
    assert keys(arrivals.look(SETTLE + EPS)) == ["a.jpg"]


@given(st.lists(st.sampled_from([0.05, SETTLE / 2, SETTLE - 0.01, SETTLE + 0.01, 3.0]), min_size=1, max_size=5))
def test_no_file_is_taken_before_its_last_change_has_been_seen_for_a_while(tmp_path_factory, pauses):
    """However a file grows, with looks in between."""
    folder = tmp_path_factory.mktemp("grows")
    arrivals = Arrivals(Folder(folder, FileReader(10**6)))
    arrivals.look(0.0)
    now = 0.0
    for k, pause in enumerate(pauses):
        put(folder, data=WHOLE[: 4 + k], mtime_ns=k + 1)
        now += 0.001
        assert keys(arrivals.look(now)) == []
        taken = keys(arrivals.look(now + pause))
        assert (taken == ["a.jpg"]) == (pause >= SETTLE)
        now += pause
    assert keys(arrivals.look(now + SETTLE)) == ([] if pauses[-1] >= SETTLE else ["a.jpg"])


def test_a_file_that_is_replaced_is_taken_again(arrivals, tmp_path):
    put(tmp_path)
    arrivals.look(0.0)
    assert keys(arrivals.look(1.0)) == ["a.jpg"]
    put(tmp_path, mtime_ns=2)
    assert keys(arrivals.look(2.0)) == []
    assert keys(arrivals.look(3.0)) == ["a.jpg"]


@pytest.mark.parametrize("at_once", [True, False], ids=["told by name", "found"])
def test_a_file_that_went_away_is_told(arrivals, tmp_path, at_once):
    path = put(tmp_path)
    arrivals.look(0.0)
    (tmp_path / "a.jpg").unlink()
    look = arrivals.look_at({path}, 1.0) if at_once else arrivals.look(1.0)
    assert look.gone == ["a.jpg"]
    assert look.items == []
    assert arrivals.waiting == 0


@pytest.mark.parametrize(
    "name", ["~$a.jpg", "a.part.jpg", "A.TMP.JPG", "a.jpg.part", "a.jpg.crdownload", ".a.jpg", "a.txt"]
)
def test_names_of_unfinished_files_are_passed_over(arrivals, tmp_path, name):
    path = put(tmp_path, name)
    arrivals.look(0.0)
    assert keys(arrivals.look(60.0)) == []
    assert keys(arrivals.look_at({path}, 61.0)) == []
    (tmp_path / name).rename(tmp_path / "b.jpg")
    arrivals.look_at({path, str(tmp_path / "b.jpg")}, 62.0)
    assert keys(arrivals.look_at(set(), 63.0)) == ["b.jpg"]


@pytest.mark.parametrize("code", ["truncated", "corrupt", "empty", "not_a_picture", "not_readable"])
def test_an_unreadable_file_is_tried_again_until_patience_ends(arrivals, tmp_path, code):
    put(tmp_path, data=WHOLE[:-1])
    arrivals.look(0.0)
    assert keys(arrivals.look(1.0)) == ["a.jpg"]
    assert arrivals.spared("a.jpg", code, 1.1)
    look = arrivals.look(2.0)
    assert keys(look) == []
    assert look.next_s == pytest.approx(PATIENCE)
    assert keys(arrivals.look(PATIENCE + EPS)) == ["a.jpg"]
    assert not arrivals.spared("a.jpg", code, PATIENCE + 1.0)


def test_an_unreadable_file_that_goes_on_is_taken_when_it_is_whole(arrivals, tmp_path):
    put(tmp_path, data=WHOLE[:-1])
    arrivals.look(0.0)
    arrivals.look(1.0)
    assert arrivals.spared("a.jpg", "truncated", 1.1)
    put(tmp_path, mtime_ns=2)
    arrivals.look(2.0)
    assert keys(arrivals.look(2.0 + HASTY + EPS)) == ["a.jpg"]


@pytest.mark.parametrize("code", ["no_face", "too_many_bytes", "internal"])
def test_what_time_does_not_heal_fails_at_once(arrivals, tmp_path, code):
    put(tmp_path)
    arrivals.look(0.0)
    arrivals.look(1.0)
    assert not arrivals.spared("a.jpg", code, 1.1)


def test_a_file_that_went_away_before_it_was_read_never_fails(arrivals, tmp_path):
    put(tmp_path)
    arrivals.look(0.0)
    arrivals.look(1.0)
    assert arrivals.spared("a.jpg", "not_found", PATIENCE + 50)


def test_only_a_look_at_all_of_it_can_tell_what_a_folder_brings(arrivals, tmp_path):
    path = put(tmp_path, "new/a.jpg")
    assert arrivals.look_at({str(tmp_path / "new")}, 1.0) is None
    arrivals.look(1.0)
    assert keys(arrivals.look_at({path}, 2.0)) == ["new/a.jpg"]
    (tmp_path / "new").rename(tmp_path.parent / f"{tmp_path.name}-away")
    assert arrivals.look_at({str(tmp_path / "new")}, 3.0) is None
    assert arrivals.look(3.0).gone == ["new/a.jpg"]


def test_files_behind_a_link_to_a_folder_are_not_taken(arrivals, tmp_path, tmp_path_factory):
    """As a look at all of it has it."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    put(elsewhere)
    (tmp_path / "link").symlink_to(elsewhere, target_is_directory=True)
    arrivals.look_at({str(tmp_path / "link" / "a.jpg")}, 1.0)
    arrivals.look(1.0)
    assert arrivals.waiting == 0


def test_a_folder_that_is_replaced_is_not_there_until_it_is_found_again(tmp_path):
    root = tmp_path / "in"
    root.mkdir()
    arrivals = Arrivals(Folder(root, FileReader(10**6)))
    assert arrivals.is_there()
    root.rename(tmp_path / "away")
    assert not arrivals.is_there()
    assert not arrivals.find_again()
    root.mkdir()
    assert not arrivals.is_there()
    assert arrivals.find_again()
    assert arrivals.is_there()


def test_a_file_that_cannot_be_read_does_not_end_whole(tmp_path):
    assert not ends_whole(str(tmp_path / "nothing.jpg"))


def test_a_folder_that_cannot_be_read_fails_until_it_can_be(arrivals, tmp_path, monkeypatch):
    """Not forgotten, as photos may lie in it."""
    put(tmp_path, "locked/a.jpg")
    scan = os.scandir

    def refusing(path):
        if os.fspath(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    arrivals.look(1.0)
    (item,) = arrivals.look(1.0 + SETTLE + EPS).items
    assert (item.key, item.error.code) == ("locked/", "not_readable")
    assert arrivals.look(3.0).items == []
    monkeypatch.setattr(os, "scandir", scan)
    found = arrivals.look(4.0)
    assert found.gone == ["locked/"]
    assert keys(arrivals.look(4.0 + SETTLE + EPS)) == ["locked/a.jpg"]


def test_a_link_to_a_photo_in_out_is_refused_when_it_arrives(arrivals, tmp_path):
    outside = tmp_path.with_name(f"{tmp_path.name}-out")
    put(outside, "a.jpg")
    arrivals.folder.bounds.out = outside.resolve()
    (tmp_path / "b.jpg").symlink_to(outside / "a.jpg")
    for look in (lambda: arrivals.look(1.0), lambda: arrivals.look_at([str(tmp_path / "b.jpg")], 1.0)):
        with pytest.raises(UsageError):
            look()
