"""ID numbers: which are taken, what they tell, and that nothing of them gets out."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ephoto.core.errors import InputError
from ephoto.core.resident_id import check_digit
from ephoto.workflow.identity import age_on, fits_other_id, read_id
from ephoto.workflow.regions import county_names, is_province, is_residence_permit, known_county
from tests.workflow.people import ADULTS, MINOR, TODAY, WRONG_CHECK_DIGIT, WRONG_DAY, id_numbers

STANDARDS_OWN = {"11010519491231002X": ("F", date(1949, 12, 31)), "440524188001010014": ("M", date(1880, 1, 1))}
FICTIONAL = dict(zip(ADULTS, "MFMFFM", strict=True)) | {MINOR: "M"}
digits = st.text("0123456789", min_size=17, max_size=17)


def refusal(text, **how):
    with pytest.raises(InputError) as caught:
        read_id(text, **how)
    return caught.value.code


@pytest.mark.parametrize(("number", "told"), STANDARDS_OWN.items())
def test_the_examples_of_the_standard_tell_sex_and_birth(number, told):
    read = read_id(number)
    assert (read.sex, read.birth_date) == told
    assert read.region_known
    assert not read.residence_permit


@pytest.mark.parametrize(("number", "sex"), FICTIONAL.items())
def test_fictional_people_are_of_a_region_that_is_unknown_in_a_known_province(number, sex):
    read = read_id(number)
    assert (read.sex, read.number, read.region_known) == (sex, number, False)
    assert read.birth_date.isoformat().replace("-", "") == number[6:14]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(WRONG_CHECK_DIGIT, "wf.id_check_digit", id="check digit"),
        pytest.param(WRONG_DAY, "wf.id_birth_date", id="29 February of a common year"),
        pytest.param("119900880229001", "wf.id_invalid", id="15 digits"),
        pytest.param("", "wf.id_invalid", id="nothing"),
        pytest.param("1199001988022900111", "wf.id_invalid", id="19 digits"),
        pytest.param("119900198802X90011", "wf.id_invalid", id="X inside"),
        pytest.param("١١٩٩٠٠١٩٨٨٠٢٢٩٠٠١١", "wf.id_invalid", id="digits of another script"),
        pytest.param("119900-19880229-0011", "wf.id_invalid", id="hyphens"),
    ],
)
def test_numbers_that_are_refused(text, code):
    assert refusal(text) == code


def test_full_width_signs_spaces_and_a_small_x_are_taken():
    assert read_id(" １１０１０５ 19491231\u3000００２ｘ\u200b").number == "11010519491231002X"


def test_an_unknown_province_is_refused_whatever_the_check_digit():
    first = "10" + ADULTS[0][2:17]
    assert refusal(first + check_digit(first)) == "wf.id_invalid"


def test_nobody_is_born_after_today():
    assert read_id(MINOR, today=date(2012, 10, 5)).number == MINOR
    assert refusal(MINOR, today=date(2012, 10, 4)) == "wf.id_birth_date"


@pytest.mark.parametrize("prefix", ["81", "82", "83"])
def test_residence_permits_are_known_as_such(prefix):
    first = prefix + "0000" + ADULTS[0][6:17]
    assert read_id(first + check_digit(first)).residence_permit


@given(digits)
@settings(deadline=None)
@example("11990019880229001")
def test_seventeen_digits_with_their_check_digit_pass_as_province_and_date_say(first):
    number = first + check_digit(first)
    try:
        day = date(int(first[6:10]), int(first[10:12]), int(first[12:14]))
    except ValueError:
        day = None
    if not (is_province(first[:2]) or is_residence_permit(first[:2])):
        assert refusal(number) == "wf.id_invalid"
    elif day is None:
        assert refusal(number) == "wf.id_birth_date"
    else:
        assert read_id(number).birth_date == day


@given(id_numbers(), st.integers(0, 17), st.sampled_from("0123456789X"))
@settings(deadline=None)
def test_one_wrong_sign_is_always_noticed(number, place, sign):
    assume(number[place] != sign)
    assert refusal(number[:place] + sign + number[place + 1 :]).startswith("wf.id_")


@given(id_numbers(), st.integers(0, 16))
@settings(deadline=None)
def test_two_swapped_neighbours_are_always_noticed(number, place):
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert refusal(swapped).startswith("wf.id_")


@given(st.text(max_size=30) | id_numbers().map(lambda n: n[:-1] + "5"))
@settings(deadline=None)
def test_no_refusal_and_no_repr_holds_the_number(text):
    try:
        told = repr(read_id(text))
    except InputError as error:
        told = f"{error!r} {error} {error.to_dict('zh')}"
    assert not re.search(r"[0-9]{7}", told)


def test_only_beijings_counties_are_looked_up():
    assert known_county("110101")
    assert known_county("110221")  # abolished
    assert not known_county("110199")
    assert known_county("440524")
    assert "门头沟区" in county_names("北京市")
    assert county_names("广东省") == ()


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2008, 1, 15), TODAY, 18),
        (date(2008, 1, 16), TODAY, 17),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_age_in_full_years(born, day, age):
    assert age_on(born, day) == age


def test_numbers_of_other_documents():
    assert fits_other_id("E12345678")
    assert not fits_other_id("e1234-678")
    assert not fits_other_id("1234")
