"""--report: a table of all photos for people and their spreadsheets."""

from __future__ import annotations

import pytest

from ephoto.batch.ledger import Ledger
from ephoto.batch.reporting import COLUMNS, check_report, write_report
from ephoto.batch.work import Refusal
from ephoto.core.errors import CheckError, EnvironmentFault, UsageError
from ephoto.tables import read
from tests.batch.trivial import batch, made

FINDINGS = [
    {"code": "gaze", "status": "fail", "required": True},
    {"code": "sharp", "status": "unknown", "required": True},
    {"code": "smile", "status": "fail", "required": False},
]


@pytest.fixture
def ledger(tmp_path):
    """Of four photos: one card that passed, one that did not, one refused by strictness, one never begun."""
    (tmp_path / "in").mkdir()
    for name in ("a.jpg", "b.jpg", "=c.jpg", "d.jpg"):
        (tmp_path / "in" / name).write_bytes(b"1")

    def crew(desk, tell):
        from dataclasses import replace

        for row in desk.rows():
            if row.key == "d.jpg":
                desk.halt(EnvironmentFault("output_failed", path="x", problem="y"))
                return True
            if row.key == "=c.jpg":
                desk.finish(row, Refusal(CheckError("check_failed", rules="gaze"), FINDINGS))
                continue
            card = made(b"1")
            desk.finish(row, replace(card, passed=False, findings=FINDINGS) if row.key == "b.jpg" else card)
        return True

    batch(tmp_path / "in", tmp_path / "out", crew=crew)
    ledger = Ledger(tmp_path / "out" / ".ephoto" / "ledger.sqlite")
    yield ledger
    ledger.close()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_every_photo_has_its_line(suffix, ledger, tmp_path):
    path = tmp_path / f"report{suffix}"
    write_report(str(path), ledger, 1, "a-spec")
    table = read(path)
    assert table.header == tuple(COLUMNS)
    refused, good, poor, left = [row.cells for row in table]
    assert (good["input"], good["state"], good["output"], good["failed_rules"]) == ("a.jpg", "done", "a.jpg", "")
    assert (good["bytes"], len(good["sha256"])) == ("9", 64)
    assert (poor["failed_rules"], poor["warned_rules"]) == ("gaze sharp", "smile")
    assert poor["passed"].lower() == "false"
    assert (refused["state"], refused["error"], refused["output"]) == ("failed", "check_failed", "")
    assert refused["failed_rules"] == "gaze sharp"
    assert (left["state"], left["output"], left["error"]) == ("waiting", "", "")


def test_no_name_becomes_a_formula(ledger, tmp_path):
    write_report(str(tmp_path / "r.csv"), ledger, 1, "a-spec")
    assert not any(line.startswith("=") for line in (tmp_path / "r.csv").read_text("utf-8-sig").splitlines())


def test_the_one_before_is_replaced_as_a_whole(ledger, tmp_path):
    path = tmp_path / "r.csv"
    write_report(str(path), ledger, 1, "a-spec")
    first = path.read_bytes()
    write_report(str(path), ledger, 1, "a-spec")
    assert path.read_bytes() == first
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []


@pytest.mark.parametrize("name", ["r", "r.doc", "r.xls", ".csv"])
def test_a_format_that_nobody_knows(name, tmp_path):
    with pytest.raises(UsageError) as caught:
        check_report(str(tmp_path / name), force=False)
    assert caught.value.code == "table_format"


def test_what_is_there_is_kept_unless_force(tmp_path):
    path = tmp_path / "r.CSV"
    check_report(str(path), force=False)
    path.write_bytes(b"theirs")
    with pytest.raises(EnvironmentFault) as caught:
        check_report(str(path), force=False)
    assert caught.value.code == "output_exists"
    check_report(str(path), force=True)


def test_no_report_takes_the_place_of_the_table(tmp_path):
    (tmp_path / "people.csv").write_bytes(b"id,photo\n")
    (tmp_path / "link.csv").symlink_to("people.csv")
    for name in ("people.csv", "link.csv"):
        with pytest.raises(UsageError) as caught:
            check_report(str(tmp_path / name), force=True, inputs=(tmp_path / "people.csv",))
        assert caught.value.code == "same_file"


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(UsageError) as caught:
        check_report(str(tmp_path / "none" / "r.csv"), force=False)
    assert caught.value.code == "bad_option"
