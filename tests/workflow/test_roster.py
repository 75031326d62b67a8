"""Rosters as employers make them: workbooks, CSV in both encodings, hurt numbers, and people who are in twice."""

from __future__ import annotations

import csv
import io
import itertools
import json
import subprocess
import sys
from datetime import date
from typing import get_args

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.core.errors import InputError, UsageError
from ephoto.core.messages import codes, text
from ephoto.core.resident_id import check_digit
from ephoto.tables import read
from ephoto.workflow.adapters.roster import (
    FINDINGS_HEADER,
    Collective,
    RosterWords,
    read_roster,
    roster_words,
    write_findings,
)
from ephoto.workflow.adapters.roster_words import day_of, id_type_of, sex_of, taken_codes, until_of
from ephoto.workflow.model import Employer
from ephoto.workflow.terms import EmployerTerms
from ephoto.workflow.values import IdType
from tests.liveness.counterpart import ROOT
from tests.workflow.subscribers import mapping_of

TODAY = date(2026, 1, 15)
# Fictional people of area 1199xx, which is unassigned.
MAN, WOMAN, OTHER = "119900198802290011", "119900199308150026", "11990019900307005X"
HEADER = ["序号", "姓名", "证件号码", "手机号码", "性别", "出生日期", "民族", "职业", "开户银行"]
GOOD = [
    ["1", "测试甲", MAN, "13800138000", "男", "19880229", "汉", "工程师", "工商银行"],
    ["2", "测试乙", WOMAN, "+86 138-0013-8001", "女", "1993-08-15", "", "会计", "工商银行"],
]
BY = Collective(
    Employer(code="EMP-0001", name="测试单位", batch_no="2026-01"), banks={"工商银行": "B01", "建设银行": "B02"}
)


def numbered():
    count = itertools.count(1)
    return lambda: f"APP-TEST-{next(count):04}"


def csv_of(rows, header=HEADER, encoding="utf-8-sig"):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode(encoding)


def rows_of(data, by=BY, name="roster.csv", **more):
    return list(read_roster(data, by, ids=numbered(), today=TODAY, name=name, **more))


def one(**cells):
    """The findings' codes and places, and the draft, of one row; cells by their column here."""
    row = dict(zip(HEADER, GOOD[0], strict=True)) | cells
    (read_,) = rows_of(csv_of([list(row.values())], list(row)))
    return [(finding.code, finding.pointer) for finding in read_.findings], read_.application


def workbook(rows, header=HEADER, **formats):
    """A workbook as a spreadsheet program writes it: numbers are numbers."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy/m/d"})
        for number, row in enumerate([header, *rows]):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)
                elif isinstance(value, (int, float)):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, value)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_good_rows_are_drafts_with_all_that_their_cells_say(encoding):
    first, second = rows_of(csv_of(GOOD, encoding=encoding))
    assert (first.row_no, second.row_no) == (2, 3)
    assert {f.code for f in first.findings} == {"wf.id_region_unknown"}  # area 1199xx is nobody's
    draft = first.application
    person = draft.applicant
    assert (draft.application_id, draft.kind, draft.route) == ("APP-TEST-0001", "first_issue", "in_service")
    assert (person.name, person.id_number, person.mobile) == ("测试甲", MAN, "13800138000")
    assert (person.sex, person.birth_date, person.nation, person.occupation) == ("M", date(1988, 2, 29), "汉", "工程师")
    assert (draft.employer.code, draft.employer.batch_no, draft.bank.code) == ("EMP-0001", "2026-01", "B01")
    assert second.application.applicant.mobile == "13800138001"
    assert second.application.applicant.birth_date == date(1993, 8, 15)


def test_a_workbook_with_text_cells_is_read_and_dates_may_be_dates():
    rows = [[1, "测试甲", MAN, 13800138000, "男", date(1988, 2, 29), "", "", ""]]
    (row,) = rows_of(workbook(rows), name="roster.xlsx")
    assert row.application.applicant.id_number == MAN
    assert row.application.applicant.mobile == "13800138000"
    assert row.application.applicant.birth_date == date(1988, 2, 29)


def test_numbers_stored_as_numbers_are_caught_and_never_repaired():
    rows = [[n, "测试甲", float(number), "13800138000", "", "", "", "", ""] for n, number in enumerate((MAN, WOMAN))]
    found = rows_of(workbook(rows), name="roster.xlsx")
    assert [[finding.code for finding in row.findings] for row in found] == [["wf.roster_id_numeric"]] * 2
    assert all(row.application is None for row in found)


@pytest.mark.parametrize("cell", ["1.1990019880229E+17", "119900198802290000"])
def test_what_a_spreadsheet_made_of_a_number_is_caught_in_a_text_file(cell):
    assert one(证件号码=cell)[0] == [("wf.roster_id_numeric", "/applicant/id_number")]


def test_a_true_number_that_ends_in_zeros_is_no_hurt_one():
    ends = next(
        number
        for number in (f"1199001988{month:02}{day:02}000" for month in range(1, 13) for day in range(1, 29))
        if check_digit(number) == "0"
    )
    found, draft = one(证件号码=ends + "0", 出生日期="", 性别="")
    assert ("wf.roster_id_numeric", "/applicant/id_number") not in found
    assert draft.applicant.id_number == ends + "0"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"证件号码": "119900198802290012"}, ("wf.id_check_digit", "/applicant/id_number")),
        ({"证件号码": "119900198702290014"}, ("wf.id_birth_date", "/applicant/id_number")),
        ({"证件号码": "130503670401001"}, ("wf.id_invalid", "/applicant/id_number")),
        ({"证件号码": ""}, ("wf.field_required", "/applicant/id_number")),
        ({"姓名": ""}, ("wf.field_required", "/applicant/name")),
        ({"手机号码": "010-65520000"}, ("wf.mobile_invalid", "/applicant/mobile")),
        ({"手机号码": "1.38E+10"}, ("wf.mobile_invalid", "/applicant/mobile")),
        ({"性别": "女"}, ("wf.id_sex", "/applicant/sex")),
        ({"性别": "?"}, ("wf.field_unfit", "/applicant/sex")),
        ({"出生日期": "19880228"}, ("wf.id_birth_date", "/applicant/birth_date")),
        ({"出生日期": "1988"}, ("wf.field_unfit", "/applicant/birth_date")),
        ({"出生日期": "19870229"}, ("wf.field_unfit", "/applicant/birth_date")),
        ({"民族": "汉" * 50}, ("wf.field_unfit", "/applicant/nation")),
        ({"开户银行": "无名银行"}, ("wf.bank_not_allowed", "/bank/code")),
        ({"单位编号": "EMP-0002"}, ("wf.field_unfit", "/employer/code")),
    ],
)
def test_a_row_that_cannot_go_on_has_its_code_and_place_and_no_draft(cells, expected):
    found, draft = one(**cells)
    assert expected in found
    assert draft is None


def test_signs_of_other_widths_and_marks_about_a_number_do_not_count():
    for cell in ("１１９９００ 19880229 0011", f"'{MAN}", f'="{MAN}"', f" {MAN}\u200b"):
        assert one(证件号码=cell)[1].applicant.id_number == MAN


def test_a_small_x_is_a_capital_one():
    assert one(证件号码=OTHER.lower(), 出生日期="", 性别="")[1].applicant.id_number == OTHER


def test_a_name_beyond_gbk_is_told_and_kept():
    found, draft = one(姓名="测试𠮷")
    assert ("wf.name_not_in_gbk", "/applicant/name") in found
    assert draft.applicant.name == "测试𠮷"


def test_a_person_who_is_in_twice_is_told_with_the_first_row_however_it_is_written():
    rows = [GOOD[0], GOOD[1], ["3", "测试甲", "１" + MAN[1:], "", "", "", "", "", ""]]
    first, _, third = rows_of(csv_of(rows))
    assert first.application is not None
    assert third.application is None
    told = next(finding for finding in third.findings if finding.code == "wf.roster_duplicate")
    assert told.values == {"row": 2}


def test_two_whose_numbers_are_hurt_alike_are_not_one_person():
    rows = [["1", "测试甲", "1.199E+17", "", "", "", "", "", ""], ["2", "测试乙", "1.199E+17", "", "", "", "", "", ""]]
    assert [[finding.code for finding in row.findings] for row in rows_of(csv_of(rows))] == [
        ["wf.roster_id_numeric"]
    ] * 2


def test_a_row_that_cannot_be_read_does_not_stop_the_others():
    data = (
        csv_of(GOOD) + "3,测试丙,x,,,,,,,,too,much\r\n".encode() + ",".join(GOOD[0][:2] + [OTHER] + [""] * 6).encode()
    )
    rows = rows_of(data)
    assert [row.application is not None for row in rows] == [True, True, False, True]
    assert rows[2].findings[0].code == "wf.roster_row"
    assert rows[2].findings[0].message("zh") != rows[2].findings[0].message("en")


def test_other_documents_than_the_resident_id():
    found, draft = one(证件类型="护照", 证件号码="e12345678", 出生日期="", 性别="")
    assert found == []
    assert (draft.applicant.id_type, draft.applicant.id_number) == ("passport", "E12345678")
    assert ("wf.id_invalid", "/applicant/id_number") in one(证件类型="护照", 证件号码="护照号")[0]
    assert ("wf.field_unfit", "/applicant/id_type") in one(证件类型="会员卡")[0]


def test_what_the_employer_has_settled_is_filled_in_and_locked():
    terms = EmployerTerms("EMP-0001", True, ("B02",), "B0201", "employer_collect")
    by = Collective(Employer(code="EMP-0001"), terms, BY.banks)
    (row,) = rows_of(csv_of([[*GOOD[0][:8], ""]]), by)
    draft = row.application
    assert draft.employer.collective_opened
    assert (draft.bank.code, draft.bank.branch_code, draft.branch_locked) == ("B02", "B0201", True)
    assert (draft.delivery.method, draft.delivery.locked) == ("employer_collect", True)
    (row,) = rows_of(csv_of([GOOD[0]]), by)
    assert [finding.code for finding in row.findings if finding.level == "block"] == ["wf.bank_not_allowed"]


def test_columns_may_be_named_by_the_user_and_a_missing_one_is_told():
    data = csv_of([["测试甲", MAN]], ["员工", "号"])
    (row,) = rows_of(data, columns={"name": "员工", "id": "号"})
    assert row.application.applicant.name == "测试甲"
    with pytest.raises(UsageError) as told:
        rows_of(csv_of([["测试甲"]], ["姓名"]))
    assert told.value.code == "column_missing"


def test_a_mapping_names_columns_and_banks_and_a_wrong_key_is_refused(tmp_path):
    def words_of(text):
        return roster_words(mapping_of(tmp_path, "employer", "http://127.0.0.1:1", text).table("roster"))

    words = words_of('[roster.columns]\nid = "号"\n[roster.banks]\n"工商银行" = "B01"\n')
    data = csv_of([["测试甲", MAN, "工商银行"]], ["姓名", "号", "开户银行"])
    (row,) = rows_of(data, Collective(BY.employer, banks=words.banks), columns=words.columns)
    assert row.application.bank.code == "B01"
    assert words_of("") == RosterWords({}, {})
    for wrong in ('[roster.columns]\nnothing = "x"', '[roster.banks]\nx = "no code"', "[roster]\nnothing = 1"):
        with pytest.raises(UsageError):
            words_of(wrong)


def test_the_table_as_a_whole_is_refused_at_once():
    with pytest.raises(InputError):
        read_roster(b"", BY, ids=numbered(), today=TODAY, name="roster.csv")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".jsonl"])
def test_findings_are_written_with_rows_and_both_languages_and_no_personal_data(tmp_path, suffix):
    rows = [GOOD[0], ["2", "测试乙", "119900198802290012", "123", "", "", "", "", "无名银行"],
            ["3", "", "1.19E+17", "", "火星", "", "", "", ""]]  # fmt: skip
    found = rows_of(csv_of(rows))
    path = write_findings(tmp_path / f"findings{suffix}", found)
    table = read(path)
    assert table.header == FINDINGS_HEADER
    told = [(row.cells["row"], row.cells["code"]) for row in table]
    assert told == [(str(row.row_no), finding.code) for row in found for finding in row.findings]
    assert all(row.cells["message"] and row.cells["message_zh"] for row in table)
    said = json.dumps([dict(row.cells) for row in table], ensure_ascii=False)
    for private in ("1199", "测试", "13800138000", "火星", "无名"):
        assert private not in said


def test_no_finding_and_no_repr_tells_on_a_person():
    rows = rows_of(csv_of([*GOOD, ["3", "测试丙", "x" * 30, "5", "y", "z", "民" * 99, "", ""]]))
    said = repr(rows) + json.dumps([f.to_dict("zh") for row in rows for f in row.findings], ensure_ascii=False)
    for private in ("测试", MAN, WOMAN, "13800138000", "xxx", "民民"):
        assert private not in said


def test_codes_that_are_taken_from_others_have_sentences_without_values():
    for code in taken_codes():
        name = code.removeprefix("wf.")
        assert name in codes("wf")
        assert text("wf", name, "message")
        assert text("wf", name, "hint")


@pytest.mark.parametrize(
    ("cell", "day"),
    [("20300101", "2030-01-01"), ("2030/1/1", "2030-01-01"), ("2030.01.01", "2030-01-01"),
     ("2030年1月1日", "2030-01-01"), ("2030-01-01T00:00:00", "2030-01-01"), ("长期", "long_term"),
     ("99991231", "long_term"), ("LONG TERM", "long_term")],
)  # fmt: skip
def test_days_as_many_hands_write_them(cell, day):
    assert until_of(cell, "x") == day


@given(
    st.text(max_size=20), st.sampled_from([sex_of, id_type_of, lambda t: day_of(t, "x"), lambda t: until_of(t, "x")])
)
def test_any_text_is_a_word_or_refused(cell, reader):
    try:
        said = reader(cell)
    except InputError as error:
        said = error.code
    assert said in ("M", "F", "wf.field_unfit", "long_term") or said in get_args(IdType) or date.fromisoformat(said)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(max_size=25), min_size=9, max_size=9))
def test_any_cells_give_findings_or_a_draft_and_never_an_exception(cells):
    for row in rows_of(csv_of([cells], encoding="utf-8") if not _half(cells) else csv_of([])):
        blocked = any(finding.level == "block" for finding in row.findings)
        assert (row.application is None) == blocked
        assert all(finding.message("zh") and finding.message() for finding in row.findings)


def _half(cells):
    return any("\ud800" <= sign <= "\udfff" or sign == "\0" for cell in cells for sign in cell)


READING = """
import resource, sys
sys.path.insert(0, {root!r})
from tests.workflow.test_roster import BY, TODAY, numbered, read_roster
good = 0
for count, row in enumerate(read_roster({path!r}, BY, ids=numbered(), today=TODAY), 1):
    good += row.application is not None
    if count == 10_000:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, good)
"""


@pytest.mark.slow
def test_a_hundred_thousand_rows_come_one_by_one(tmp_path):
    """Memory holds only whom it has seen: some 150 bytes each."""
    path = tmp_path / "roster.csv"
    count = 100_000
    with path.open("w", encoding="gb18030", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for number in range(count):
            first = f"1199{number // 999 % 100:02}19{60 + number // 99900:02}0101{number % 999:03}"
            id_number = first + check_digit(first)
            out.writerow([number, "测试甲", id_number, "13800138000", "", "", "汉", "工人", "工商银行"])
    script = READING.format(root=str(ROOT), path=str(path))
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    early, late, good = map(int, told.split())
    assert good == count
    assert late - early < 40_000  # KiB
