"""The state machine: what is legal where, what follows of itself, and that the order of arrival does not count."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ephoto.contracts.schemas import check
from ephoto.workflow.lifecycle.events import from_wire, to_wire
from ephoto.workflow.lifecycle.fold import allowed, fold
from ephoto.workflow.lifecycle.state import CaseState, Terms
from ephoto.workflow.lifecycle.transitions import of_application, of_card
from ephoto.workflow.values import CARD_EVENTS, ApplicationState, CardState, EventType, Source, Switch
from tests.workflow.histories import CARD_NO, TO_ACCEPTED, TO_RECEIVED, event, events, source_of, valid_histories

PICKUP = Terms("pickup_branch")
INNER = ("created", "photo_attached", "photo_removed", "data_edited", "reopened", "packaged", "repackaged")


def state_after(*types, terms=PICKUP):
    return fold(events(*types), terms)


def told(case):
    """What of a state must not depend on the order of arrival."""
    return replace(case, pending=()), [e.event_id for e in case.pending]


def test_every_event_and_state_is_in_the_table_once():
    named = [*of_application(), *of_card()]
    assert sorted(named) == sorted(get_args(EventType))
    assert set(of_card()) == CARD_EVENTS
    for table, states in ((of_application(), ApplicationState), (of_card(), CardState)):
        known = set(get_args(states)) | {""}
        for one in table.values():
            assert one.before | one.passed | ({one.after} - {"="}) <= known
            assert one.before
            assert not one.before & one.passed
            assert one.switch in (None, *get_args(Switch))
            assert set(one.by) <= set(get_args(Source))


def test_the_whole_road_with_a_pick_up():
    case = state_after(*TO_RECEIVED, "financial_activated", "transport_topped_up", "closed")
    assert case.state == "closed"
    assert case.card.state == "in_use"
    assert case.card.switches == {"financial", "social_security", "transport"}
    assert case.card.topped_up
    assert case.card.usable
    assert case.pending == ()


def test_the_banks_activation_enables_the_social_security_function_and_says_so():
    case = state_after(*TO_RECEIVED, "financial_activated")
    assert [e.type for e in case.derived] == ["transport_opened", "social_security_enabled"]
    assert case.derived[1].payload["cause"] == case.applied[-2]
    assert case.derived[1].source == "ephoto"


def test_a_policy_may_part_the_two_functions():
    case = state_after(*TO_RECEIVED, "financial_activated", terms=replace(PICKUP, bank_enables_social_security=False))
    assert case.card.switches == {"financial", "transport"}


def test_social_security_alone_leaves_the_financial_function_off():
    case = state_after(*TO_RECEIVED, "social_security_enabled")
    assert case.card.switches == {"social_security", "transport"}


@pytest.mark.parametrize("before", ["produced", "ready_at_branch"])
def test_activation_at_a_branch_implies_that_the_card_was_received(before):
    types = TO_RECEIVED[: TO_RECEIVED.index(before) + 1]
    case = state_after(*types, "financial_activated")
    assert case.state == "received"
    assert [e.type for e in case.derived] == ["received", "transport_opened", "social_security_enabled"]
    assert case.card.received_at == case.since


def test_enabling_online_waits_until_the_card_is_received():
    early = [*events(*TO_RECEIVED[:-1]), event("social_security_enabled", 7)]
    assert [e.type for e in fold(early, PICKUP).pending] == ["social_security_enabled"]
    case = fold([*early, event("received", 8)], PICKUP)
    assert case.pending == ()
    assert case.card.switches >= {"social_security"}


def test_a_receipt_that_is_told_late_says_nothing_new():
    case = state_after(*TO_RECEIVED[:-1], "financial_activated", "received")
    assert len(case.passed) == 1
    assert case.pending == ()


def test_an_event_with_another_cards_number_is_not_about_this_card():
    other = replace(event("financial_activated", 9), card_no="T99999999")
    assert fold([*events(*TO_RECEIVED), other], PICKUP).pending == (other,)


def test_a_second_card_number_for_one_application_is_not_taken():
    case = fold([*events(*TO_RECEIVED), event("produced", 9, card_no="T00000002")], PICKUP)
    assert case.card.card_no == CARD_NO
    assert len(case.pending) == 1


@pytest.mark.parametrize(
    ("delivery", "event_type", "state"),
    [
        ("pickup_branch", "ready_at_branch", "ready_for_pickup"),
        ("mail_personal", "dispatched", "mailed"),
        ("on_site", "handed_over", "with_employer"),
        ("employer_collect", "handed_over", "with_employer"),
    ],
)
def test_the_card_goes_out_as_the_application_says(delivery, event_type, state):
    terms = Terms(delivery)
    types = (*TO_ACCEPTED, "packaged", "produced")
    assert state_after(*types, event_type, terms=terms).state == state
    others = {"ready_at_branch", "dispatched", "handed_over"} - {event_type}
    for other in others:
        assert state_after(*types, other, terms=terms).state == "produced"
    assert not others & set(allowed(state_after(*types, terms=terms), terms))


def test_mail_that_comes_back_is_sent_again_or_waits_at_the_branch():
    terms = Terms("mail_personal")
    back = (*TO_ACCEPTED, "packaged", "produced", "dispatched", "returned")
    assert state_after(*back, "dispatched", terms=terms).state == "mailed"
    assert state_after(*back, "ready_at_branch", terms=terms).state == "ready_for_pickup"


@pytest.mark.parametrize(
    ("fail_type", "legal"), [("photo", "reopened"), ("card", "repackaged"), ("bank", "repackaged")]
)
def test_a_failed_photo_goes_back_to_the_applicant_and_a_failed_card_to_the_bureau(fail_type, legal):
    failed = [*events(*TO_ACCEPTED, "packaged"), event("production_failed", 6, fail_type=fail_type)]
    case = fold(failed, PICKUP)
    assert case.fail_type == fail_type
    assert set(allowed(case, PICKUP)) == {legal}


def test_instant_issuance_ends_with_the_card_in_hand():
    case = state_after(*TO_ACCEPTED, "issued_instantly")
    assert (case.state, case.card.state) == ("received", "held")
    assert case.card.card_no == CARD_NO


def test_a_temporary_loss_is_lifted_and_a_loss_is_not():
    used = (*TO_RECEIVED, "financial_activated")
    assert state_after(*used, "temp_loss_reported").card.usable is False
    assert state_after(*used, "temp_loss_reported", "temp_loss_lifted").card.usable
    lost = state_after(*used, "temp_loss_reported", "loss_reported", "temp_loss_lifted")
    assert lost.card.state == "lost"
    assert [e.type for e in lost.pending] == ["temp_loss_lifted"]


def test_a_request_for_another_card_leaves_this_one_usable():
    case = state_after(*TO_RECEIVED, "financial_activated", "replacement_requested")
    assert case.card.usable
    assert case.card.replacement_requested
    assert not state_after(*TO_RECEIVED, "financial_activated", "replaced").card.usable


def test_transport_is_topped_up_after_it_is_open():
    terms = replace(PICKUP, transport_at_receipt=False)
    case = state_after(*TO_RECEIVED, "transport_topped_up", "transport_opened", terms=terms)
    assert case.card.topped_up
    assert case.pending == ()
    assert fold(events(*TO_RECEIVED, "transport_topped_up"), terms).pending


def test_an_event_without_what_it_needs_does_not_count():
    assert fold([*events(*TO_ACCEPTED[:-1]), event("accepted", 4, external_no="")], PICKUP).state == "submitted"


@settings(max_examples=150, deadline=None)
@given(valid_histories(), st.data())
def test_any_order_of_arrival_with_repeats_ends_in_the_same_state(history, data):
    terms, happened = history
    expected = fold(happened, terms)
    assert expected.pending == ()
    arrived = data.draw(st.permutations(happened))
    again = [e for e in arrived if data.draw(st.booleans())]
    known = {}
    for one in [*arrived, *again]:
        known[one.event_id] = one
        fold(known.values(), terms)
    assert told(fold(known.values(), terms)) == told(expected)


@settings(max_examples=100, deadline=None)
@given(valid_histories(), st.dictionaries(st.sampled_from(["bank", "platform", "bureau"]), st.integers(-3, 3)))
def test_clocks_that_differ_by_minutes_change_no_state(history, ahead):
    """Those of the platform, the bureau and the bank against ours."""
    terms, happened = history
    if any(e.type in ("temp_loss_reported", "rejected", "production_failed", "returned") for e in happened):
        return  # what comes again in a round is told apart by its time alone
    if any(e.type in ("cancelled", "replaced", "application_cancelled", "loss_reported", "closed") for e in happened):
        return  # what ends all else must be the last by its time, too
    skewed = [replace(e, occurred_at=e.occurred_at + timedelta(minutes=ahead.get(e.source, 0))) for e in happened]
    right, other = fold(happened, terms), fold(skewed, terms)
    assert (other.state, other.pending) == (right.state, ())
    if right.card is not None:
        assert (other.card.state, other.card.switches) == (right.card.state, right.card.switches)


@given(valid_histories())
def test_an_event_on_the_wire_is_read_back_as_it_was(history):
    for one in history[1]:
        there = to_wire(one)
        if there is None:
            assert one.type in INNER
            continue
        check(there, "ephoto.event/1")
        back = from_wire(there, one.source)
        assert {**one.payload, **back.payload} == one.payload
        assert replace(back, payload={}, card_no="") == replace(one, payload={}, card_no="")


# The machine once more, told by hand: what workflow.md's two tables say, without the file of transitions.
MAIN_ROAD = {
    "created": (None, "draft"),
    "photo_attached": ("draft", "photo_accepted"),
    "confirmed": ("photo_accepted", "submitted"),
    "accepted": ("submitted", "accepted"),
    "packaged": ("accepted", "producing"),
    "produced": ("producing", "produced"),
    "ready_at_branch": ("produced", "ready_for_pickup"),
    "received": ("ready_for_pickup", "received"),
    "closed": ("received", "closed"),
}


class Machine(RuleBasedStateMachine):
    """Any event at any time; a plain model of the pick-up road says what must come of it."""

    def __init__(self):
        super().__init__()
        self.told, self.number = [], itertools.count()
        self.state, self.card, self.on = None, None, set()

    @property
    def case(self) -> CaseState:
        return fold(self.told, PICKUP)

    def tell(self, type, **payload):
        """Record an event as the office does for our own: only if it is legal."""
        number = next(self.number)
        new = replace(event(type, number, **payload), event_id=f"event-{number:06}", source=source_of(type))
        before, after = self.case, fold([*self.told, new], PICKUP)
        legal = new.event_id in after.applied
        if legal or new.event_id in after.passed:
            self.told.append(new)
        if type != "transport_topped_up" and legal and not after.derived[len(before.derived) :]:
            assert type in allowed(before, PICKUP)
        return legal

    @rule(type=st.sampled_from(sorted(MAIN_ROAD)))
    def main_road(self, type):
        before, after = MAIN_ROAD[type]
        legal = self.state == before or (type == "photo_attached" and self.state == "photo_accepted")
        assert self.tell(type) == legal
        if legal:
            self.state = after
            if type == "produced":
                self.card = "made"
            if type == "received":
                self.card, self.on = "held", self.on | {"transport"}

    @rule(channel=st.sampled_from(["branch_counter", "branch_terminal", "hr_app", "mini_program"]),
          type=st.sampled_from(["financial_activated", "social_security_enabled"]))  # fmt: skip
    def activate(self, channel, type):
        switch = "financial" if type == "financial_activated" else "social_security"
        at_branch = channel.startswith("branch_") and self.card == "made"
        legal = (self.card in ("held", "in_use") or at_branch) and switch not in self.on
        assert self.tell(type, channel=channel) == legal
        if legal:
            if at_branch:
                self.state, self.on = "received", self.on | {"transport"}
            self.card = "in_use"
            self.on |= {"financial", "social_security"} if switch == "financial" else {"social_security"}

    @rule()
    def open_suburban_rail(self):
        legal = self.card in ("held", "in_use") and "suburban_rail" not in self.on
        assert self.tell("suburban_rail_opened") == legal
        if legal:
            self.on.add("suburban_rail")

    @rule(type=st.sampled_from(["temp_loss_reported", "temp_loss_lifted", "loss_reported", "cancelled", "replaced"]))
    def lose(self, type):
        moves = {
            "temp_loss_reported": ({"in_use"}, "temp_lost"),
            "temp_loss_lifted": ({"temp_lost"}, "in_use"),
            "loss_reported": ({"in_use", "temp_lost"}, "lost"),
            "replaced": ({"made", "held", "in_use", "temp_lost", "lost"}, "replaced"),
            "cancelled": ({"made", "held", "in_use", "temp_lost", "lost", "replaced"}, "cancelled"),
        }
        before, after = moves[type]
        legal = self.card in before
        assert self.tell(type) == legal
        if legal:
            self.card = after

    @invariant()
    def the_model_and_the_machine_agree(self):
        case = self.case
        assert case.state == self.state
        assert (None if case.card is None else case.card.state) == self.card
        assert (set() if case.card is None else case.card.switches) == self.on
        assert case.card is None or case.card.usable == (self.card == "in_use" and "social_security" in self.on)
        assert case.pending == ()

    @invariant()
    def no_event_counts_twice(self):
        counted = [*self.case.applied, *self.case.passed]
        assert len(counted) == len(set(counted))


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
