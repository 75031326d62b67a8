"""Events: the feed, webhooks and what may go wrong with them."""

from __future__ import annotations

import pytest

from tests.sandbox.office import Receiver, application, package, until
from tests.sandbox.office import drop as dropped
from tests.sandbox.office import zipped as zip_of

RECEIVED = {"type": "received", "application_id": "APP-TEST-0001", "received_by": "self"}


@pytest.fixture
def receiver(office):
    with Receiver(office.prepared) as made:
        office.control("callback", url=made.url)
        yield made


def test_an_event_is_in_the_feed_and_sent(office, receiver):
    told = office.control("events", **RECEIVED)
    assert until(lambda: receiver.got) == [told]
    assert office.feed()["events"] == [told]


@pytest.mark.parametrize(("deliver", "in_feed", "sent"), [("feed", 1, 0), ("webhook", 0, 1), ("both", 1, 1)])
def test_an_event_may_go_one_way_only(office, receiver, deliver, in_feed, sent):
    office.control("events", **RECEIVED, deliver=deliver)
    last = office.control("events", **RECEIVED, deliver="webhook")["event_id"]
    until(lambda: last in receiver.ids() and len(receiver.got) == sent + 1)
    assert len(office.feed()["events"]) == in_feed


def test_without_an_address_events_are_in_the_feed_alone(office):
    office.control("events", **RECEIVED)
    assert len(office.feed()["events"]) == 1
    assert office.state()["webhook"]["waiting"] == 0


def test_what_is_known_of_an_event_stays(office):
    said = {"type": "financial_activated", "card_no": "T00000001", "channel": "branch_terminal", "branch_code": "B0001"}
    said |= {
        "event_id": "evt-00000017",
        "occurred_at": "2026-02-03T09:12:00+08:00",
        "also": ["social_security_enabled"],
    }
    assert office.control("events", **said) == {"schema": "ephoto.event/1"} | said


@pytest.mark.parametrize(
    "said",
    [{}, {"type": "received"}, {"type": "flown", "card_no": "T00000001"}, RECEIVED | {"deliver": "pigeon"},
     RECEIVED | {"copies": -1}, RECEIVED | {"occurred_at": "today"}],
    ids=["nothing", "about nobody", "unknown", "deliver", "copies", "time"],
)  # fmt: skip
def test_events_that_are_none(office, said):
    assert office.control("events", **said).status_code == 400
    assert office.feed()["events"] == []


def test_the_feed_in_pages(office):
    ids = [office.control("events", **RECEIVED, deliver="feed")["event_id"] for _ in range(5)]
    cursor, seen, more = "", [], True
    while more:
        page = office.feed(cursor, limit=2)
        seen += [event["event_id"] for event in page["events"]]
        cursor, more = page["cursor"], page["more"]
    assert seen == ids
    assert office.feed(cursor) == {"schema": "ephoto.feed/1", "events": [], "cursor": cursor, "more": False}
    assert len(office.feed("another-run.3")["events"]) == 5


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "limit=-1", "since=1", "limit=99999999999999999999"]
)
def test_feeds_that_are_none(office, query):
    answer = office.send("GET", "/v1/events", query=query)
    assert (answer.status_code, answer.json()["code"]) == (400, "wf.field_unfit")


def test_a_webhook_comes_again_until_it_is_taken(office):
    with Receiver(office.prepared, answers=(500, 503, 404)) as receiver:
        office.control("callback", url=receiver.url)
        told = office.control("events", **RECEIVED)
        assert until(lambda: receiver.got) == [told]
        assert receiver.statuses == [500, 503, 404, 200]
    tried = until(lambda: [t for t in office.state()["webhook"]["tried"] if t["status"] == 200])
    assert tried == [{"event_id": told["event_id"], "status": 200}]


def test_a_webhook_waits_for_a_receiver_that_is_away(office):
    with Receiver(office.prepared) as receiver:
        url = receiver.url
    office.control("callback", url=url)
    told = office.control("events", **RECEIVED)
    until(lambda: office.state()["webhook"]["tried"])
    assert office.state()["webhook"]["tried"][0]["status"] == 0
    with Receiver(office.prepared) as receiver:
        office.control("callback", url=receiver.url)
        assert until(lambda: receiver.got) == [told]


def test_the_same_event_twice(office, receiver):
    told = office.control("events", **RECEIVED, copies=2)
    assert until(lambda: len(receiver.got) == 2 and receiver.got) == [told, told]
    assert office.feed()["events"] == [told, told]


def test_a_replay_is_byte_for_byte(office, receiver):
    assert office.control("replay").status_code == 404
    office.control("events", **RECEIVED)
    until(lambda: receiver.got)
    assert office.control("replay") == {"status": 401}
    assert len(receiver.got) == 1


def test_a_wrong_signature_is_refused_and_the_event_comes_after_all(office, receiver):
    office.control("wrong-signature", times=2)
    office.control("events", **RECEIVED)
    until(lambda: receiver.got)
    assert receiver.statuses == [401, 401, 200]


def test_events_in_another_order(office, receiver):
    office.control("hold")
    ids = [office.control("events", **RECEIVED)["event_id"] for _ in range(4)]
    assert office.state()["webhook"]["held"] == 4
    assert receiver.got == []
    assert office.control("release", order="reversed") == {"released": 4}
    assert receiver.ids() == ids[::-1]
    assert office.control("release") == {"released": 0}
    assert office.control("release", order="sorted").status_code == 400


def test_a_slow_server_answers_late(office):
    import time

    for when in ("before", "during", "after"):
        office.control("slow", seconds=0.4, when=when)
        start = time.monotonic()
        assert office.feed()["events"] == []
        assert time.monotonic() - start > 0.35
        start = time.monotonic()
        office.feed()
        assert time.monotonic() - start < 0.35
    assert office.control("slow", seconds=0.4, when="never").status_code == 400
    assert office.control("slow", seconds=-1).status_code == 400
    assert office.control("slow").status_code == 400


def test_the_whole_road(office, receiver):
    assert office.apply(application(application_id="APP-ROW-0001")).json()["state"] == "accepted"
    dropped(office.prepared, zip_of(package()))
    card_no = office.receipts(2)[1]["rows"][0]["card_no"]
    for said in ({"type": "received"}, {"type": "financial_activated", "channel": "branch_terminal"}):
        office.control("events", **said, card_no=card_no)
    until(lambda: len(receiver.got) == 3)
    assert {event["type"] for event in receiver.got} == {"ready_at_branch", "received", "financial_activated"}
    assert office.state()["applications"]["states"] == {"received": 1}


@pytest.mark.parametrize("headers", [{"Host": "example.org"}, {"Origin": "http://127.0.0.1"}])
def test_control_is_for_this_machine_and_no_browser(office, headers):
    answer = office.client.get(f"{office.url}/control/state", headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "nonsense", "http://127.0.0.1:0/", "http://127.0.0.1:99999/"])
def test_addresses_that_are_none(office, url):
    assert office.control("callback", url=url).status_code == 400


def test_a_bug_of_its_own_is_a_problem_too_and_is_counted(office, served, monkeypatch):
    def broken(*words):
        raise ZeroDivisionError

    monkeypatch.setattr(served.books, "feed", broken)
    answer = office.send("GET", "/v1/events")
    assert answer.status_code == 500
    assert office.state()["requests"]["bug ZeroDivisionError"] == 1
