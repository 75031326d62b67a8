"""The feed over real sockets: nothing is lost at any fault, nothing recorded twice, and no event blocks others."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.core.errors import EnvironmentFault, InputError, UsageError
from ephoto.workflow.adapters.feed import FeedReader, HttpFeed, Page, Refused, feed_rules
from ephoto.workflow.reported import read_event
from tests.workflow.feeds import BankFeed
from tests.workflow.senders import Book, document_of
from tests.workflow.subscribers import client_of, mapping_of, refusal, serving, shown

NOW = 1_780_000_000.0


class Shelf:
    """Keeps cursors."""

    def __init__(self):
        self.kept = {}
        self.fails = []

    def cursor(self, feed):
        return self.kept.get(feed)

    def set_cursor(self, feed, cursor):
        if self.fails:
            raise self.fails.pop(0)
        self.kept[feed] = cursor


def numbered(count, **more):
    return [document_of(f"01JZ0000EVENT{n:04}", **more) for n in range(count)]


class Desk:
    """A reader with all that belongs to it."""

    def __init__(self, folder, url, more="", *, retries=0):
        self.now = NOW
        self.book, self.shelf, self.passed = Book(), Shelf(), []
        self.mapping = mapping_of(folder, "activation", url, more, retries=retries)
        self.client = client_of(self.mapping, lambda: self.now)

    def reader(self, **more):
        rules = feed_rules(self.mapping.table("feed")) if not more else more.pop("rules")
        return FeedReader(
            "bank", HttpFeed(self.mapping, self.client, rules), self.book.record, self.shelf, lambda: self.now,
            refused=self.passed.append, rules=rules,
        )  # fmt: skip


@pytest.fixture
def bank():
    return BankFeed()


@pytest.fixture
def desk(tmp_path, bank):
    with serving(bank.answer) as url:
        made = Desk(tmp_path, url, "[feed]\nlimit = 10\npages = 3\n")
        with made.client:
            yield made


def test_events_are_recorded_page_by_page_and_the_next_poll_goes_on_from_there(desk, bank):
    bank.events = numbered(25)
    polled = desk.reader().poll()
    assert (polled.pages, polled.applied, polled.more) == (3, 25, False)
    assert list(desk.book.events) == [event["event_id"] for event in bank.events]
    assert {event.source for event in desk.book.events.values()} == {"bank"}
    bank.events += [document_of("01JZ0000EVENT9999")]
    assert desk.reader().poll().applied == 1
    assert bank.asked == [None, "10", "20", "25"]
    assert desk.reader().poll().applied == 0


def test_a_poll_takes_no_more_pages_than_it_may_and_says_that_there_is_more(desk, bank):
    bank.events = numbered(45)
    polled = desk.reader().poll()
    assert (polled.pages, polled.applied, polled.more) == (3, 30, True)
    assert desk.reader().poll().applied == 15


def test_what_the_webhook_has_brought_is_a_duplicate(desk, bank):
    bank.events = numbered(3)
    desk.reader().poll()
    desk.shelf.kept.clear()
    polled = desk.reader().poll()
    assert (polled.applied, polled.duplicate) == (0, 3)


@pytest.mark.parametrize(
    "fault", ["cut", None, refusal(500, "wf.server_failed"), refusal(403, "wf.person_not_allowed")]
)
def test_a_fault_on_the_way_loses_nothing(desk, bank, fault):
    bank.events = numbered(25)
    bank.answers = [(200, bank.page(0, 10), {}), fault]
    with pytest.raises((EnvironmentFault, InputError)):
        desk.reader().poll()
    assert len(desk.book.events) == 10
    assert desk.reader().poll().applied == 15
    assert len(desk.book.events) == 25


def test_a_database_that_fails_between_events_and_cursor_records_nothing_twice(desk, bank):
    bank.events = numbered(12)
    desk.shelf.fails = [EnvironmentFault("output_failed", path="x", problem="x")]
    with pytest.raises(EnvironmentFault):
        desk.reader().poll()
    assert len(desk.book.events) == 10
    polled = desk.reader().poll()
    assert (polled.applied, polled.duplicate) == (2, 10)


def test_a_database_that_fails_in_the_middle_of_a_page_goes_on_with_that_page(desk, bank):
    bank.events = numbered(5)
    first = desk.book.record

    def record(event):
        if event.event_id.endswith("3") and len(desk.book.events) == 3:
            desk.book.fails.append(EnvironmentFault("output_failed", path="x", problem="x"))
        return first(event)

    desk.book.record = record
    with pytest.raises(EnvironmentFault):
        desk.reader().poll()
    assert desk.shelf.kept == {}
    desk.book.record = first
    polled = desk.reader().poll()
    assert (polled.applied, polled.duplicate) == (2, 3)


def test_one_event_that_is_none_keeps_no_other_away_and_is_told(desk, bank):
    bank.events = numbered(3)
    bank.events[1] = {"event_id": "01JZ0000EVENT0001", "type": "brand_new_type"}
    bank.events += ["nothing", document_of("01JZ0000EVENT0004", type="confirmed"), document_of(reason="\ud800")]
    polled = desk.reader().poll()
    assert polled.applied == 2
    told = [("01JZ0000EVENT0001", "wf.body_invalid"), ("", "wf.body_invalid"), ("01JZ0000EVENT0004", "wf.body_invalid"),
            ("01JZ0000EVENT0001", "wf.body_invalid")]  # fmt: skip
    assert [(one.event_id, one.code) for one in polled.refused] == told
    assert desk.passed == polled.refused


def test_a_conflict_is_told_once_and_passed_over(desk, bank):
    bank.events = [document_of(), document_of(branch_code="B0002"), document_of("01JZ0000EVENT0002")]
    polled = desk.reader().poll()
    assert polled.applied == 2
    assert desk.passed == [Refused("01JZ0000EVENT0001", "wf.event_conflict")]
    desk.reader().poll()
    assert len(desk.passed) == 1


def test_an_event_about_a_card_that_is_not_known_yet_is_asked_for_until_it_is(desk, bank):
    bank.events = [*numbered(4), *(document_of(f"01JZ0000OTHER{n:04}", card_no="T00000002") for n in range(20))]
    bank.events[2]["card_no"] = "T00000009"
    desk.book.unknown.add("T00000009")
    polled = desk.reader().poll()
    assert (polled.applied, polled.waiting, polled.refused) == (23, 1, [])
    assert desk.reader().poll().waiting == 1
    desk.book.unknown.clear()
    polled = desk.reader().poll()
    assert (polled.applied, polled.waiting) == (1, 0)
    assert len(desk.book.events) == 24
    asked = len(bank.asked)
    desk.reader().poll()
    assert len(bank.asked) == asked + 1  # no page is held any more


def test_an_event_that_waits_too_long_for_its_card_is_told_and_given_up(desk, bank):
    bank.events = numbered(2)
    bank.events[0]["card_no"] = "T00000009"
    desk.book.unknown.add("T00000009")
    desk.reader().poll()
    desk.now += 73 * 3600
    polled = desk.reader().poll()
    assert polled.refused == desk.passed == [Refused("01JZ0000EVENT0000", "wf.application_unknown")]
    assert polled.waiting == 0
    assert desk.reader().poll().refused == []


def test_a_held_page_that_the_feed_has_no_longer_holds_nobody_up_and_is_given_up_in_its_time(desk, bank):
    bank.events = numbered(12)
    bank.events[0]["card_no"] = "T00000009"
    desk.book.unknown.add("T00000009")
    desk.reader().poll()
    bank.events += [document_of("01JZ0000EVENT0012")]
    gone = refusal(410, "wf.body_invalid")
    bank.answers = [(200, bank.page(12, 10), {}), gone]
    polled = desk.reader().poll()
    assert (polled.applied, polled.waiting, polled.refused) == (1, 1, [])
    desk.now += 73 * 3600
    bank.answers = [(200, bank.page(13, 10), {}), gone]
    assert desk.reader().poll().refused == [Refused("01JZ0000EVENT0000", "wf.application_unknown")]


def test_two_readers_of_one_feed_do_not_forget_what_the_other_one_holds(desk, bank):
    bank.events = numbered(25)
    bank.events[3]["card_no"] = "T00000009"
    desk.book.unknown.add("T00000009")
    first = desk.book.record

    def record(event):
        if event.event_id == "01JZ0000EVENT0012":  # meanwhile another one reads all of it
            desk.book.record = first
            desk.reader().poll()
        return first(event)

    desk.book.record = record
    with pytest.raises(InputError) as told:
        desk.reader().poll()
    assert told.value.code == "wf.in_progress"
    desk.book.unknown.clear()
    assert desk.reader().poll().applied == 1
    assert len(desk.book.events) == 25


def test_too_many_held_pages_stop_the_feed_and_that_is_told(tmp_path, bank):
    bank.events = numbered(10, card_no="T00000009")
    with serving(bank.answer) as url:
        desk = Desk(tmp_path, url, "[feed]\nlimit = 1\nmost_held = 4\n")
        desk.book.unknown.add("T00000009")
        with desk.client:
            polled = desk.reader().poll()
            assert (polled.waiting, polled.more) == (4, True)
            desk.book.unknown.clear()
            assert desk.reader().poll().applied == 4
            assert desk.reader().poll().applied == 6


def test_no_personal_data_is_in_the_place_that_is_kept(desk, bank):
    bank.events = numbered(2)
    desk.book.unknown.add("T00000001")
    desk.reader().poll()
    assert "T00000001" not in json.dumps(desk.shelf.kept)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({"schema": "ephoto.feed/1", "events": [], "more": False}, id="no cursor"),
        pytest.param({"schema": "ephoto.feed/1", "events": {}, "cursor": "1", "more": False}, id="no list"),
        pytest.param({"schema": "ephoto.feed/2", "events": [], "cursor": "1", "more": False}, id="another schema"),
        pytest.param(
            {"schema": "ephoto.feed/1", "events": [], "cursor": "\ud800", "more": False}, id="half a character"
        ),
        pytest.param({"schema": "ephoto.feed/1", "events": [], "cursor": "\0", "more": False}, id="zero byte"),
        pytest.param([], id="no object"),
    ],
)
def test_a_page_that_is_none_moves_nothing(desk, bank, page):
    bank.answers = [(200, page, {})]
    with pytest.raises((InputError, EnvironmentFault)):
        desk.reader().poll()
    assert desk.shelf.kept == {}


def test_a_feed_that_always_says_more_and_does_not_move_is_left(desk, bank):
    page = {"schema": "ephoto.feed/1", "events": [], "cursor": "7", "more": True, "brand_new": 1}
    bank.answers = [(200, page, {})] * 3
    assert desk.reader().poll().pages == 2


def test_the_mapping_says_how_the_feed_is_read_and_a_wrong_key_is_refused(tmp_path):
    def rules_of(words):
        mapping = mapping_of(tmp_path, "activation", "http://127.0.0.1:1", f"[feed]\n{words}\n")
        return feed_rules(mapping.table("feed"))

    rules = rules_of('source = "hr"')
    assert (rules.source, rules.limit) == ("hr", feed_rules().limit)
    for wrong in ('source = "me"', 'source = "ephoto"', "limit = 501", "limit = 0", "nothing = 1", "hold_h = -1"):
        with pytest.raises(UsageError):
            rules_of(wrong)


def test_what_the_bundled_mapping_shows_are_the_defaults():
    assert feed_rules(shown("activation", "feed")) == feed_rules()


class ListedFeed:
    """A feed in memory, for many orders of faults."""

    def __init__(self, events, size):
        self.all, self.size = events, size

    def events(self, cursor):
        start = int(cursor or 0)
        part = self.all[start : start + self.size]
        return Page(part, str(start + len(part)), start + len(part) < len(self.all))


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(1, 4), st.lists(st.integers(0, 3), min_size=1, max_size=14))
def test_whatever_fails_and_whenever_cards_come_to_be_known_each_event_is_recorded_once(data, size, cards):
    """After enough polls the book holds all events whose card has come to be known, whatever failed before."""
    events = [
        read_event(document_of(f"01JZ0000EVENT{n:04}", card_no=f"T0000000{card}"), "bank")
        for n, card in enumerate(cards)
    ]
    book, shelf, passed = Book(unknown={f"T0000000{n}" for n in range(4)}), Shelf(), []
    reader = FeedReader("f", ListedFeed(events, size), book.record, shelf, lambda: NOW, refused=passed.append)
    for _ in range(12):
        if data.draw(st.booleans()):
            (book if data.draw(st.booleans()) else shelf).fails.append(
                EnvironmentFault("output_failed", path="", problem="")
            )
        if book.unknown and data.draw(st.booleans()):
            book.unknown.remove(data.draw(st.sampled_from(sorted(book.unknown))))
        try:
            reader.poll()
        except EnvironmentFault:
            continue
    book.unknown.clear()
    book.fails.clear()
    shelf.fails.clear()
    for _ in range(len(events) + 2):
        reader.poll()
    assert sorted(book.events) == [event.event_id for event in events]
    assert not passed
