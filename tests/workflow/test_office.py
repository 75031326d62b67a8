"""Steps on applications over both kinds of database: once each, in order, or refused with a reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ephoto.core.errors import CheckError, EphotoError, InputError
from ephoto.workflow.lifecycle.events import Event
from ephoto.workflow.office.office import SUBMISSION
from ephoto.workflow.office.recording import record
from tests.workflow.histories import valid_histories
from tests.workflow.offices import Clock, bare, judged, office, ready
from tests.workflow.people import ADULTS, application, photo_bytes


@pytest.fixture
def here(database_url):
    with office(database_url, targets=("notify",)) as made:
        yield made


def code_of(step, *args, **kwargs):
    with pytest.raises(EphotoError) as caught:
        step(*args, **kwargs)
    return caught.value.code


def happened(here, application_id, type, *, source="bank", minutes=0, event_id=None, card_no="", **payload):
    at = datetime.fromtimestamp(here.clock(), UTC) + timedelta(minutes=minutes)
    return Event(event_id or f"{type}-{at.timestamp()}", type, at, application_id, card_no, source, payload=payload)


def tell(here, application_id, type, **more):
    return here.record(happened(here, application_id, type, **more))


def made_card(here, number=ADULTS[0], card_no="T00000001", **changes):
    """An application whose card is in its holder's hands."""
    name = ready(here, applicant={"id_number": number}, **changes)
    here.confirm(name)
    tell(here, name, "accepted", source="platform", external_no=f"LSH-{card_no[-1]}")
    tell(here, name, "packaged", source="ephoto", batch_no="B-1")
    tell(here, name, "produced", source="bureau", card_no=card_no)
    tell(here, name, "ready_at_branch")
    tell(here, name, "received")
    return name


def test_the_road_of_an_application_to_an_enabled_card(here):
    name = made_card(here)
    tell(here, name, "financial_activated", channel="branch_terminal")
    case = here.case(name)
    assert case.state == "received"
    assert case.card["state"] == "in_use"
    assert case.card["usable"]
    assert case.card["switches"] == ["financial", "social_security", "transport"]
    assert case.external_no == "LSH-1"
    types = [(entry.event.type, entry.derived_from is not None) for entry in here.history(name)]
    assert types[-2:] == [("financial_activated", False), ("social_security_enabled", True)]


def test_two_submissions_with_one_key_are_one_application(here):
    first, second = here.open(bare(), idempotency_key="k-1"), here.open(bare(), idempotency_key="k-1")
    assert first.application_id == second.application_id
    assert len(list(here.cases())) == 1
    other = bare(applicant={"mobile": "13900139000"})
    assert code_of(here.open, other, idempotency_key="k-1") == "wf.idempotency_conflict"


def test_many_at_once_with_one_key_are_one_application(here):
    with ThreadPoolExecutor(8) as pool:
        names = {
            case.application_id for case in pool.map(lambda _: here.open(bare(), idempotency_key="k-1"), range(16))
        }
    assert len(names) == 1
    assert [entry.event.type for entry in here.history(names.pop())] == ["created"]


def test_a_person_has_one_open_application(here):
    first = here.open(bare())
    assert code_of(here.open, bare()) == "wf.duplicate_application"
    here.take("application_cancelled", first.application_id)
    assert here.open(bare()).application_id != first.application_id


def test_what_is_said_of_pictures_does_not_count_without_their_bytes(here):
    assert code_of(here.open, application(application_id=None)) == "wf.field_unfit"


def test_a_photo_that_fails_is_not_kept(here):
    name = here.open(bare()).application_id
    with pytest.raises(InputError) as caught:
        here.attach_photo(name, photo_bytes(), judged(passed=False))
    assert caught.value.code == "wf.photo_rejected"
    assert "file_size" in caught.value.message()
    assert not here.case(name).photo


def test_a_second_photo_takes_the_place_of_the_first(here):
    name = ready(here)
    here.attach_photo(name, photo_bytes() + b"x", judged())
    assert here.photo(name) == photo_bytes() + b"x"
    with here.store.reading() as unit:
        assert unit.count_photos() == 3


def test_a_photo_that_is_removed_is_gone_and_asked_for_again(here):
    name = ready(here)
    assert here.take("photo_removed", name).state == "draft"
    assert here.photo(name) is None
    assert {f.code for f in here.validate(name)} >= {"wf.photo_missing"}


def test_an_application_that_lacks_something_is_not_submitted(here):
    name = here.open(bare(pledge_accepted_at=None)).application_id
    with pytest.raises(CheckError) as caught:
        here.confirm(name)
    assert {"wf.pledge_required", "wf.photo_missing"} <= set(caught.value.values["codes"])
    assert here.case(name).state == "draft"
    with here.store.reading() as unit:
        assert unit.waiting(SUBMISSION) == 0


def test_a_confirmation_waits_in_the_outbox_to_be_sent(here):
    name = ready(here)
    assert here.confirm(name).state == "submitted"
    assert code_of(here.confirm, name) == "wf.transition_refused"
    with here.store.reading() as unit:
        assert unit.waiting(SUBMISSION) == 1


def test_a_refused_step_says_what_is_allowed(here):
    name = ready(here)
    with pytest.raises(InputError) as caught:
        here.take("closed", name, source="ephoto")
    assert caught.value.code == "wf.transition_refused"
    assert set(caught.value.values["allowed"]) >= {"confirmed", "photo_removed", "application_cancelled"}
    assert "confirmed" in caught.value.hint("zh")


def test_a_draft_may_change_but_not_its_person(here):
    name = here.open(bare()).application_id
    here.edit(name, bare(applicant={"mobile": "13900139000"}))
    assert here.application(name).applicant.mobile == "13900139000"
    assert code_of(here.edit, name, bare(applicant={"id_number": ADULTS[1]})) == "wf.field_locked"
    assert code_of(here.edit, name, bare(kind="replacement_loss")) == "wf.field_locked"


def test_an_event_that_comes_twice_counts_once_and_with_other_content_not_at_all(here):
    name = ready(here)
    here.confirm(name)
    event = happened(here, name, "accepted", source="platform", external_no="LSH-1", event_id="event-0001")
    assert here.record(event).status == "applied"
    assert here.record(event).status == "duplicate"
    other = replace(event, payload={"external_no": "LSH-2"})
    assert code_of(here.record, other) == "wf.event_conflict"
    assert sum(entry.event.type == "accepted" for entry in here.history(name)) == 1


def test_an_event_about_nobody_is_told_so(here):
    assert code_of(tell, here, "APP-UNKNOWN-1", "received") == "wf.application_unknown"
    about_a_card = Event("event-0001", "received", datetime.now(UTC), card_no="T12345678", source="bank")
    assert code_of(here.record, about_a_card) == "wf.application_unknown"


def test_only_who_may_say_so_is_believed(here):
    name = ready(here)
    assert code_of(tell, here, name, "confirmed", source="bank") == "wf.source_not_allowed"
    assert here.case(name).state == "photo_accepted"


@pytest.mark.parametrize("days", [2, 3000 * 365, -30 * 365])
def test_an_event_of_no_time_that_can_be_is_refused(here, days):
    name = made_card(here)
    event = happened(here, name, "financial_activated", channel="branch_counter")
    try:
        event = replace(event, occurred_at=event.occurred_at + timedelta(days=days))
    except OverflowError:
        event = replace(event, occurred_at=datetime(9999, 12, 31, tzinfo=UTC))
    assert code_of(here.record, event) == "wf.field_unfit"


def test_an_event_with_another_cards_number_does_not_count_for_this_one(here):
    name = ready(here)
    here.confirm(name)
    tell(here, name, "accepted", source="platform", external_no="LSH-1")
    tell(here, name, "packaged", source="ephoto", batch_no="B-1")
    tell(here, name, "produced", source="bureau", card_no="T00000001")
    assert tell(here, name, "ready_at_branch", card_no="T99999999").status == "parked"


def test_an_event_by_a_wrong_way_is_refused(here):
    name = made_card(here)
    assert code_of(tell, here, name, "financial_activated", channel="hr_app") == "wf.branch_with_id_only"
    assert code_of(tell, here, name, "social_security_enabled", channel="post") == "wf.channel_not_allowed"


def test_an_early_event_waits_and_counts_when_its_time_has_come(here):
    name = ready(here)
    here.confirm(name)
    tell(here, name, "accepted", source="platform", external_no="LSH-1")
    tell(here, name, "packaged", source="ephoto", batch_no="B-1")
    tell(here, name, "produced", source="bureau", card_no="T00000001")
    early = tell(here, name, "social_security_enabled", source="hr", channel="hr_app", minutes=10)
    assert early.status == "parked"
    assert [f.code for f in early.findings] == ["wf.card_not_received"]
    assert here.case(name).waiting == ("social_security_enabled",)
    tell(here, name, "ready_at_branch", minutes=11)
    tell(here, name, "received", minutes=12)
    case = here.case(name)
    assert case.waiting == ()
    assert "social_security" in case.card["switches"]
    with here.store.reading() as unit:
        assert unit.parked(name) == []


def test_an_event_that_waited_too_long_is_told_and_no_longer_counts(here):
    name = made_card(here)
    tell(here, name, "temp_loss_lifted", minutes=1)
    here.clock.now += 73 * 3600
    tell(here, name, "financial_activated", channel="branch_counter")
    tell(here, name, "temp_loss_reported", minutes=1)
    case = here.case(name)
    assert case.card["state"] == "temp_lost"
    assert "wf.event_out_of_order" in {f.code for f in case.findings}


def test_the_old_card_stays_usable_until_the_new_ones_function_is_on(here):
    old = made_card(here)
    tell(here, old, "financial_activated", channel="branch_counter")
    new = made_card(here, card_no="T00000002", kind="replacement_damage", previous={"card_no": "T00000001"})
    assert here.case(new).predecessor_id == old
    assert here.case(old).card["usable"]
    assert "wf.old_card_still_valid" in {f.code for f in here.case(new).findings}
    tell(here, new, "social_security_enabled", source="hr", channel="hr_app")
    assert here.case(old).card["state"] == "replaced"
    assert not here.case(old).card["usable"]
    assert here.case(new).card["usable"]
    assert "wf.old_card_still_valid" not in {f.code for f in here.case(new).findings}


def test_a_card_of_somebody_else_is_not_replaced(here):
    other = made_card(here, number=ADULTS[1])
    name = here.open(bare(kind="replacement_loss", previous={"card_no": "T00000001"})).application_id
    assert here.case(name).predecessor_id is None
    assert here.case(other).card["state"] == "held"


def test_subscribers_are_told_once_of_what_counts_and_only_when_it_does(here):
    name = made_card(here)
    tell(here, name, "temp_loss_lifted", minutes=30)
    with here.store.unit() as unit:
        told = [message.event_id for message in unit.claim("notify", here.clock() + 10, 60, 100)]
    kept = {entry.event.event_id: entry.event.type for entry in here.history(name)}
    types = [kept[event_id] for event_id in told]
    assert types == ["confirmed", "accepted", "produced", "ready_at_branch", "received", "transport_opened"]


def test_nothing_that_is_shown_names_the_person(here):
    name = made_card(here)
    words = f"{here.case(name)!r} {here.case(name).to_dict('zh')} {here.history(name)!r}"
    for secret in (ADULTS[0], "测试甲", "13800138000", "T00000001"):
        assert secret not in words
    assert "119900********0011" in words


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(valid_histories(longest=14), st.data())
def test_any_order_of_arrival_with_repeats_ends_in_the_same_case(tmp_path_factory, history, data):
    """Through the database: what waits, what follows of itself and what is told are the same, too."""
    terms, events = history
    arrived = data.draw(st.permutations(events))
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=4))
    ends = []
    for order in (events, [*arrived, *repeats]):
        url = f"sqlite:///{tmp_path_factory.mktemp('order') / 'office.sqlite'}"
        with office(url, targets=("notify",), clock=Clock(events[0].occurred_at.timestamp() - 60)) as here:
            name = here.open(bare(delivery={"method": terms.delivery})).application_id
            for event in order:
                if event.type != "created":
                    _record_or_wait(here, replace(event, application_id=name))
            case = here.case(name).to_dict()
            with here.store.unit() as unit:
                told = {message.event_id for message in unit.claim("notify", here.clock() + 10, 60, 100)}
        del case["application_id"], case["created_at"]
        ends.append((case, told))
    (in_order, told), (in_any, told_too) = ends
    assert in_any == in_order
    # What counted until an earlier one of its kind came was told, and is not taken back.
    assert told <= told_too


def _record_or_wait(here, event):
    """As what comes from outside is recorded: one of our own would be refused and not wait."""
    here.store.run(lambda unit: record(unit, event, here.rules(), refuse=False))


@pytest.mark.parametrize("consent", [None, {"scope": ["platform", "bank"]}])
def test_no_picture_is_kept_before_the_person_has_agreed_to_it(here, consent):
    name = here.open(bare(consent=consent)).application_id
    assert code_of(here.attach_photo, name, photo_bytes(), judged()) == "wf.consent_required"
    assert code_of(here.attach_id_card, name, "front", b"front") == "wf.consent_required"
    with here.store.reading() as unit:
        assert unit.count_photos() == 0
    here.edit(name, bare())
    assert here.attach_photo(name, photo_bytes(), judged()).photo


def test_a_card_that_should_have_been_made_is_told(here):
    name = ready(here)
    here.confirm(name)
    assert "wf.overdue" not in {f.code for f in here.case(name).findings}
    here.clock.now += 31 * 86400
    assert "wf.overdue" in {f.code for f in here.case(name).findings}
    tell(here, name, "accepted", source="platform", external_no="LSH-1")
    tell(here, name, "packaged", source="ephoto", batch_no="B-1")
    tell(here, name, "produced", source="bureau", card_no="T00000001")
    assert "wf.overdue" not in {f.code for f in here.case(name).findings}
