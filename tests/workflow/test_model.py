"""The application as a value: what no application can hold is refused by its field, never with what was given."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ephoto.core.errors import InputError
from ephoto.core.messages import phrase
from ephoto.workflow import entries
from ephoto.workflow.model import Applicant, Application, Card, Consent, dump_application, load_application
from tests.workflow.people import ADULTS, application, application_table, applications

LEAST = {"kind": "first_issue", "route": "in_service", "applicant": {"name": "测试甲", "id_number": ADULTS[0]}}


_leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["M", "2026-01-01"])
)
_fields = st.sampled_from(["name", "id_number", "code", "method", "scope", "at", "source", "mobile", "locked", "other"])
_values = _leaves | st.lists(_leaves, max_size=2) | st.dictionaries(_fields, _leaves, max_size=4)


def refusal(table):
    with pytest.raises(InputError) as caught:
        load_application(table)
    return caught.value.code, caught.value.values


def test_a_draft_may_lack_nearly_everything():
    draft = load_application(LEAST)
    assert draft.applicant.mobile == ""
    assert draft.bank is None


@pytest.mark.parametrize("field", ["kind", "route", "applicant"])
def test_what_a_draft_must_have(field):
    table = {key: value for key, value in LEAST.items() if key != field}
    assert refusal(table) == ("wf.field_required", {"field": field})


@pytest.mark.parametrize("empty", ["", "  ", "\u3000", None])
def test_an_empty_name_is_a_missing_one_unless_it_is_null(empty):
    code, values = refusal(LEAST | {"applicant": {"name": empty, "id_number": ADULTS[0]}})
    assert values["field"] == "applicant.name"
    assert code == ("wf.field_unfit" if empty is None else "wf.field_required")


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"kind": "first"}, "kind", "it is none of the words that are allowed here"),
        ({"applicant": 5}, "applicant", "it is no table"),
        ({"applicant": {"name": "测\n试"}}, "applicant.name", "it holds control signs"),
        ({"applicant": {"name": "\ud800"}}, "applicant.name", None),
        ({"applicant": {"name": "长" * 101}}, "applicant.name", "it is too long"),
        ({"applicant": {"id_number": 119900198802290011}}, "applicant.id_number", "it is no text"),
        ({"applicant": {"id_valid_to": "2026-13-01"}}, "applicant.id_valid_to", "it is no date"),
        ({"applicant": {"id_valid_to": 20260101}}, "applicant.id_valid_to", "it is no date"),
        ({"applicant": {"birth_date": datetime(2000, 1, 1)}}, "applicant.birth_date", "it is no date"),
        ({"applicant": {"age": 5}}, "applicant.age", "unknown key"),
        ({"applicant": {"测试甲": 5}}, "applicant....", "unknown key"),
        ({"fee_fen": True}, "fee_fen", "it is no whole number"),
        ({"fee_fen": -1}, "fee_fen", "it is too small"),
        ({"instant": "yes"}, "instant", "it is neither true nor false"),
        ({"photo": {"sha256": "ABC"}}, "photo.sha256", "it has other signs, or another length"),
        ({"photo": {"width": 1.5}}, "photo.width", "it is no whole number"),
        ({"bank": {"code": "no such code"}}, "bank.code", "it has other signs, or another length"),
        ({"consent": {"scope": []}}, "consent.scope", "it is empty"),
        ({"consent": {"scope": "bank"}}, "consent.scope", "it is no list"),
        ({"pledge_accepted_at": "2026-01-15"}, "pledge_accepted_at", "it is no RFC 3339 time with a zone"),
        ({"pledge_accepted_at": "2026-01-15T10:00:00"}, "pledge_accepted_at", "it is no RFC 3339 time with a zone"),
        ({"pledge_accepted_at": 5}, "pledge_accepted_at", "it is no RFC 3339 time with a zone"),
    ],
)
def test_what_is_refused_names_its_field_and_why(changes, field, problem):
    code, values = refusal(application_table(**changes))
    assert (code, values["field"]) == ("wf.field_unfit", field)
    assert problem in (None, values["problem"])


@pytest.mark.parametrize("problem", [*entries._PROBLEMS.values(), entries._OTHERWISE])
def test_every_problem_is_said_in_chinese(problem):
    assert phrase(problem, "zh") != problem


def test_texts_are_tidied_and_names_left_as_they_are():
    composed, apart = "é", unicodedata.normalize("NFD", "é")
    draft = application(applicant={"name": f" {apart}\u3000", "nation": f" {apart} ", "mobile": "+86 138 0013 8000"})
    assert draft.applicant.name == apart
    assert draft.applicant.nation == composed
    assert draft.applicant.mobile == "13800138000"


def test_an_id_number_is_made_plain_and_a_wrong_one_kept():
    assert application(applicant={"id_number": "１１０１０５ 19491231002x"}).applicant.id_number == "11010519491231002X"
    assert application(applicant={"id_number": "12", "mobile": "12"}).applicant.mobile == "12"


@pytest.mark.parametrize("written", ["long_term", "长期", "99991231", "9999-12-31", date(9999, 12, 31)])
def test_long_term_is_one_word(written):
    assert application(applicant={"id_valid_to": written}).applicant.id_valid_to == "long_term"


def test_times_keep_their_moment_and_get_a_plain_zone():
    odd = datetime(1927, 1, 1, tzinfo=timezone(timedelta(hours=8, minutes=5, seconds=43)))
    assert application(pledge_accepted_at=odd).pledge_accepted_at == odd
    assert application(pledge_accepted_at=odd).pledge_accepted_at.tzinfo is UTC


@given(applications())
@settings(deadline=None)
def test_what_is_written_is_read_back(made):
    assert load_application(json.loads(json.dumps(dump_application(made)))) == made


@given(st.dictionaries(st.sampled_from([*Application.model_fields, "other"]), _values, max_size=6))
@settings(deadline=None)
def test_any_table_is_an_application_or_refused_with_words(table):
    try:
        load_application(table)
    except InputError as error:
        code, words = error.code, [error.message(lang) for lang in ("en", "zh")]
    else:
        return
    assert code in ("wf.field_required", "wf.field_unfit")
    assert all(words)


@given(applications())
@settings(deadline=None)
def test_no_personal_data_is_shown(made):
    person = made.applicant
    told = repr(made) + str(made)
    assert person.id_number not in told
    assert "13800138000" not in told
    assert len(person.name) < 8 or person.name not in told


def test_an_error_of_pydantic_holds_nothing_that_was_given():
    with pytest.raises(ValidationError) as caught:
        Applicant(name="测试甲", id_number=119900198802290011)
    assert "119900198802290011" not in str(caught.value)


def test_values_are_frozen():
    with pytest.raises(ValidationError):
        application().kind = "replacement_loss"


def test_a_consent_names_each_receiver_once():
    consent = Consent(version="1", at=datetime(2026, 1, 1, tzinfo=UTC), scope=["bank", "bureau", "bank"])
    assert consent.scope == ("bank", "bureau")


@pytest.mark.parametrize(
    ("state", "switches", "works"),
    [
        ("made", {"transport"}, set()),
        ("held", {"transport"}, {"transport"}),
        ("in_use", {"social_security"}, {"social_security", "health", "benefits", "culture_tourism"}),
        ("in_use", {"financial"}, {"finance"}),
        ("temp_lost", {"financial", "social_security", "transport"}, set()),
    ],
)
def test_which_functions_of_a_card_work(state, switches, works):
    functions = Card(card_no="T00000001", state=state, switches=switches).functions
    assert len(functions) == 6
    assert {name for name, on in functions.items() if on} == works


def test_a_card_does_not_show_its_number():
    card = Card(card_no="t00000001", state="held", switches=["transport"])
    assert card.card_no == "T00000001"
    assert "T00000001" not in repr(card)
