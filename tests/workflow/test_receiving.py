"""A webhook's messages without a server: what is recorded, what is refused, and what the sender is told."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.contracts.schemas import check
from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.core.messages import codes
from ephoto.core.signing import Key, MemoryNonces, Verifier
from ephoto.workflow.problems import PROBLEM, limits, status_of
from ephoto.workflow.receiving import Receiver
from ephoto.workflow.reported import together
from tests.workflow.senders import KEY, KEYS, PATH, Book, body_of, document_of, signed


def receiver_of(book, *, source="bank", nonces=None, **more):
    keys = tuple(Key(name, secret) for name, secret in KEYS.items())
    return Receiver(book.record, Verifier(keys, time.time, nonces or MemoryNonces()), source=source, **more)


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def receiver(book):
    return receiver_of(book)


def post(receiver, body, headers=None, *, method="POST", path=PATH, query=""):
    """Status and document of the reply; a problem meets its schema and has both languages."""
    reply = receiver.receive(method, path, query, signed(body) if headers is None else headers, body)
    told = json.loads(reply.body)
    if reply.status >= 400:
        assert reply.content_type == PROBLEM
        check(told, "ephoto.problem/1")
        assert told["status"] == reply.status
        assert all(error["message"] and error["message_zh"] for error in told["errors"])
    return reply.status, told


def code_of(answer):
    return answer[0], answer[1]["code"]


def test_an_event_is_recorded_with_its_source_and_what_the_schema_does_not_know(book, receiver):
    assert post(receiver, body_of(brand_new_field={"a": [1]})) == (200, {"status": "applied"})
    event = book.events["01JZ0000EVENT0001"]
    assert (event.type, event.source, event.card_no) == ("financial_activated", "bank", "T00000001")
    assert event.occurred_at == datetime(2026, 2, 3, 1, 12, tzinfo=UTC)
    assert event.payload["channel"] == "branch_terminal"
    assert event.payload["extra"] == {"brand_new_field": {"a": [1]}}


def test_an_event_that_must_wait_is_told_as_parked(book, receiver):
    book.early.add("financial_activated")
    assert post(receiver, body_of()) == (200, {"status": "parked"})


def test_what_happened_together_is_recorded_once_each_under_ids_that_follow_from_the_first(book, receiver):
    body = body_of(also=["social_security_enabled", "financial_activated"])
    assert post(receiver, body)[1] == {"status": "applied"}
    kinds = {event.type: event for event in book.events.values()}
    assert set(kinds) == {"financial_activated", "social_security_enabled"}
    derived = kinds["social_security_enabled"]
    assert derived.payload == {"channel": "branch_terminal", "branch_code": "B0001"}
    assert derived.occurred_at == kinds["financial_activated"].occurred_at
    assert post(receiver, body)[1] == {"status": "duplicate"}
    assert len(book.events) == 2
    assert [e.event_id for e in together(kinds["financial_activated"])] == list(book.events)


def test_a_crash_between_two_of_one_message_is_made_good_by_its_next_coming(book, receiver):
    body = body_of(also=["social_security_enabled"])
    first = book.record

    def record(event):
        noted = first(event)
        book.fails.append(EnvironmentFault("output_failed", path="x", problem="x"))
        return noted

    assert post(receiver_of(type("Crashing", (), {"record": staticmethod(record)})), body)[0] == 503
    assert len(book.events) == 1
    assert post(receiver, body)[1] == {"status": "applied"}
    assert len(book.events) == 2


def test_the_same_event_signed_anew_is_a_duplicate_and_byte_for_byte_a_replay(book, receiver):
    body = body_of()
    headers = signed(body)
    assert post(receiver, body, headers)[1] == {"status": "applied"}
    assert code_of(post(receiver, body, headers)) == (401, "wf.replay")
    assert post(receiver, body) == (200, {"status": "duplicate"})
    assert code_of(post(receiver, body, headers)) == (401, "wf.replay")
    assert len(book.events) == 1


def test_byte_for_byte_again_is_taken_where_the_first_coming_was_not_recorded(book, receiver):
    body = body_of()
    headers = signed(body)
    book.fails.append(EnvironmentFault("output_failed", path="x", problem="x"))
    assert code_of(post(receiver, body, headers)) == (503, "wf.try_later")
    assert post(receiver, body, headers) == (200, {"status": "applied"})
    assert code_of(post(receiver, body, headers)) == (401, "wf.replay")


def test_another_message_under_a_used_nonce_is_a_replay(receiver):
    nonce = "0123456789abcdef0123456789abcdef"
    first, second = body_of(), body_of("01JZ0000EVENT0002")
    assert post(receiver, first, signed(first, nonce=nonce))[0] == 200
    assert code_of(post(receiver, second, signed(second, nonce=nonce))) == (401, "wf.replay")


def test_another_content_under_a_known_id_is_a_conflict(book, receiver):
    assert post(receiver, body_of())[0] == 200
    assert code_of(post(receiver, body_of(branch_code="B0002"))) == (409, "wf.event_conflict")
    assert book.events["01JZ0000EVENT0001"].payload["branch_code"] == "B0001"


def test_an_unknown_card_is_told(book, receiver):
    book.unknown.add("T00000001")
    assert code_of(post(receiver, body_of())) == (404, "wf.application_unknown")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(InputError("wf.transition_refused", event="a", state="b", allowed=["c"]), 422, id="refused"),
        pytest.param(InputError("wf.channel_not_allowed", event="a", channel="b", allowed=["c"]), 422, id="channel"),
        pytest.param(EnvironmentFault("output_failed", path="/secret/place", problem="x"), 503, id="no database"),
    ],
)
def test_what_the_office_refuses_has_its_status_and_nothing_of_this_machine(book, receiver, error, status):
    book.fails.append(error)
    answer = post(receiver, body_of())
    assert answer[0] == status
    assert "secret" not in json.dumps(answer)


def test_a_bug_passes_through(book, receiver):
    book.fails.append(KeyError("a bug"))
    with pytest.raises(KeyError):
        post(receiver, body_of())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"secret": b"another-key-of-16-bytes"}, "wf.signature_invalid", id="another key"),
        pytest.param({"path": "/v1/other"}, "wf.signature_invalid", id="signed for another path"),
        pytest.param({"method": "PUT"}, "wf.signature_invalid", id="signed for another method"),
        pytest.param({"query": "a=1"}, "wf.signature_invalid", id="signed for another query"),
        pytest.param({"late_s": 400}, "wf.clock_skew", id="too old"),
        pytest.param({"late_s": -400}, "wf.clock_skew", id="ahead"),
    ],
)
def test_a_wrong_signature_or_time_is_refused_and_nothing_else_is_told(book, receiver, change, code):
    answer = post(receiver, body_of(), signed(body_of(), **change))
    assert code_of(answer) == (401, code)
    assert [error["code"] for error in answer[1]["errors"]] == [code]
    assert not book.events


def test_unsigned_messages_are_told_the_same_whatever_they_hold(receiver):
    answers = [post(receiver, body, {}) for body in (b"", b"\xff", body_of(), b"[" * 10_000)]
    assert all(answer == answers[0] for answer in answers)
    assert code_of(answers[0]) == (401, "wf.signature_invalid")


def test_an_unknown_key_is_told_as_a_wrong_signature_is(receiver):
    unknown = signed(body_of()) | {"Ephoto-Key-Id": "nobody"}
    wrong = signed(body_of(), secret=b"another-key-of-16-bytes")
    assert post(receiver, body_of(), unknown) == post(receiver, body_of(), wrong)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param(b"", "", id="empty"),
        pytest.param(b"\xff\xfe{}", "", id="not UTF-8"),
        pytest.param(b"[]", "", id="no object"),
        pytest.param(b"[" * 100_000, "", id="so deep that no parser goes"),
        pytest.param(body_of()[:-1] + b', "x": ' + b"[" * 500 + b"]" * 500 + b"}", "", id="too deep"),
        pytest.param(body_of()[:-1] + b', "type": "cancelled"}', "", id="a key twice"),
        pytest.param(body_of()[:-1] + b', "x": NaN}', "", id="NaN"),
        pytest.param(body_of()[:-1] + b', "x": 1e999}', "", id="infinite"),
        pytest.param(body_of()[:-1] + b', "x": ' + b"9" * 5000 + b"}", "", id="a number without end"),
        pytest.param(body_of(reason="\ud800"), "", id="half a character"),
        pytest.param(body_of(reason="a\0b"), "", id="a zero byte"),
        pytest.param(body_of(type="packaged"), "/type", id="a type that no other system says"),
        pytest.param(body_of(type="confirmed"), "/type", id="a type that is not the source's to say"),
        pytest.param(body_of(also=["closed"]), "/also/0", id="such a type beside it"),
        pytest.param(body_of(event_id="x"), "/event_id", id="a short id"),
        pytest.param(body_of(card_no="62000099990000000"), "/card_no", id="an account instead of a card"),
        pytest.param(body_of(occurred_at="2026-02-30T00:00:00Z"), "/occurred_at", id="no such day"),
        pytest.param(body_of(occurred_at="2026-02-03T09:12:00"), "/occurred_at", id="no zone"),
        pytest.param(body_of(also=["nothing"]), "/also/0", id="an unknown type beside it"),
        pytest.param(body_of(seq=-1), "/seq", id="a number below 0"),
    ],
)
def test_a_body_that_is_no_event_is_refused_with_the_place(book, receiver, body, pointer):
    status, told = post(receiver, body)
    assert (status, told["code"]) == (400, "wf.body_invalid")
    assert told["errors"][0]["pointer"] == pointer
    assert not book.events


def test_a_refusal_repeats_nothing_of_the_body(receiver):
    answer = post(receiver, body_of(card_no="119900198802290011", reason="张测试" * 300))
    assert answer[0] == 400
    assert "1199" not in json.dumps(answer, ensure_ascii=False)
    assert "张" not in json.dumps(answer, ensure_ascii=False)


def test_an_event_about_nobody_is_refused(receiver):
    document = document_of()
    del document["card_no"]
    assert code_of(post(receiver, json.dumps(document).encode())) == (400, "wf.body_invalid")


def test_other_paths_methods_and_sizes_are_refused_before_the_signature(book):
    receiver = receiver_of(book, max_bytes=100)
    assert code_of(post(receiver, b"", {}, path="/")) == (404, "wf.path_unknown")
    assert code_of(post(receiver, b"", {}, method="GET")) == (405, "wf.method_unfit")
    assert code_of(post(receiver, b"x" * 101, {})) == (413, "wf.body_too_large")
    assert code_of(post(receiver, b"x" * 100, {})) == (401, "wf.signature_invalid")


def test_every_code_with_a_status_has_sentences():
    known = {f"wf.{code}" for code in codes("wf")}
    assert set(limits().status) <= known
    assert all(400 <= status <= 599 for status in limits().status.values())
    assert status_of("wf.person_not_found") == 422


SOME_EVENTS = st.fixed_dictionaries(
    {},
    optional={
        name: st.one_of(st.none(), st.text(max_size=20), st.integers(), st.floats(), st.lists(st.text(max_size=5)))
        for name in (
            "schema",
            "event_id",
            "type",
            "occurred_at",
            "card_no",
            "also",
            "seq",
            "reason",
            "extra",
            "channel",
        )
    },
)


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda t: t.encode("utf-8", "surrogatepass"))))
def test_any_bytes_as_a_signed_body_are_refused_and_no_exception(body):
    book = Book()
    status, _ = post(receiver_of(book), body)
    assert 400 <= status < 500
    assert not book.events


@settings(deadline=None)
@given(SOME_EVENTS)
def test_any_values_in_an_event_are_answered(changes):
    status, _ = post(receiver_of(Book()), json.dumps(document_of() | changes).encode())
    assert status in (200, 400)


@settings(deadline=None)
@given(
    st.dictionaries(st.text(max_size=30), st.text(max_size=40), max_size=6), st.text(max_size=30), st.text(max_size=9)
)
def test_any_headers_path_and_method_are_refused(headers, path, method):
    book = Book()
    reply = receiver_of(book, path=path or "/").receive(method, path, "", headers, body_of())
    assert 400 <= reply.status < 500
    assert receiver_of(book).receive("POST", PATH, path, headers | {"Ephoto-Key-Id": KEY}, b"").status == 401
    assert not book.events
