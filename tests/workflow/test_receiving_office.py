"""Messages of a bank, taken by webhook and by feed into a real office on both databases: one truth by either way."""

from __future__ import annotations

import json
import tempfile
import time
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ephoto.core.signing import Key, Verifier
from ephoto.workflow.adapters.feed import FeedReader, Page
from ephoto.workflow.lifecycle.events import Event
from ephoto.workflow.office.receiving import Cursors
from ephoto.workflow.receiving import Receiver
from ephoto.workflow.reported import read_event
from tests.workflow.offices import office, ready
from tests.workflow.senders import KEYS, PATH, signed

CARD = "T00000001"


@pytest.fixture
def here(database_url):
    with office(database_url, targets=("notify",)) as made:
        yield made


def own(here, application_id, type, source, **payload):
    at = datetime.fromtimestamp(here.clock(), UTC)
    here.record(Event(f"{type}-{at.timestamp()}", type, at, application_id, source=source, payload=payload))


def produced(here):
    """The id of an application whose card is made and not yet handed out."""
    name = ready(here)
    here.confirm(name)
    own(here, name, "accepted", "platform", external_no="LSH-1")
    own(here, name, "packaged", "ephoto", batch_no="B-1")
    own(here, name, "produced", "bureau", card_no=CARD)
    own(here, name, "ready_at_branch", "bank")
    return name


def document(here, event_id, type, minutes=0, **more):
    at = datetime.fromtimestamp(here.clock() + 60 * minutes, UTC)
    return {"schema": "ephoto.event/1", "event_id": event_id, "type": type,
            "occurred_at": at.isoformat(timespec="milliseconds"), "card_no": CARD} | more  # fmt: skip


def receiver_of(here):
    keys = (Key("k1", KEYS["k1"]),)
    return Receiver(here.record, Verifier(keys, time.time, here.store.nonces), source="bank")


def post(here, told):
    body = json.dumps(told).encode()
    reply = receiver_of(here).receive("POST", PATH, "", signed(body), body)
    answer = json.loads(reply.body)
    return reply.status, answer.get("status") if reply.status == 200 else answer["code"]


def facts(case):
    return case.state, case.card["state"], sorted(case.card["switches"]), case.waiting


def test_one_message_of_a_branch_hands_the_card_out_and_turns_both_functions_on(here):
    name = produced(here)
    told = document(here, "01JZ0000EVENT0001", "financial_activated", channel="branch_terminal",
                    also=["social_security_enabled"])  # fmt: skip
    assert post(here, told) == (200, "applied")
    case = here.case(name)
    assert (case.state, case.card["state"]) == ("received", "in_use")
    assert {"financial", "social_security"} <= set(case.card["switches"])
    count = len(here.history(name))
    assert post(here, told) == (200, "duplicate")
    assert len(here.history(name)) == count


def test_an_early_message_is_parked_and_counts_when_its_predecessor_has_come(here):
    name = produced(here)
    late = document(here, "01JZ0000EVENT0002", "social_security_enabled", 5, channel="hr_app")
    assert post(here, late) == (200, "parked")
    assert post(here, document(here, "01JZ0000EVENT0001", "received", 1, received_by="self")) == (200, "applied")
    assert here.case(name).card["switches"] == ["social_security", "transport"]  # transport opens by itself
    assert post(here, late) == (200, "duplicate")


def test_what_the_office_refuses_is_told_by_its_code(here):
    produced(here)
    known = document(here, "01JZ0000EVENT0001", "received")
    assert post(here, known) == (200, "applied")
    assert post(here, known | {"branch_code": "B0009"}) == (409, "wf.event_conflict")
    unknown = document(here, "01JZ0000EVENT0002", "received") | {"card_no": "T99999999"}
    assert post(here, unknown) == (404, "wf.application_unknown")
    way = document(here, "01JZ0000EVENT0003", "suburban_rail_opened", channel="hr_site")
    assert post(here, way) == (422, "wf.branch_with_id_only")
    assert post(here, document(here, "01JZ0000EVENT0004", "confirmed")) == (400, "wf.body_invalid")


class Listed:
    """A feed of documents."""

    def __init__(self, documents, size=2):
        self.documents, self.size = documents, size

    def events(self, cursor):
        start = int(cursor or 0)
        part = self.documents[start : start + self.size]
        end = start + len(part)
        return Page([read_event(one, "bank") for one in part], str(end), end < len(self.documents))


def reader(here, documents):
    return FeedReader("bank", Listed(documents), here.record, Cursors(here), here.clock, refused=lambda _: None)


def test_the_feed_brings_what_the_webhook_has_missed_and_nothing_twice(here):
    name = produced(here)
    told = [
        document(here, "01JZ0000EVENT0001", "received", 1),
        document(here, "01JZ0000EVENT0002", "financial_activated", 2, channel="branch_counter"),
        document(here, "01JZ0000EVENT0003", "transport_opened", 3),
    ]
    assert post(here, told[1])[0] == 200
    polled = reader(here, told).poll()
    assert (polled.applied, polled.duplicate) == (2, 1)
    assert reader(here, told).poll().applied == 0
    assert here.case(name).card["switches"] == ["financial", "social_security", "transport"]


def test_the_feed_may_tell_of_a_card_before_the_bureau_does(here):
    name = ready(here)
    here.confirm(name)
    own(here, name, "accepted", "platform", external_no="LSH-1")
    told = [document(here, "01JZ0000EVENT0001", "received", 1)]
    assert reader(here, told).poll().waiting == 1
    own(here, name, "packaged", "ephoto", batch_no="B-1")
    own(here, name, "produced", "bureau", card_no=CARD)
    own(here, name, "ready_at_branch", "bank")
    polled = reader(here, told).poll()
    assert (polled.applied, polled.waiting) == (1, 0)
    assert here.case(name).state == "received"


@settings(deadline=None, max_examples=10, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_by_whatever_ways_and_in_whatever_order_reports_come_the_card_is_the_same(data):
    with tempfile.TemporaryDirectory() as folder, office(f"sqlite:///{folder}/office.sqlite") as here:
        name = produced(here)
        told = [
            document(here, "01JZ0000EVENT0001", "received", 1),
            document(here, "01JZ0000EVENT0002", "financial_activated", 2, channel="branch_counter",
                     also=["social_security_enabled"]),
            document(here, "01JZ0000EVENT0003", "transport_opened", 3),
            document(here, "01JZ0000EVENT0004", "transport_topped_up", 4),
            document(here, "01JZ0000EVENT0005", "temp_loss_reported", 5, channel="hr_app"),
        ]  # fmt: skip
        for one in data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=4)))):
            if data.draw(st.booleans()):
                assert post(here, one)[0] == 200
        reader(here, data.draw(st.permutations(told))).poll()
        switches = ["financial", "social_security", "transport"]
        assert facts(here.case(name)) == ("received", "temp_lost", switches, ())
