"""The outbox: nothing is lost, nobody has what another one has, and what was given up is kept."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.workflow.store_worker import Worker, together
from tests.workflow.stored import Clock, opened

LEASE_S = 60.0


def left(store, *names, target="hr"):
    with store.unit() as unit:
        return [unit.enqueue(target, name, f"body of {name}".encode()) for name in names]


def test_a_message_is_as_it_was_left(store, clock):
    left(store, "EV-1", "EV-2")
    left(store, "EV-1", target="bank")
    one, two = store.outbox.claim("hr", clock(), LEASE_S)
    assert (one.event_id, one.target, one.body, one.attempts) == ("EV-1", "hr", b"body of EV-1", 1)
    assert (two.event_id, two.created_at) == ("EV-2", clock())
    assert "body" not in repr(one)


def test_one_event_goes_to_one_target_once(store, clock):
    assert left(store, "EV-1", "EV-1") == [True, False]
    (message,) = store.outbox.claim("hr", clock(), LEASE_S)
    store.outbox.sent(message.id)
    assert left(store, "EV-1") == [False]
    assert store.outbox.claim("hr", clock() + 1e6, LEASE_S) == []


def test_what_is_claimed_is_nobody_elses_until_the_lease_is_over(store, clock):
    left(store, "EV-1", "EV-2", "EV-3")
    first = store.outbox.claim("hr", clock(), LEASE_S, 2)
    second = store.outbox.claim("hr", clock(), LEASE_S, 2)
    assert [m.event_id for m in first + second] == ["EV-1", "EV-2", "EV-3"]
    assert store.outbox.claim("hr", clock() + LEASE_S - 1, LEASE_S) == []
    assert [m.attempts for m in store.outbox.claim("hr", clock() + LEASE_S, LEASE_S)] == [2, 2, 2]


def test_what_failed_is_due_when_it_was_said(store, clock):
    left(store, "EV-1")
    (message,) = store.outbox.claim("hr", clock(), LEASE_S)
    assert store.outbox.failed(message.id, "target_unreachable", clock() + 500)
    assert store.outbox.due_at("hr") == clock() + 500
    assert store.outbox.claim("hr", clock() + 499, LEASE_S) == []
    assert store.outbox.waiting("hr") == 1
    assert [m.body for m in store.outbox.claim("hr", clock() + 500, LEASE_S)] == [b"body of EV-1"]


def test_what_was_given_up_is_kept_and_can_be_sent_again(store, clock):
    left(store, "EV-1")
    (message,) = store.outbox.claim("hr", clock(), LEASE_S)
    store.outbox.failed(message.id, "wf.rejected_by_target", None)
    assert (store.outbox.waiting(), store.outbox.dead(), store.outbox.dead("bank")) == (0, 1, 0)
    assert store.outbox.claim("hr", clock() + 1e6, LEASE_S) == []
    assert store.outbox.revive("hr") == 1
    (again,) = store.outbox.claim("hr", clock(), LEASE_S)
    assert (again.body, again.attempts) == (b"body of EV-1", 1)


def test_who_comes_late_does_not_undo_what_another_one_does(store, clock):
    left(store, "EV-1")
    (late,) = store.outbox.claim("hr", clock(), LEASE_S)
    clock.now += LEASE_S
    (other,) = store.outbox.claim("hr", clock(), LEASE_S)
    assert not store.outbox.failed(late.id, "timeout", clock(), attempt=late.attempts)
    assert store.outbox.claim("hr", clock(), LEASE_S) == []
    store.outbox.sent(late.id)  # it has arrived after all
    assert not store.outbox.failed(other.id, "timeout", clock(), attempt=other.attempts)
    assert store.outbox.waiting() == 0


def test_workers_never_have_the_same_message(store, database_url):
    left(store, *(f"EV-{n}" for n in range(60)))
    had = together("delivers", database_url, count=3)
    everything = [message for one in had for message in one]
    assert len(everything) == len(set(everything)) == 60
    assert store.outbox.waiting() == 0


def test_a_worker_that_is_killed_with_a_message_has_not_lost_it(store, database_url):
    left(store, "EV-1")
    now = 1e12
    (taken,) = Worker("dies_delivering", database_url).ready().go().told()
    assert store.outbox.claim("hr", now, LEASE_S) == []
    (again,) = store.outbox.claim("hr", now + LEASE_S, LEASE_S)
    assert (again.id, again.body, again.attempts) == (taken, b"body of EV-1", 2)


def test_what_has_arrived_is_not_kept(store, clock):
    left(store, "EV-1")
    (message,) = store.outbox.claim("hr", clock(), LEASE_S)
    store.outbox.sent(message.id)
    with store.reading() as unit:
        assert unit.connection.exec_driver_sql("SELECT sealed FROM ephoto_outbox").scalar_one() is None


class Deliveries(RuleBasedStateMachine):
    """Against a model: which message waits until when, and who has it."""

    url: str

    @initialize()
    def begin(self):
        self.clock = Clock()
        self.store = opened(type(self).url, self.clock)
        with self.store.unit() as unit:
            unit.connection.exec_driver_sql("DELETE FROM ephoto_outbox")
        self.due, self.sent, self.dead, self.held = {}, set(), set(), {}

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()

    @rule(number=st.integers(0, 30))
    def leave(self, number):
        name = f"EV-{number}"
        new = name not in self.due and name not in self.sent and name not in self.dead
        assert left(self.store, name) == [new]
        if new:
            self.due[name] = self.clock.now

    @rule(limit=st.integers(1, 4))
    def claim(self, limit):
        taken = self.store.outbox.claim("hr", self.clock.now, LEASE_S, limit)
        could = {name for name, at in self.due.items() if at <= self.clock.now}
        names = {m.event_id for m in taken}
        assert names <= could
        assert len(taken) == len(names) == min(limit, len(could))
        for message in taken:
            self.due[message.event_id] = self.clock.now + LEASE_S
            self.held[message.event_id] = message

    @rule(data=st.data(), later=st.one_of(st.none(), st.floats(0, 300)))
    def fail(self, data, later):
        if self.held:
            message = self.held.pop(data.draw(st.sampled_from(sorted(self.held))))
            at = None if later is None else self.clock.now + later
            told = self.store.outbox.failed(message.id, "code", at, attempt=message.attempts)
            assert told == (message.event_id in self.due)
            if told and at is None:
                del self.due[message.event_id]
                self.dead.add(message.event_id)
            elif told:
                self.due[message.event_id] = at

    @rule(data=st.data())
    def arrive(self, data):
        if self.held:
            message = self.held.pop(data.draw(st.sampled_from(sorted(self.held))))
            self.store.outbox.sent(message.id)
            self.due.pop(message.event_id, None)
            self.dead.discard(message.event_id)
            self.sent.add(message.event_id)

    @rule(seconds=st.floats(0, 200))
    def wait(self, seconds):
        self.clock.now += seconds

    @rule()
    def revive(self):
        assert self.store.outbox.revive("hr") == len(self.dead)
        self.due |= dict.fromkeys(self.dead, self.clock.now)
        self.held = {name: m for name, m in self.held.items() if name not in self.dead}
        self.dead = set()

    @invariant()
    def nothing_is_lost(self):
        if hasattr(self, "store"):
            assert self.store.outbox.waiting("hr") == len(self.due)
            assert self.store.outbox.dead("hr") == len(self.dead)


def test_whatever_happens_no_message_is_lost_or_in_two_hands(tmp_path):
    from hypothesis.stateful import run_state_machine_as_test

    Deliveries.url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    run_state_machine_as_test(Deliveries, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))
