"""Nobody's card lies under another's name, and none of a former photo stays, whatever happens between runs."""

from __future__ import annotations

import json
import os
import zipfile

import pytest

from ephoto.batch.archive import Archive, ArchiveReader
from ephoto.core.errors import InputError
from tests.batch.trivial import batch, card_of, cards_in

SAME_TIME = (1_700_000_000, 1_700_000_000)


@pytest.fixture
def place(tmp_path):
    photos = tmp_path / "in"
    photos.mkdir()
    for name, data in (("a.jpg", b"Anna"), ("b.jpg", b"Bert")):  # of one size and time
        (photos / name).write_bytes(data)
        os.utime(photos / name, SAME_TIME)
    return photos, tmp_path / "out"


def table(photos, *rows):
    path = photos.parent / "people.csv"
    path.write_text("\n".join(["id,photo,name", *rows]) + "\n", "utf-8")
    return path


def lines(out):
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text("utf-8").splitlines()]


def test_a_corrected_table_gives_each_the_own_card(place):
    photos, out = place
    batch(table(photos, "1,in/b.jpg,B", "2,in/a.jpg,A"), out)
    summary = batch(table(photos, "1,in/a.jpg,A", "2,in/b.jpg,B"), out)
    assert (summary.made, summary.unchanged) == (2, 0)
    assert cards_in(out) == {"1.jpg": card_of(b"Anna"), "2.jpg": card_of(b"Bert")}
    assert [line["input"] for line in lines(out)] == ["in/a.jpg", "in/b.jpg"]


def test_swapped_names_are_put_right(place):
    photos, out = place
    batch(table(photos, "1,in/a.jpg,Bert", "2,in/b.jpg,Anna"), out, naming="{name}.jpg")
    summary = batch(table(photos, "1,in/a.jpg,Anna", "2,in/b.jpg,Bert"), out, naming="{name}.jpg")
    assert (summary.made, summary.failed) == (2, 0)
    assert cards_in(out) == {"Anna.jpg": card_of(b"Anna"), "Bert.jpg": card_of(b"Bert")}


def test_a_card_under_a_former_name_is_taken_back(place):
    photos, out = place
    batch(table(photos, "1,in/a.jpg,Ana"), out, naming="{name}.jpg")
    batch(table(photos, "1,in/a.jpg,Anna"), out, naming="{name}.jpg")
    assert cards_in(out) == {"Anna.jpg": card_of(b"Anna")}
    assert (out / ".ephoto" / "withdrawn" / "Ana.jpg").read_bytes() == card_of(b"Anna")


@pytest.mark.parametrize("suffix", ["", ".zip"], ids=["folder", "zip"])
def test_the_card_of_a_photo_that_fails_now_is_taken_back(place, suffix):
    photos, out = place
    out = out.with_name(out.name + suffix)
    batch(photos, out)
    (photos / "a.jpg").write_bytes(b"x" * 2000)  # more than may be read
    assert batch(photos, out).failed == 1
    if suffix:
        with zipfile.ZipFile(out) as archive:
            assert set(archive.namelist()) == {"b.jpg", "manifest.jsonl"}
    else:
        assert cards_in(out) == {"b.jpg": card_of(b"Bert")}


def test_a_zip_that_is_cut_short_keeps_nothing_of_a_former_photo(place):
    photos, out = place
    out = out.with_suffix(".zip")
    batch(photos, out)
    (photos / "a.jpg").write_bytes(b"x" * 2000)
    (photos / "c.jpg").write_bytes(b"Carl")

    def interrupted(desk, tell):
        rows = desk.rows()
        try:
            desk.finish(next(rows), InputError("not_a_picture"))
        finally:
            desk.stop.set()
        return False

    assert batch(photos, out, crew=interrupted).left == 1
    assert batch(photos, out, resume=True).left == 0
    with zipfile.ZipFile(out) as archive:
        assert set(archive.namelist()) == {"b.jpg", "c.jpg", "manifest.jsonl"}


def test_a_card_that_others_have_changed_is_not_taken_back(place):
    photos, out = place
    batch(photos, out)
    (out / "a.jpg").write_bytes(b"retouched by hand")
    (photos / "a.jpg").write_bytes(b"x" * 2000)
    batch(photos, out)
    assert (out / "a.jpg").read_bytes() == b"retouched by hand"


def test_the_card_of_a_photo_that_has_only_gone_stays(place):
    photos, out = place
    batch(photos, out)
    (photos / "a.jpg").unlink()
    assert batch(photos, out).gone == 1
    assert set(cards_in(out)) == {"a.jpg", "b.jpg"}


def test_other_wishes_reach_photos_that_were_away(place):
    """--force with another background: a photo that comes back later gets its new card, too."""
    photos, out = place
    batch(photos, out)
    (photos / "a.jpg").rename(photos.parent / "a.jpg")
    batch(photos, out, naming="{stem}-blue.jpg", force=True)
    (photos.parent / "a.jpg").rename(photos / "a.jpg")
    assert batch(photos, out, naming="{stem}-blue.jpg").made == 1
    assert set(cards_in(out)) == {"a-blue.jpg", "b-blue.jpg"}


def test_an_archive_that_is_rewritten_gives_no_photo_of_another(tmp_path):
    path = tmp_path / "in.zip"
    for names in (("anna.jpg", "bert.jpg"), ("bert.jpg", "anna.jpg")):
        with zipfile.ZipFile(path, "w") as made:
            for name in names:
                made.writestr(name, name.encode())
        if names[0] == "anna.jpg":
            items = list(Archive(path, ArchiveReader(path, 100)).items())
    with pytest.raises(InputError) as caught:
        ArchiveReader(path, 100).read(items[0].locator)
    assert caught.value.code == "not_readable"


def test_a_table_whose_photos_are_on_a_share_that_goes_stops_the_batch(place):
    photos, out = place
    people = table(photos, "1,in/a.jpg,A", "2,in/b.jpg,B")

    def pulled(desk, tell):
        reader = desk.job.source.reader
        for k, row in enumerate(desk.rows()):
            if k == 0:
                photos.rename(photos.parent / "gone")
            try:
                reader.read(row.locator)
            except InputError as error:
                desk.finish(row, error)
        return True

    summary = batch(people, out, crew=pulled)
    assert (summary.failed, summary.left, summary.stopped.code) == (0, 2, "input_gone")


def test_a_row_that_is_mistyped_stops_nothing(place):
    photos, out = place
    summary = batch(table(photos, "1,no/such/folder/a.jpg,A", "2,in/b.jpg,B"), out)
    assert (summary.made, summary.errors, summary.stopped) == (1, {"not_found": 1}, None)


def test_the_manifest_says_what_the_summary_says(place):
    """A row that is unfit now, with the same photos as before."""
    photos, out = place
    naming = "{name}.jpg"
    batch(table(photos, "1,in/a.jpg,A", "2,in/b.jpg,B"), out, naming=naming)
    summary = batch(table(photos, "1,in/a.jpg,A/x", "2,in/b.jpg,B"), out, naming=naming)
    assert summary.failed == 1
    assert [line["state"] for line in lines(out)] == ["failed", "done"]
    assert cards_in(out) == {"B.jpg": card_of(b"Bert")}


def test_quarantine_is_told_only_while_it_holds_the_photo(place):
    photos, out = place
    (photos / "a.jpg").write_bytes(b"x" * 2000)
    batch(photos, out, on_fail="quarantine")
    (photos / "a.jpg").write_bytes(b"good")
    batch(photos, out)
    (photos / "a.jpg").write_bytes(b"y" * 2000)
    assert batch(photos, out).quarantine is None
    assert lines(out)[0]["quarantine"] is None
