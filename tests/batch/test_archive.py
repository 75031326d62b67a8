"""Zip files as they come: made on other systems, by other programs, by people who mean harm."""

from __future__ import annotations

import io
import struct
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.batch.archive import Archive, ArchiveReader
from ephoto.core.errors import EphotoError, InputError
from tests.batch.trivial import MOST_BYTES, batch, card_of, cards_in

GBK_NAMES = ["张三.jpg", "诚.jpg", "乗乘俓.jpg", "班级/李四.jpg"]  # 乗 and others end in 0x5C, the backslash, in GBK


def packed(path, members, **how):
    with zipfile.ZipFile(path, "w", **how) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def archive_of(path):
    return Archive(path, ArchiveReader(path, MOST_BYTES))


def patched(path, old, new):
    """Bytes of all headers replaced."""
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))
    return path


def states(tmp_path, source):
    """The run over a zip: (cards, codes of failures)."""
    summary = batch(source, tmp_path / "out")
    return cards_in(tmp_path / "out"), summary.errors


def around(tmp_path):
    """Everything below the test's folder but OUT."""
    return sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if "out" not in p.parts[-3:])


@pytest.mark.parametrize(
    "name",
    ["../x.jpg", "/x.jpg", "//x.jpg", "a/../../x.jpg", "a/..\\..\\x.jpg", "..\\x.jpg", "C:\\x.jpg", "C:/x.jpg",
     "c:x.jpg",
     "\\\\host\\share\\x.jpg", "a/ /x.jpg", "NUL/x.jpg", "con.jpg", "x\x1b[2J.jpg", "x\n.jpg", "y" * 300 + ".jpg"],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_fails_by_itself(name, tmp_path):
    source = packed(tmp_path / "in.zip", [("good.jpg", b"1"), (name, b"2")])
    before = set(tmp_path.rglob("*"))
    cards, errors = states(tmp_path, source)
    assert cards == {"good.jpg": card_of(b"1")}
    assert errors == {"name_unsafe": 1}
    out = tmp_path / "out"
    assert all(p == out or out in p.parents for p in set(tmp_path.rglob("*")) - before)


def test_its_copy_in_quarantine_stays_in_quarantine(tmp_path):
    """A photo that fails by its bytes and has an odd name, with a template that does not use it."""
    members = [(name, b"x" * (MOST_BYTES + n)) for n, name in enumerate(["../up.jpg", "C:/drive.jpg", "ok.jpg"], -1)]
    source = packed(tmp_path / "in.zip", members)

    def refusing(desk, tell):
        from ephoto.batch.work import Refusal

        for row in desk.rows():
            desk.finish(row, Refusal(InputError("corrupt", problem="it")))
        return True

    batch(source, tmp_path / "out", naming="{stem}.jpg", on_fail="quarantine", crew=refusing)
    held = cards_in(tmp_path / "out")
    assert set(held) == {"quarantine/photo-1.jpg", "quarantine/photo-2.jpg"}  # the third is too large to be read
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.zip", "out"]


def test_a_backslash_is_a_folder_as_windows_means_it(tmp_path):
    cards, _ = states(tmp_path, packed(tmp_path / "in.zip", [("class\\x.jpg", b"1")]))
    assert set(cards) == {"class/x.jpg"}


@pytest.mark.parametrize("name", GBK_NAMES)
def test_names_of_chinese_windows_are_read(name, tmp_path):
    plain = packed(tmp_path / "in.zip", [("*" * len(name.encode("gbk")), b"1")])
    source = patched(plain, b"*" * len(name.encode("gbk")), name.encode("gbk"))
    assert not zipfile.ZipFile(source).infolist()[0].flag_bits & 0x800
    cards, errors = states(tmp_path, source)
    assert cards == {name: card_of(b"1")}
    assert errors == {}


def test_utf8_without_its_flag_is_read(tmp_path):
    source = patched(packed(tmp_path / "in.zip", [("*" * 10, b"1")]), b"*" * 10, "张三.jpg".encode())
    assert [item.key for item in archive_of(source).items()] == ["张三.jpg"]


def test_what_systems_put_there_is_no_photo(tmp_path):
    names = [
        "__MACOSX/._a.jpg",
        "a/__MACOSX/b.jpg",
        ".hidden.jpg",
        "a/.b/c.jpg",
        "Thumbs.db",
        "folder.jpg/",
        "notes.txt",
    ]
    archive = archive_of(packed(tmp_path / "in.zip", [(name, b"") for name in [*names, "a.JPG"]]))
    assert [item.key for item in archive.items()] == ["a.JPG"]
    assert archive.passed_over == 1  # the notes


def test_one_name_twice_is_refused_before_any_work(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        source = packed(tmp_path / "in.zip", [("a.jpg", b"1"), ("a.jpg", b"2")])
    with pytest.raises(EphotoError) as caught:
        batch(source, tmp_path / "out")
    assert caught.value.code == "batch_same_output"
    assert cards_in(tmp_path / "out") == {}


def test_encrypted_members_fail_by_themselves(tmp_path):
    source = packed(tmp_path / "in.zip", [("good.jpg", b"1"), ("bad.jpg", b"2")])
    data = bytearray(source.read_bytes())
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.rindex(mark) + at] |= 1
    source.write_bytes(data)
    cards, errors = states(tmp_path, source)
    assert (set(cards), errors) == ({"good.jpg"}, {"not_readable": 1})


@pytest.mark.parametrize("way", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_that_says_so_is_not_unpacked(way, tmp_path):
    source = packed(tmp_path / "in.zip", [("bomb.jpg", bytes(MOST_BYTES + 1)), ("b.jpg", b"1")], compression=way)
    cards, errors = states(tmp_path, source)
    assert (set(cards), errors) == ({"b.jpg"}, {"too_many_bytes": 1})


def test_a_bomb_that_lies_about_its_size_is_cut_off(tmp_path):
    size = 50_000_000
    source = packed(tmp_path / "in.zip", [("bomb.jpg", bytes(size))], compression=zipfile.ZIP_DEFLATED)
    patched(source, struct.pack("<L", size), struct.pack("<L", 10))
    cards, errors = states(tmp_path, source)
    assert (cards, errors) == ({}, {"not_readable": 1})  # ten bytes do not have the checksum


def test_members_over_one_another_are_not_read_twice(tmp_path):
    """Two entries of the list that share one body, as a bomb of the better kind has it."""
    source = packed(tmp_path / "in.zip", [("a.jpg", b"same"), ("b.jpg", b"same")])
    data = bytearray(source.read_bytes())
    struct.pack_into("<L", data, data.rindex(b"PK\1\2") + 42, 0)
    source.write_bytes(data)
    cards, errors = states(tmp_path, source)
    assert "b.jpg" not in cards
    assert errors["not_readable"] >= 1


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\3\4" + bytes(50), b"PK\5\6" + b"\xff" * 18])
def test_a_broken_zip_is_told_before_any_work(content, tmp_path):
    (tmp_path / "in.zip").write_bytes(content)
    with pytest.raises(InputError) as caught:
        batch(tmp_path / "in.zip", tmp_path / "out")
    assert caught.value.code == "not_readable"


@given(data=st.data())
def test_damage_anywhere_is_one_of_our_errors(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    source = packed(folder / "in.zip", [("a.jpg", b"a" * 50), ("b.jpg", b"b" * 50)], compression=zipfile.ZIP_DEFLATED)
    raw = bytearray(source.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    source.write_bytes(raw[: data.draw(st.integers(len(raw) // 2, len(raw)))])
    archive = archive_of(source)
    try:
        items = list(archive.items())
    except InputError:
        return
    for item in items:
        try:
            archive.reader.read(item.locator)
        except InputError:
            continue


def test_a_zip_in_a_zip_is_no_photo(tmp_path):
    inner = io.BytesIO()
    packed(inner, [("a.jpg", b"1")])
    archive = archive_of(packed(tmp_path / "in.zip", [("inner.zip", inner.getvalue()), ("b.jpg", b"2")]))
    assert [item.key for item in archive.items()] == ["b.jpg"]
    assert archive.passed_over == 1


def test_zip64(tmp_path):
    source = tmp_path / "in.zip"
    with zipfile.ZipFile(source, "w") as archive, archive.open("a.jpg", "w", force_zip64=True) as member:
        member.write(b"1")
    assert states(tmp_path, source)[0] == {"a.jpg": card_of(b"1")}


@pytest.mark.parametrize("stored", [0, 0x0020, 0xFFFF, (13 << 5) | 1])
def test_dates_that_are_none(stored, tmp_path):
    """Month 0 or 15, day 0: some programs write no date at all."""
    source = packed(tmp_path / "in.zip", [("a.jpg", b"1")])
    data = bytearray(source.read_bytes())
    for mark, at in ((b"PK\3\4", 12), (b"PK\1\2", 14)):
        struct.pack_into("<H", data, data.index(mark) + at, stored)
    source.write_bytes(data)
    assert states(tmp_path, source) == ({"a.jpg": card_of(b"1")}, {})


def test_another_content_under_the_same_time_is_another_photo(tmp_path):
    when = (2026, 1, 1, 0, 0, 0)
    items = []
    for data in (b"one", b"two"):
        path = packed(tmp_path / f"{data.decode()}.zip", [(zipfile.ZipInfo("a.jpg", when), data)])
        items += archive_of(path).items()
    assert items[0].size == items[1].size
    assert items[0].mtime_ns != items[1].mtime_ns


def test_ten_thousand_names_in_chinese_are_listed_in_no_time(tmp_path):
    source = packed(tmp_path / "in.zip", [(f"班级{n % 30}/学生{n:05d}.jpg", b"") for n in range(10_000)])
    start = time.perf_counter()
    keys = [item.key for item in archive_of(source).items()]
    assert len(set(keys)) == 10_000
    assert keys[0] == "班级0/学生00000.jpg"
    assert time.perf_counter() - start < 5


def test_a_zip_that_vanishes_is_not_there(tmp_path):
    source = packed(tmp_path / "in.zip", [("a.jpg", b"1")])
    archive = archive_of(source)
    assert archive.is_there()
    source.unlink()
    assert not archive.is_there()
    with pytest.raises(InputError) as caught:
        list(archive.items())
    assert caught.value.code == "not_found"
