"""Texts of cells: ends, IDs, and digits that are gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.cells import defused, restored
from ephoto.tables.text import clean, hurt_text, number_text, plain_id, unwrapped_id
from ephoto.tables.text_out import kept


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        pytest.param("\ufeff id\u200b", "id", id="marks"),
        pytest.param("\u3000张\u3000三\u00a0", "张\u3000三", id="inside stays"),
        pytest.param("１２３", "１２３", id="full width stays"),
        pytest.param("\t110101199003070018", "110101199003070018", id="tab"),
    ],
)
def test_ends_are_cleaned(stored, expected):
    assert clean(stored) == expected


@pytest.mark.parametrize(
    "stored", ["１１０１０１１９９００３０７００２ｘ", " 110101 19900307\u200b 002x", "11010119900307002X"]
)
def test_an_id_is_compared_in_one_form(stored):
    assert plain_id(stored) == "11010119900307002X"


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("'0012", "0012"), ("''0012", "'0012"), ("0012", "0012"), ('="0012"', "0012"), (' =" 0012\u200b" ', "0012"),
        ('=""', ""), ("'", ""), ("", ""), ("=A1", "=A1"), ('="a"&"b"', '="a"&"b"'), ("00'12", "00'12"),
    ],
)  # fmt: skip
def test_what_exports_put_about_an_id_is_taken_off(stored, expected):
    assert unwrapped_id(stored) == expected


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("1.10101E+17", "scientific"),
        ("1.10101199003071E+017", "scientific"),
        ("1.1e+17", "scientific"),
        ("1,10101E+17", "scientific"),
        ("110101199003070000", "zeros"),
        ("1234567890123450", "zeros"),
        ("123456789012340", None),
        ("110101199003070018", None),
        ("000000000000000000", None),
        ("12E4", None),
        ("E+17", None),
        ("", None),
    ],
)
def test_digits_that_are_gone_are_seen(text, how):
    assert hurt_text(text) == how


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12.0, ("12", None)),
        (0, ("0", None)),
        (-3.25, ("-3.25", None)),
        (0.1 + 0.2, ("0.3", None)),
        (999999999999999.0, ("999999999999999", None)),
        (1e15, ("1000000000000000", "rounded")),
        (110101199003070018.0, ("110101199003070016", "rounded")),
        (float("inf"), ("inf", "rounded")),
    ],
)
def test_numbers_are_told_as_they_were_typed(value, expected):
    assert number_text(value) == expected


@given(st.text("'=+-@\t a１＝", max_size=6))
def test_a_formula_is_defused_and_comes_back(text):
    assert restored(defused(text)) == text
    assert defused(text)[:1] not in {*"=+-@\t＝"} or not text


@pytest.mark.parametrize("text", ["110101199003070018", "0012", "1E5", "1-2", "3/4", "2024-1-5"])
def test_what_a_spreadsheet_would_change_is_kept_from_it(text):
    assert kept(text) == f"\t{text}"


@pytest.mark.parametrize("text", ["12", "0", "1.5", "1990-03-07", "a.jpg", "", "照片", "12 a", "11010119900307002X"])
def test_other_texts_are_left_alone(text):
    assert kept(text) == text
