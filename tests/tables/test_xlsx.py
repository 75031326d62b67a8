"""Workbooks in: numbers that were IDs, dates, sheets, and files made to do harm."""

from __future__ import annotations

import datetime
import io
import re
import sys
import zipfile

import pytest

from ephoto.core.errors import EnvironmentFault, EphotoError
from ephoto.tables import read
from ephoto.tables.unpack import _column, repacked

xlsxwriter = pytest.importorskip("xlsxwriter", reason="the extra `tables` is not installed")
pytest.importorskip("python_calamine", reason="the extra `tables` is not installed")


def workbook(fill, **options):
    """The bytes of a workbook that `fill(book)` fills."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        fill(book)
    return out.getvalue()


def sheet_of(*rows):
    """Rows of values as they are typed into a sheet."""

    def fill(book):
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write_number(number, column, value)

    return workbook(fill)


PLAIN = sheet_of(("id", "照片"), ("110101199003070018", "a.jpg"), ("2", "b.jpg"))


def repackage(change, data=PLAIN, method=zipfile.ZIP_DEFLATED):
    """The same workbook with `change(name, part)` for each part; None leaves it out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", method) as new:
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
    return out.getvalue()


def code_of(data, **options):
    with pytest.raises(EphotoError) as caught:
        list(read(data, name="a.xlsx", **options))
    assert caught.value.message("zh")
    return caught.value.code


def test_an_id_stored_as_a_number_is_told():
    table = read(sheet_of(("id", "n"), (110101199003070018, 12), ("110101199003070018", 0.1 + 0.2)), name="a.xlsx")
    number, text = table
    assert number.hurt == {"id": "rounded"}
    assert number.cells["id"].startswith("11010119900307")
    assert number.cells["n"] == "12"
    assert (text.hurt, text.cells) == ({}, {"id": "110101199003070018", "n": "0.3"})


def test_an_id_that_was_text_in_scientific_form_is_told():
    (row,) = read(sheet_of(("id",), ("1.10101E+17",)), name="a.xlsx")
    assert row.hurt == {"id": "scientific"}


def test_dates_truth_and_formulas():
    def fill(book):
        sheet = book.add_worksheet()
        for column, name in enumerate(("day", "moment", "time", "span", "yes", "sum", "fault")):
            sheet.write_string(0, column, name)
        forms = [book.add_format({"num_format": f}) for f in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm", "hh:mm", "[h]:mm:ss")]
        sheet.write_datetime(1, 0, datetime.datetime(1990, 3, 7), forms[0])
        sheet.write_datetime(1, 1, datetime.datetime(1990, 3, 7, 8, 30), forms[1])
        sheet.write_datetime(1, 2, datetime.time(8, 30), forms[2])
        sheet.write_number(1, 3, 1.5, forms[3])
        sheet.write_boolean(1, 4, True)
        sheet.write_formula(1, 5, "=A1", None, "told")
        sheet.write_formula(1, 6, "=1/0", None, "#DIV/0!")

    (row,) = read(workbook(fill), name="a.xlsx")
    assert list(row.cells.values()) == ["1990-03-07", "1990-03-07T08:30:00", "08:30:00", "36:00:00", "TRUE", "told", ""]


def test_the_first_visible_sheet_or_the_named_one():
    def fill(book):
        for name in ("hidden", "名单"):
            book.add_worksheet(name).write_column(0, 0, ["id", f"of {name}"])
        book.get_worksheet_by_name("hidden").hide()
        book.get_worksheet_by_name("名单").activate()

    data = workbook(fill)
    assert [row.cells["id"] for row in read(data, name="a.xlsx")] == ["of 名单"]
    assert [row.cells["id"] for row in read(data, name="a.xlsx", sheet="hidden")] == ["of hidden"]
    assert code_of(data, sheet="other") == "sheet_unknown"


def test_empty_sheets_are_passed_over_unless_named():
    def fill(book):
        book.add_worksheet("cover")
        book.add_worksheet("blank").write_column(0, 0, [" ", "\u200b"])
        book.add_worksheet("list").write_column(0, 0, ["id", "1"])

    data = workbook(fill)
    assert [row.cells["id"] for row in read(data, name="a.xlsx")] == ["1"]
    assert code_of(data, sheet="cover") == code_of(data, sheet="blank") == "table_empty"


def test_titles_of_several_cells_are_passed_over():
    data = sheet_of(("某单位", "2026", "三月"), ("证件号码", "照片"), ("1", "a"))
    assert read(data, name="a.xlsx").header == ("证件号码", "照片")


def test_rows_are_counted_as_the_sheet_counts_them():
    data = sheet_of((), (None, "某单位名单"), (), (None, "id", "照片", None, "备注"), (), (None, "1", "a"), (None, "2"))
    table = read(data, name="a.xlsx")
    assert table.header == ("id", "照片", "备注")
    assert [(row.number, *row.cells.values()) for row in table] == [(6, "1", "a", ""), (7, "2", "", "")]


def far(reference):
    return repackage(lambda name, part: part.replace(b'r="B3"', reference) if "sheet1" in name else part)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "table_broken", id="nothing"),
        pytest.param(b"id,photo\n1,a\n", "table_broken", id="CSV"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "table_broken", id="old or password"),
        pytest.param(PLAIN[:-30], "table_broken", id="cut"),
        pytest.param(repackage(lambda n, p: None if n.startswith("xl/") else p), "table_broken", id="parts missing"),
        pytest.param(repackage(lambda n, p: p[:-20] if "sheet1" in n else p), "table_broken", id="sheet cut"),
        pytest.param(repackage(lambda n, p: p if "sheet1" not in n else b""), "table_broken", id="sheet empty"),
        pytest.param(
            repackage(lambda n, p: p if "sheet1" not in n else p.decode().encode("utf-16")), "table_broken", id="UTF-16"
        ),
        pytest.param(repackage(lambda n, p: b"<!DOCTYPE a>" + p), "table_broken", id="document type"),
        pytest.param(far(b'r="XFD1048576"'), "table_too_large", id="far cell"),
        pytest.param(far(b"r = 'xfd1048576'"), "table_too_large", id="far cell, other marks"),
        pytest.param(
            repackage(
                lambda n, p: (
                    re.sub(rb'<c r="[A-Z]+\d+"', b"<c", p)
                    .replace(b"<c", b"<c/>" * 16000 + b"<c")
                    .replace(b'r="3"', b'r="1048576"')
                )
            ),
            "table_too_large",
            id="far cell without a reference",
        ),
        pytest.param(sheet_of(("id", "id"), ("1", "2")), "table_header", id="twice"),
        pytest.param(sheet_of(), "table_empty", id="no cell"),
    ],
)
def test_what_is_no_table_is_refused(data, code):
    assert code_of(data) == code


def test_a_bomb_is_left_at_the_limit(monkeypatch):
    """Whatever size it states of itself."""
    from ephoto.tables import unpack

    small = {"workbook": {"unpacked_bytes": 3_000_000, "parts": 100, "cells": 1000}}
    monkeypatch.setattr(unpack, "limits", lambda: small)
    assert code_of(repackage(lambda n, p: p + b" " * 4_000_000 if "sheet1" in n else p)) == "table_too_large"
    assert code_of(repackage(lambda n, p: p + b" " * 700_000)) == "table_too_large"
    small["workbook"]["parts"] = 3
    assert code_of(PLAIN) == "table_too_large"


def test_pictures_and_macros_are_not_unpacked():
    out = io.BytesIO(PLAIN)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/media/image1.png", b"x" * 1000)
    with zipfile.ZipFile(io.BytesIO(repacked(out))) as plain:
        assert "xl/media/image1.png" not in plain.namelist()
    assert len(list(read(out.getvalue(), name="a.xlsx"))) == 2


@pytest.mark.parametrize(("letters", "number"), [(b"A", 1), (b"z", 26), (b"AA", 27), (b"XFD", 16384)])
def test_columns_have_numbers(letters, number):
    assert _column(letters) == number


@pytest.mark.parametrize(("name", "module"), [("a.xlsx", "python_calamine")])
def test_without_the_package_it_says_what_to_install(monkeypatch, name, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(EnvironmentFault) as caught:
        read(PLAIN, name=name)
    assert "pip install 'ephoto[tables]'" in caught.value.hint()
