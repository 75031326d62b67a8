"""Tables with an id and a photo in each row, as offices keep them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from ephoto.batch.folder import FileReader
from ephoto.batch.listed import Listed
from ephoto.core.errors import EphotoError, UsageError
from tests.batch.trivial import batch, card_of, cards_in

IDS = ["11010119900307003X", "110101199003070119", "E12345678"]


@pytest.fixture
def folder(tmp_path):
    """Three photos in a folder beside where the table will be."""
    (tmp_path / "photos").mkdir()
    for n in range(3):
        (tmp_path / "photos" / f"p{n}.jpg").write_bytes(b"%d" % n)
    return tmp_path


def lines(header=("id", "photo"), ids=IDS, photos=("photos/p0.jpg", "photos/p1.jpg", "photos/p2.jpg")):
    return [header, *zip(ids, photos, strict=True)]


def named(rows):
    """With a column of names before the others."""
    return [("姓名" if n == 0 else f"王{n}", *row) for n, row in enumerate(rows)]


def csv(rows, encoding="utf-8"):
    return "".join(",".join(row) + "\r\n" for row in rows).encode(encoding)


def jsonl(rows):
    return "".join(json.dumps(dict(zip(rows[0], row, strict=True))) + "\n" for row in rows[1:]).encode()


def xlsx(rows, number=None):
    """A workbook; `number`: a row whose first cell is stored as a number."""
    xlsxwriter = pytest.importorskip("xlsxwriter", reason="the extra `tables` is not installed")
    pytest.importorskip("python_calamine", reason="the extra `tables` is not installed")
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate(rows):
            for k, cell in enumerate(row):
                if (n, k) == (number, 0):
                    sheet.write_number(n, k, int(cell))
                else:
                    sheet.write_string(n, k, cell)
    return out.getvalue()


WANTED = {f"{id_}.jpg": card_of(b"%d" % n) for n, id_ in enumerate(IDS)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", lambda: csv(lines())),
        ("t.CSV", lambda: csv(lines(("ID No.", "File name")), "utf-8-sig")),
        ("t.csv", lambda: csv(lines(("身份证号码", "照片")), "gb18030")),
        ("t.csv", lambda: csv(named(lines(("证件号码（必填）", "相片文件"))), "gb18030")),
        ("t.tsv", lambda: csv(lines()).replace(b",", b"\t")),
        ("t.jsonl", lambda: jsonl(lines())),
        ("t.jsonl", lambda: jsonl(lines(("证件号码", "照片路径")))),
        ("t.xlsx", lambda: xlsx(lines())),
        ("t.xlsx", lambda: xlsx(lines(("公民身份号码", "照片文件名")))),
    ],
)  # fmt: skip
def test_each_kind_of_table(name, content, folder):
    (folder / name).write_bytes(content())
    summary = batch(folder / name, folder / "out")
    assert (summary.made, summary.failed) == (3, 0)
    assert cards_in(folder / "out") == WANTED
    assert batch(folder / name, folder / "out").unchanged == 3


def table(folder, rows, name="t.csv"):
    path = folder / name
    path.write_bytes(csv(rows))
    return path


def test_columns_by_name(folder):
    path = table(folder, lines(("No.", "what")))
    with pytest.raises(UsageError):
        batch(path, folder / "out")
    batch(path, folder / "out", columns={"id": "No.", "photo": "what"})
    assert cards_in(folder / "out") == WANTED


def test_ids_and_another_column_in_the_name(folder):
    rows = [(*row, name) for row, name in zip(lines(), ["姓名", "张三", "李四", "王五"], strict=True)]
    batch(table(folder, rows), folder / "out", naming="{id}{姓名}.jpg")
    assert sorted(cards_in(folder / "out")) == sorted(
        f"{i}{n}.jpg" for i, n in zip(IDS, ["张三", "李四", "王五"], strict=True)
    )


def test_an_id_stored_as_a_number_fails_and_the_others_go_on(folder):
    (folder / "t.xlsx").write_bytes(xlsx(lines(ids=("110101199003070038", *IDS[1:])), number=1))
    summary = batch(folder / "t.xlsx", folder / "out")
    assert (summary.made, summary.errors) == (2, {"row_unfit": 1})
    assert sorted(cards_in(folder / "out")) == sorted(f"{id_}.jpg" for id_ in IDS[1:])
    line = json.loads((folder / "out" / "manifest.jsonl").read_text("utf-8").splitlines()[0])
    assert (line["state"], line["error"]["code"], line["error"]["values"]["row"]) == ("failed", "row_unfit", 2)


@pytest.mark.parametrize("ids", [("", *IDS[1:]), ("  ", *IDS[1:]), ("\u200b", *IDS[1:])])
def test_an_empty_id_fails_by_itself(ids, folder):
    summary = batch(table(folder, lines(ids=ids)), folder / "out")
    assert (summary.made, summary.errors) == (2, {"row_unfit": 1})


def test_an_empty_path_fails_by_itself(folder):
    summary = batch(table(folder, lines(photos=("", "photos/p1.jpg", "photos/p2.jpg"))), folder / "out")
    assert (summary.made, summary.errors) == (2, {"row_unfit": 1})


@pytest.mark.parametrize(
    "line", ['x,photos/p0.jpg,"小"张', 'x,photos/p0.jpg,"小张', "x,photos/p0.jpg,a,b"], ids=["quotes", "open", "many"]
)
def test_a_row_that_cannot_be_read_fails_by_itself(line, folder):
    rows = [f"{id_},photos/p{n}.jpg,王" for n, id_ in enumerate(IDS)]
    (folder / "t.csv").write_text("\n".join(["id,photo,name", rows[0], line, *rows[1:]]), "utf-8")
    summary = batch(folder / "t.csv", folder / "out")
    assert (summary.made, summary.errors) == (3, {"row_unfit": 1})
    assert cards_in(folder / "out") == WANTED
    entries = map(json.loads, (folder / "out" / "manifest.jsonl").read_text("utf-8").splitlines())
    (error,) = (entry["error"] for entry in entries if entry["state"] == "failed")
    assert error["values"]["row"] == 3


def test_rows_without_their_last_separators(folder):
    rows = [f"{id_},photos/p{n}.jpg" for n, id_ in enumerate(IDS)]
    (folder / "t.csv").write_text("\n".join(["id,photo,name,note", *rows, "1"]), "utf-8")
    summary = batch(folder / "t.csv", folder / "out")
    assert (summary.made, summary.errors) == (3, {"row_unfit": 1})


@pytest.mark.parametrize("form", ["'{}", '="{}"', '"=""{}"""', "\t{}"])
def test_ids_as_exports_write_them(form, folder):
    rows = lines(ids=[form.format(id_) for id_ in IDS])
    batch(table(folder, rows), folder / "out")
    assert cards_in(folder / "out") == WANTED


@pytest.mark.parametrize("id_", ["'1.10101E+17", '="110101199003070000"', "'", '=""'])
def test_what_is_wrong_behind_an_apostrophe_is_seen(id_, folder):
    summary = batch(table(folder, lines(ids=(id_, *IDS[1:]))), folder / "out")
    assert (summary.made, summary.errors) == (2, {"row_unfit": 1})


def test_a_given_column_tells_the_header_from_titles(folder):
    rows = [("某单位", "2026"), *lines(("No.", "what"))]
    batch(table(folder, rows), folder / "out", columns={"id": "No.", "photo": "what"})
    assert cards_in(folder / "out") == WANTED


def test_a_photo_that_is_not_there_fails_and_is_tried_again(folder):
    path = table(folder, lines())
    (folder / "photos" / "p0.jpg").unlink()
    assert batch(path, folder / "out").errors == {"not_found": 1}
    (folder / "photos" / "p0.jpg").write_bytes(b"0")
    summary = batch(path, folder / "out")
    assert (summary.made, summary.unchanged, summary.failed) == (1, 2, 0)


@pytest.mark.parametrize("id_", ["a/b", "../x", "..", "a\\b"])
def test_ids_that_would_lead_elsewhere_fail_by_themselves(id_, folder):
    summary = batch(table(folder, lines(ids=(id_, *IDS[1:]))), folder / "out")
    assert (summary.made, summary.errors) == (2, {"name_unsafe": 1})


def test_one_id_twice_is_refused_with_its_rows(folder):
    rows = lines(ids=(IDS[0], IDS[1], IDS[0].lower()))
    with pytest.raises(EphotoError) as caught:
        batch(table(folder, rows), folder / "out")
    error = caught.value
    assert error.code == "batch_same_output"
    assert "row 2 = row 4" in error.message()
    assert IDS[0][:6] not in error.message() + error.hint()
    assert cards_in(folder / "out") == {}
    (entry,) = map(json.loads, Path(error.values["path"]).read_text("utf-8").splitlines())
    assert (entry["row"], entry["other_row"]) == (2, 4)


def test_a_small_x_is_a_large_one(folder):
    batch(table(folder, lines(ids=(IDS[0].lower(), *IDS[1:]))), folder / "out")
    assert cards_in(folder / "out") == WANTED


def test_absolute_paths_and_those_of_windows(folder):
    photos = (str(folder / "photos" / "p0.jpg"), "photos\\p1.jpg", "photos/../photos/p2.jpg")
    batch(table(folder, lines(photos=photos)), folder / "out")
    assert cards_in(folder / "out") == WANTED


def test_a_table_elsewhere_begins_at_its_own_folder(folder, monkeypatch):
    path = table(folder, lines())
    (folder / "else").mkdir()
    monkeypatch.chdir(folder / "else")
    batch(path, "out")
    assert cards_in(folder / "else" / "out") == WANTED


def test_a_renamed_photo_or_a_row_that_moved_makes_nothing_anew(folder):
    batch(table(folder, lines()), folder / "out")
    header, *rest = lines()
    summary = batch(table(folder, [header, *reversed(rest)]), folder / "out")
    assert (summary.made, summary.unchanged) == (0, 3)


@pytest.mark.parametrize("out", ["photos", "photos/", "link", "photos/../photos", "."])
def test_no_card_goes_where_the_photos_are(out, folder):
    """With --force one would take a photo's place."""
    (folder / "link").symlink_to(folder / "photos")
    with pytest.raises(UsageError) as caught:
        batch(table(folder, lines(ids=("p0", "p1", "p2"))), folder / out, force=True)
    assert caught.value.code == "out_in_in"
    assert [(folder / "photos" / f"p{n}.jpg").read_bytes() for n in range(3)] == [b"0", b"1", b"2"]


def test_the_manifest_that_a_batch_writes_does_not_replace_the_table(folder):
    (folder / "t").mkdir()
    photos = [str(folder / "photos" / f"p{n}.jpg") for n in range(3)]
    path = folder / "t" / "manifest.jsonl"
    path.write_bytes(jsonl(lines(photos=photos)))
    before = path.read_bytes()
    for words in ({}, {"force": True}):
        with pytest.raises(UsageError) as caught:
            batch(path, folder / "t", **words)
        assert caught.value.code == "out_in_in"
    assert path.read_bytes() == before


def test_a_folder_below_the_photos_is_no_harm(folder):
    batch(table(folder, lines()), folder / "photos" / "cards")
    assert cards_in(folder / "photos" / "cards") == WANTED


def test_a_table_without_rows(folder):
    with pytest.raises(UsageError) as caught:
        batch(table(folder, lines()[:1]), folder / "out")
    assert caught.value.code == "batch_empty"


def test_a_table_that_vanishes(folder):
    path = table(folder, lines())
    source = Listed(path, FileReader(9))
    assert source.is_there()
    path.unlink()
    assert not source.is_there()
