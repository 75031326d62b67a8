"""The outbox over real sockets and both databases: nothing lost, nothing taken twice, whoever dies and wherever."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ephoto.core.errors import InputError, UsageError
from ephoto.core.numbers import numbers
from ephoto.workflow.adapters.notify import HttpNotify, Notifier, OutboxRules, longest_s, notice, outbox_rules
from ephoto.workflow.lifecycle.events import Event
from tests.liveness.counterpart import ROOT
from tests.workflow.sending_child import TARGET, event_of, leave
from tests.workflow.stores import Clock, open_store
from tests.workflow.subscribers import Subscriber, client_of, mapping_file, mapping_of, refusal, serving, shown

CHILD = Path(__file__).with_name("sending_child.py")


class Office:
    """A store, a subscriber, and a sender between them."""

    def __init__(self, url, folder, clock):
        self.url, self.clock, self.folder = url, clock, folder
        self.store = open_store(url, clock)
        self.subscriber = Subscriber()

    def notifier(self, at, **rules):
        mapping = mapping_of(self.folder, "notify", at)
        made = OutboxRules(**{**as_table(outbox_rules()), **rules})
        notify = HttpNotify(mapping, client_of(mapping, self.clock))
        seconds = longest_s(mapping.http)
        return Notifier(self.store, notify, TARGET, self.clock, lambda: 0.5, longest_s=seconds, rules=made)

    def taken(self):
        return [event["event_id"] for event in self.subscriber.taken]


def as_table(rules):
    return {name: getattr(rules, name) for name in rules.__slots__}


def ids(*numbers_):
    return [event_of(number).event_id for number in numbers_]


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def office(database_url, tmp_path, clock):
    made = Office(database_url, tmp_path, clock)
    yield made
    made.store.close()


@pytest.fixture
def target(office):
    with serving(office.subscriber.answer) as url:
        yield url


def test_what_was_left_arrives_once_in_order_signed_and_under_its_key(office, target):
    leave(office.store, range(3))
    told = office.notifier(target).deliver_due()
    assert (told.sent, told.postponed, told.given_up) == (3, 0, [])
    assert office.taken() == office.subscriber.keys == ids(0, 1, 2)
    assert office.subscriber.taken[0] == {
        "schema": "ephoto.event/1", "event_id": "01JZ0000NOTE0000", "type": "received",
        "occurred_at": "2026-02-03T01:00:00+00:00", "application_id": "APP-TEST-0001", "received_by": "self",
    }  # fmt: skip
    assert office.store.outbox.waiting(TARGET) == 0
    assert office.notifier(target).deliver_due().claimed == 0


def test_what_was_not_committed_is_not_sent(office, target):
    with pytest.raises(KeyError):
        leave(office.store, range(3), before_commit=lambda: {}["no"])
    assert office.notifier(target).deliver_due().claimed == 0
    assert office.taken() == []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(None, id="hung up on"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", id="cut in the answer"),
        pytest.param(b"nonsense\r\n\r\n", id="no HTTP"),
        pytest.param((503, {}, {"Retry-After": "1"}), id="unavailable"),
        pytest.param((307, {}, {"Location": "http://127.0.0.1:1/"}), id="sent elsewhere"),
        pytest.param(refusal(401, "wf.signature_invalid"), id="wrong key"),
        pytest.param(refusal(400, "wf.body_invalid"), id="refused"),
        pytest.param("take and hang up", id="taken and hung up on"),
    ],
)
def test_a_fault_postpones_and_the_next_try_arrives(office, target, clock, fault):
    leave(office.store, range(2))
    office.subscriber.answers = [fault]
    notifier = office.notifier(target)
    told = notifier.deliver_due()
    assert (told.sent, told.postponed) == (0, 2)
    assert notifier.deliver_due().claimed == 0  # not before its time
    clock.ahead += 11
    assert notifier.deliver_due().sent == 2
    assert office.taken() == ids(0, 1)


def test_nobody_there_is_no_message_lost(office, clock):
    leave(office.store, range(2))
    with serving(office.subscriber.answer) as url:
        pass  # and gone
    assert office.notifier(url).deliver_due().postponed == 2
    clock.ahead += 11
    with serving(office.subscriber.answer) as url:
        assert office.notifier(url).deliver_due().sent == 2


def test_what_follows_a_refused_one_of_the_same_application_waits_and_others_do_not(office, target, clock):
    leave(office.store, [0])
    leave(office.store, [1], "APP-TEST-0002")
    leave(office.store, [2])
    office.subscriber.answers = [refusal(400, "wf.body_invalid")]
    notifier = office.notifier(target)
    told = notifier.deliver_due()
    assert (told.sent, told.postponed) == (1, 2)
    clock.ahead += 11
    notifier.deliver_due()
    assert office.taken() == ids(1, 0, 2)


def test_waits_grow_to_their_bound_and_chance_keeps_senders_apart():
    rules = outbox_rules()
    waits = [rules.wait_s(attempt, 1.0) for attempt in (1, 2, 3, 20, 4000)]
    assert waits == [10, 20, 40, 3600, 3600]
    assert rules.wait_s(3, 0.0) == 20


def test_a_message_is_given_up_loudly_kept_and_can_be_revived(office, target, clock):
    leave(office.store, range(2))
    office.subscriber.answers = [refusal(400, "wf.body_invalid")] * 2
    notifier = office.notifier(target, most_attempts=2)
    assert notifier.deliver_due().given_up == []
    clock.ahead += 11
    told = notifier.deliver_due()
    assert [(one.event_id, one.code) for one in told.given_up] == [(ids(0)[0], "wf.body_invalid")]
    assert office.store.outbox.dead(TARGET) == 1
    with office.store.unit() as unit:
        lines = [line for line in unit.audits() if line.action == "notice_given_up"]
    assert [(line.receiver, line.detail) for line in lines] == [(TARGET, "01JZ0000NOTE0000 wf.body_invalid")]
    clock.ahead += 7200
    assert notifier.deliver_due().sent == 1  # the other one is not held up for ever
    assert office.store.outbox.revive(TARGET) == 1
    assert notifier.deliver_due().sent == 1
    assert sorted(office.taken()) == ids(0, 1)


def test_what_is_no_event_is_given_up_at_once_and_blocks_nobody(office, target):
    with office.store.unit() as unit:
        unit.enqueue(TARGET, "01JZ0000NOTE9999", b'{"schema": "ephoto.event/1"}')
    leave(office.store, [0])
    told = office.notifier(target).deliver_due()
    assert (told.sent, [one.code for one in told.given_up]) == (1, ["document_unfit"])


@contextmanager
def child_at(place, office, url, count=3):
    """A process that waits at a place; killed there with SIGKILL."""
    file = mapping_file(office.folder, "notify", url)
    command = [sys.executable, str(CHILD), office.url, str(file), str(count), place]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            line = process.stdout.readline().strip()
            assert line == place, line + process.stderr.read()
            yield
        finally:
            process.kill()
            process.communicate()


def test_killed_before_the_commit_nothing_was_said(office, target):
    with child_at("inside", office, target):
        pass
    assert office.notifier(target).deliver_due().claimed == 0


def test_killed_between_commit_and_send_nothing_is_lost(office, target):
    with child_at("left", office, target):
        pass
    assert office.notifier(target).deliver_due().sent == 3
    assert office.taken() == ids(0, 1, 2)


@pytest.mark.parametrize(
    ("place", "came_twice"),
    [
        pytest.param("claimed", [], id="before the first one is sent"),
        pytest.param("answered", ids(1), id="after an answer that nobody noted"),
        pytest.param("noted", [], id="after the last note"),
    ],
)
def test_killed_while_delivering_everything_arrives_and_is_taken_once(office, target, clock, place, came_twice):
    leave(office.store, range(3))
    with child_at(place, office, target):
        assert office.notifier(target).deliver_due().claimed == 0  # it is the other one's
    assert office.notifier(target).deliver_due().claimed == 0  # and stays so while its lease lasts
    clock.ahead += 121
    office.notifier(target).deliver_due()
    assert office.taken() == ids(0, 1, 2)
    counted = Counter(office.subscriber.came)
    assert [event_id for event_id, times in counted.items() if times > 1] == came_twice
    assert office.store.outbox.waiting(TARGET) == 0


def test_many_senders_at_once_send_each_once(office, target):
    leave(office.store, range(40))
    notifiers = [office.notifier(target, limit=5) for _ in range(4)]

    def work(notifier):
        while notifier.deliver_due().claimed:
            pass

    threads = [threading.Thread(target=work, args=(one,)) for one in notifiers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(office.taken()) == ids(*range(40))
    assert len(office.subscriber.came) == 40


def test_a_lease_that_is_nearly_over_sends_no_more(office, target, clock):
    leave(office.store, range(3))
    inner = office.notifier(target)

    class Slow:
        def deliver(self, outgoing):
            clock.ahead += 100  # of a lease of 120 s
            inner._notify.deliver(outgoing)

    slow = Notifier(office.store, Slow(), TARGET, clock, lambda: 0.5, longest_s=60)
    told = slow.deliver_due()
    assert (told.sent, told.postponed) == (1, 2)
    assert inner.deliver_due().sent == 2
    assert len(office.subscriber.came) == 3


def test_leases_are_longer_than_all_tries_of_a_client(tmp_path):
    mapping = mapping_of(tmp_path, "notify", "http://127.0.0.1:1", retries=20)
    assert longest_s(mapping.http) == 21 * 5 + 20 * 1
    assert Notifier(None, None, TARGET, Clock(), lambda: 0.5, longest_s=500)._lease_s == 1000


def test_nothing_personal_is_in_the_urls_that_are_asked(office, target):
    event = Event("01JZ0000NOTE0001", "received", datetime(2026, 2, 3, tzinfo=UTC), card_no="T00000001")
    with office.store.unit() as unit:
        unit.enqueue(TARGET, event.event_id, notice(event))
    seen = []

    def answer(handler, body):
        seen.append(handler.path + str(handler.headers))
        return office.subscriber.answer(handler, body)

    with serving(answer) as url:
        assert office.notifier(url).deliver_due().sent == 1
    assert "T00000001" not in seen[0]
    assert office.subscriber.taken[0]["card_no"] == "T00000001"


def test_an_event_that_is_our_own_business_is_no_notice():
    own = Event("01JZ0000NOTE0001", "packaged", datetime(2026, 2, 3, tzinfo=UTC), "APP-TEST-0001")
    assert notice(own) is None
    assert json.loads(notice(event_of(1)))["type"] == "received"
    with pytest.raises(InputError):
        notice(Event("x", "received", datetime(2026, 2, 3, tzinfo=UTC), "APP-TEST-0001"))


def test_the_mapping_says_how_notices_are_sent_and_a_wrong_key_is_refused(tmp_path):
    def rules_of(words):
        return outbox_rules(
            mapping_of(tmp_path, "notify", "http://127.0.0.1:1", f"[outbox]\n{words}\n").table("outbox")
        )

    assert rules_of("limit = 3") == OutboxRules(**{**as_table(outbox_rules()), "limit": 3})
    for wrong in ("limit = 0", "nothing = 1", 'first_s = "soon"'):
        with pytest.raises(UsageError):
            rules_of(wrong)
    assert numbers(OutboxRules, "ephoto.workflow.adapters", "notify.toml") == outbox_rules()


def test_what_the_bundled_mapping_shows_are_the_defaults():
    assert outbox_rules(shown("notify", "outbox")) == outbox_rules()


def test_a_target_that_says_no_in_its_body_is_no_success(office, clock):
    more = '[response]\nok = { field = "flag", values = ["0"] }\nfields = { code = "code" }\n'
    answers = [(200, {"flag": "1", "code": "77"}, {}), (200, {"flag": "0"}, {})]
    with serving(lambda handler, body: answers.pop(0)) as url:
        mapping = mapping_of(office.folder, "notify", url, more)
        notify = HttpNotify(mapping, client_of(mapping, clock))
        notifier = Notifier(office.store, notify, TARGET, clock, lambda: 0.5, longest_s=5)
        leave(office.store, [0])
        assert notifier.deliver_due().postponed == 1
        clock.ahead += 11
        assert notifier.deliver_due().sent == 1
