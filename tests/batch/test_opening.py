"""A batch that is refused leaves nothing where it would have worked."""

from __future__ import annotations

import sqlite3

import pytest

from ephoto.core.errors import EphotoError
from tests.batch.trivial import batch, card_of, cards_in


def everything(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("out", ["out", "deep/er/out", "out.zip"])
@pytest.mark.parametrize(
    ("content", "words", "code"),
    [
        ({}, {}, "batch_empty"),
        ({"t.csv": "id,photo\n1,a.jpg\n"}, {"naming": "{none}.jpg"}, "bad_option"),
        ({"t.csv": ""}, {}, "table_empty"),
    ],
)
def test_nothing_is_left_of_a_batch_that_is_refused(out, content, words, code, tmp_path):
    (tmp_path / "in").mkdir()
    for name, text in content.items():
        (tmp_path / "in" / name).write_text(text, "utf-8")
    before = everything(tmp_path)
    source = tmp_path / "in" / next(iter(content), "")
    with pytest.raises(EphotoError) as caught:
        batch(source, tmp_path / out, **words)
    assert caught.value.code == code
    assert everything(tmp_path) == before


def test_what_was_there_stays(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"1")
    batch(tmp_path / "in", tmp_path / "out")
    (tmp_path / "in" / "a.jpg").unlink()
    with pytest.raises(EphotoError):
        batch(tmp_path / "in", tmp_path / "out")
    assert cards_in(tmp_path / "out") == {"a.jpg": card_of(b"1")}
    assert (tmp_path / "out" / ".ephoto" / "ledger.sqlite").is_file()


def test_the_list_of_photos_for_one_card_is_left(tmp_path):
    for name in ("in/a.jpg", "in/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"1")
    with pytest.raises(EphotoError) as caught:
        batch(tmp_path / "in", tmp_path / "out")
    assert caught.value.code == "batch_same_output"
    assert everything(tmp_path / "out") == [".ephoto", ".ephoto/same_names.jsonl"]


@pytest.mark.parametrize("content", [b"dear diary", b"SQLite form", bytes(20)])
def test_a_file_that_is_no_ledger_is_told_and_gets_no_lock(content, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"1")
    mine = tmp_path / "mine.txt"
    mine.write_bytes(content)
    with pytest.raises(EphotoError) as caught:
        batch(tmp_path / "in", tmp_path / "out", ledger=mine)
    assert (caught.value.code, caught.value.values["problem"]) == ("ledger_failed", "it is there and is no ledger")
    assert everything(tmp_path) == ["in", "in/a.jpg", "mine.txt"]
    assert mine.read_bytes() == content


def test_a_fault_after_a_card_was_made_costs_no_ledger(tmp_path):
    """As of a watch whose notices fail."""
    from ephoto.batch.opening import opened
    from tests.batch.trivial import job_of

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"1")
    sink = job_of(tmp_path / "in", tmp_path / "out").sink

    def fail():
        with opened(sink, sink.ledger) as ledger:
            number = ledger.start("x", "0", "now")
            ledger._do("INSERT INTO photo (key, input, locator, id, run, state, card_sha256) VALUES "
                       "('a', 'a', 'a', '', ?, 'done', 'x')", number)  # fmt: skip
            raise EphotoError("watch_failed", path="x", problem="y")

    with pytest.raises(EphotoError):
        fail()
    with sqlite3.connect(sink.ledger) as ledger:
        assert ledger.execute("SELECT count(*) FROM photo").fetchone() == (1,)
    ledger.close()
