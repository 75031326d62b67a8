"""Cards and people beside each other: nobody is left out without a word."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest
import xlsxwriter

from ephoto.core.errors import InputError, UsageError
from ephoto.workflow.adapters.production.package import write_package
from ephoto.workflow.adapters.production.reading import verify_package
from ephoto.workflow.adapters.production.rows_from_batch import Wanted, rows_from_batch
from ephoto.workflow.findings import level_of
from tests.workflow.production.people import COLUMNS, HEAD, RULES, batch_folder, id_number, photo

WANTED = Wanted("cn-social-security-card@1", delivery="employer_collect", employer_code="E1")


def roster(path, people, header=("姓名", "证件号码", "手机号码"), encoding="utf-8-sig"):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header, *people])
    return path


def people(count):
    return [(f"测试{k}", id_number(k), "13800138000") for k in range(count)]


def told(found):
    return sorted((f.code, f.pointer) for f in found.findings)


def test_a_batch_and_its_roster_become_a_package(tmp_path):
    folder = batch_folder(tmp_path / "cards", 4)
    made = rows_from_batch(folder, roster(tmp_path / "r.csv", people(4)), WANTED)
    assert made.findings == ()
    assert [one.id_number for one in made.rows] == [id_number(k) for k in range(4)]
    assert made.rows[1].document["applicant"]["mobile"] == "13800138000"
    package = write_package(tmp_path / "x.zip", HEAD, made.rows, RULES, COLUMNS)
    assert verify_package(package.path, RULES)["count"] == 4


def test_a_batch_that_was_made_of_a_table_is_matched_by_its_ids(tmp_path):
    folder = batch_folder(tmp_path / "cards", 2, lambda k, line: line | {"id": id_number(1 - k).lower()})
    made = rows_from_batch(folder, roster(tmp_path / "r.csv", people(2)), WANTED)
    assert [one.photo.read() for one in made.rows] == [photo(1), photo(0)]


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-16"])
def test_rosters_in_any_encoding(tmp_path, encoding):
    folder = batch_folder(tmp_path / "cards", 1)
    made = rows_from_batch(folder, roster(tmp_path / "r.csv", [("𠮷田", id_number(0), "")], encoding=encoding), WANTED)
    assert made.rows[0].name == "𠮷田"


def test_numbers_that_a_spreadsheet_has_spoiled_are_found_and_never_repaired(tmp_path):
    folder = batch_folder(tmp_path / "cards", 3)
    with xlsxwriter.Workbook(tmp_path / "r.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["姓名", "身份证号"])
        sheet.write_row(1, 0, ["测试0", int(id_number(0).replace("X", "1"))])
        sheet.write_string(2, 0, "测试1")
        sheet.write_string(2, 1, id_number(1))
    made = rows_from_batch(folder, tmp_path / "r.xlsx", WANTED)
    assert [one.id_number for one in made.rows] == [id_number(1)]
    assert told(made) == [
        ("wf.card_without_row", "/manifest/1"),
        ("wf.card_without_row", "/manifest/3"),
        ("wf.roster_id_numeric", "/roster/2/id"),
    ]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("1.1990019880229E+17", "wf.roster_id_numeric"),
        ("119900198802290012", "wf.id_check_digit"),
        ("119900198702290014", "wf.id_birth_date"),
        ("110101900307002", "wf.id_invalid"),
        ("", "wf.field_required"),
    ],
)
def test_wrong_numbers_are_findings_of_their_row(tmp_path, number, code):
    folder = batch_folder(tmp_path / "cards", 1)
    made = rows_from_batch(folder, roster(tmp_path / "r.csv", [*people(1), ("测试9", number, "1")]), WANTED)
    assert told(made) == [(code, "/roster/3/id")]
    assert level_of(code) == "block"
    assert len(made.rows) == 1
    assert all(number not in str(f.to_dict()) for f in made.findings if number)


def test_marks_that_exports_put_about_a_number_do_not_count(tmp_path):
    folder = batch_folder(tmp_path / "cards", 3)
    wrapped = [
        ("测试0", f"'{id_number(0)}", ""),
        ("测试1", f'="{id_number(1)}"', ""),
        ("测试2", f" {id_number(2)[:6]} {id_number(2)[6:]}", ""),
    ]
    made = rows_from_batch(folder, roster(tmp_path / "r.csv", wrapped), WANTED)
    assert (len(made.rows), made.findings) == (3, ())


def test_everyone_who_is_left_out_is_told(tmp_path):
    def changes(k, line):
        failed = {"state": "failed", "output": None, "bytes": None, "sha256": None, "passed": None}
        return {
            1: line | failed | {"error": {"code": "no_face", "values": {}, "exit_code": 4}},
            2: line | {"passed": False, "findings": [{"code": "eyes_open", "required": True}]},
            3: line | {"spec": "cn-resident-id"},
            4: line | {"sha256": "0" * 64},
            5: [line, line | {"output": f"again/{id_number(5)}.jpg"}],
            6: line | failed | {"state": "waiting"},
        }.get(k, line)

    folder = batch_folder(tmp_path / "cards", 9, changes)
    (folder / f"{id_number(7)}.jpg").unlink()
    listed = [*people(8), ("测试0", id_number(0), ""), ("测试99", id_number(99), ""), ("", id_number(50), "")]
    made = rows_from_batch(folder, roster(tmp_path / "r.csv", listed), WANTED)
    assert [one.id_number for one in made.rows] == [id_number(0)]
    assert told(made) == sorted(
        [
            ("wf.photo_rejected", "/roster/3"),
            ("wf.photo_rejected", "/roster/4"),
            ("wf.photo_rejected", "/roster/5"),
            ("wf.photo_changed", "/roster/6"),
            ("wf.photo_ambiguous", "/roster/7"),
            ("wf.photo_rejected", "/roster/8"),
            ("wf.photo_changed", "/roster/9"),
            ("wf.roster_duplicate", "/roster/10/id"),
            ("wf.photo_missing", "/roster/11"),
            ("wf.field_required", "/roster/12/name"),
            ("wf.card_without_row", "/manifest/10"),
        ]
    )
    problems = {f.pointer: f.values.get("problem") for f in made.findings}
    assert problems["/roster/3"] == "no_face"
    assert problems["/roster/4"] == "eyes_open"
    assert problems["/roster/5"] == "it was made for another document"
    assert all(f.message(lang) and f.hint(lang) for f in made.findings for lang in ("en", "zh"))
    assert "119900" not in str([f.to_dict() for f in made.findings])


def test_a_row_that_cannot_be_read_is_told(tmp_path):
    folder = batch_folder(tmp_path / "cards", 1)
    path = roster(tmp_path / "r.csv", people(1))
    path.write_bytes(path.read_bytes() + '"测试,1\r\n'.encode())
    made = rows_from_batch(folder, path, WANTED)
    assert told(made) == [("wf.roster_row", "/roster/3")]


def test_a_card_that_changed_after_it_was_looked_at_stops_the_package(tmp_path):
    folder = batch_folder(tmp_path / "cards", 2)
    made = rows_from_batch(folder, roster(tmp_path / "r.csv", people(2)), WANTED)
    (folder / f"{id_number(1)}.jpg").write_bytes(photo(7))
    with pytest.raises(InputError) as caught:
        write_package(tmp_path / "x.zip", HEAD, made.rows, RULES, COLUMNS)
    assert caught.value.code == "wf.package_checksum"


def test_a_link_out_of_the_batch_is_not_followed(tmp_path):
    folder = batch_folder(tmp_path / "cards", 1)
    card = folder / f"{id_number(0)}.jpg"
    card.rename(tmp_path / "elsewhere.jpg")
    card.symlink_to(tmp_path / "elsewhere.jpg")
    made = rows_from_batch(folder, roster(tmp_path / "r.csv", people(1)), WANTED)
    assert told(made) == [("wf.photo_changed", "/roster/2")]


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        '{"schema": "ephoto.batch/2"}',
        '{"schema": "ephoto.batch/1", "input": "a", "spec": "s", "state": "done", "output": "../x.jpg", "bytes": 1,'
        ' "sha256": "' + "0" * 64 + '", "passed": true}',
    ],
)
def test_a_manifest_that_is_none_is_refused_by_its_line(tmp_path, line):
    folder = batch_folder(tmp_path / "cards", 1)
    with (folder / "manifest.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(InputError) as caught:
        rows_from_batch(folder, roster(tmp_path / "r.csv", people(1)), WANTED)
    assert (caught.value.code, caught.value.values["row"]) == ("table_row", 2)


def test_without_manifest_or_columns_the_reason_is_told(tmp_path):
    with pytest.raises(InputError) as caught:
        rows_from_batch(tmp_path, roster(tmp_path / "r.csv", people(1)), WANTED)
    assert caught.value.code == "not_found"
    folder = batch_folder(tmp_path / "cards", 1)
    path = roster(tmp_path / "r2.csv", [("x", "1")], header=("Person", "Key"))
    with pytest.raises(UsageError) as unknown:
        rows_from_batch(folder, path, WANTED)
    assert unknown.value.code == "column_missing"
    path = roster(tmp_path / "r3.csv", [("测试0", id_number(0))], header=("Person", "Key"))
    made = rows_from_batch(folder, path, replace(WANTED, columns={"id": "Key", "name": "Person"}))
    assert len(made.rows) == 1


def test_the_facts_of_the_manifest_are_those_that_a_batch_writes():
    """batch and workflow do not know each other; both follow ephoto/batch/manifest.schema.json."""
    import json
    from pathlib import Path

    from ephoto.workflow.adapters.production import batch_manifest

    schema = json.loads((Path(__file__).parents[3] / "ephoto/batch/manifest.schema.json").read_text("utf-8"))
    assert schema["properties"]["schema"]["const"] == batch_manifest.SCHEMA
    read = {"schema", "input", "id", "state", "spec", "output", "bytes", "sha256", "passed", "error", "findings"}
    assert read <= set(schema["required"])
