"""Steps and events whose times do not agree: what was legal when it was taken stays, and nothing else counts."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ephoto.core.errors import EphotoError
from ephoto.workflow import policy as policies
from ephoto.workflow.ids import new_id
from ephoto.workflow.lifecycle.events import Event
from ephoto.workflow.office import intake
from ephoto.workflow.office.intake import Step
from ephoto.workflow.office.office import SUBMISSION, Office
from ephoto.workflow.office.submitting import submit_waiting
from ephoto.workflow.policy import load_policy
from ephoto.workflow.store.database import Store
from ephoto.workflow.vault import Vault
from tests.workflow.offices import KEY, Clock, bare, judged, office, ready
from tests.workflow.people import ADULTS, photo_bytes


@pytest.fixture
def here(database_url):
    with office(database_url) as made:
        yield made


def code_of(step, *args, **kwargs):
    with pytest.raises(EphotoError) as caught:
        step(*args, **kwargs)
    return caught.value.code


def tell(here, name, type, *, source="bank", minutes=0, **payload):
    at = datetime.fromtimestamp(here.clock(), UTC) + timedelta(minutes=minutes)
    return here.record(Event(f"{type}-{at.timestamp()}", type, at, name, source=source, payload=payload))


def begun(here):
    """A step that was begun and has to wait: its time is from before."""
    return Step(here.store.vault, here.rules(), lambda: new_id(here.clock, random.SystemRandom()), "")


def in_production(here):
    name = ready(here)
    here.confirm(name)
    tell(here, name, "accepted", source="platform", external_no="LSH-1")
    tell(here, name, "packaged", source="ephoto", batch_no="B-1")
    return name


def test_data_that_waited_for_the_confirmation_do_not_change_what_was_confirmed(here):
    name = ready(here)
    step = begun(here)
    here.confirm(name)
    other = bare(applicant={"mobile": "13900139000"})
    assert code_of(here.store.run, lambda unit: intake.edit(unit, name, other, step)) == "wf.transition_refused"
    assert here.application(name).applicant.mobile == "13800138000"


def test_a_photo_that_waited_for_the_confirmation_is_not_put_in_place_of_the_confirmed_one(here):
    name = ready(here)
    step, other = begun(here), photo_bytes() + b"x"
    here.confirm(name)
    attach = lambda unit: intake.attach_photo(unit, name, other, judged(), "uploaded", step)  # noqa: E731
    assert code_of(here.store.run, attach) == "wf.transition_refused"
    assert here.photo(name) == photo_bytes()


def test_a_platform_whose_clock_is_ahead_lets_nobody_cancel_what_is_in_production(here):
    name = ready(here)
    here.confirm(name)
    tell(here, name, "accepted", source="platform", external_no="LSH-1", minutes=5)
    tell(here, name, "packaged", source="ephoto", batch_no="B-1")
    assert code_of(here.take, "application_cancelled", name) == "wf.transition_refused"
    assert here.case(name).state == "producing"


def test_a_platform_whose_clock_is_ahead_keeps_nobody_from_cancelling(here):
    name = ready(here)
    here.confirm(name)
    tell(here, name, "accepted", source="platform", external_no="LSH-1", minutes=5)
    assert here.take("application_cancelled", name).state == "cancelled"


def test_a_step_that_was_moved_behind_the_others_is_known_again(here):
    name = ready(here)
    here.confirm(name)
    tell(here, name, "accepted", source="platform", external_no="LSH-1", minutes=5)
    packed = Event("packed-0001", "packaged", datetime.fromtimestamp(here.clock(), UTC), name, source="ephoto",
                   payload={"batch_no": "B-1"})  # fmt: skip
    assert here.record(packed).status == "applied"
    assert here.record(packed).status == "duplicate"
    assert code_of(here.record, replace(packed, payload={"batch_no": "B-2"})) == "wf.event_conflict"


@pytest.mark.parametrize("minutes", [-60 * 24 * 365, -0.0001])
def test_a_rejection_that_comes_after_production_has_begun_takes_no_card_away(here, minutes):
    name = in_production(here)
    tell(here, name, "produced", source="bureau", card_no="T00000001", minutes=1)
    late = tell(here, name, "rejected", source="hr", minutes=minutes, reason="x")
    if minutes < -1:
        assert late.status == "parked"
        assert [f.code for f in late.findings] == ["wf.event_out_of_order"]
        assert "wf.event_out_of_order" in {f.code for f in here.case(name).findings}
    case = here.case(name)
    assert case.state == "produced"
    assert case.card["state"] == "made"
    tell(here, name, "ready_at_branch", minutes=2)
    assert here.case(name).state == "ready_for_pickup"


def test_what_was_cancelled_is_not_sent(here):
    name = ready(here)
    here.confirm(name)
    here.take("application_cancelled", name)
    assert list(submit_waiting(here, None, None)) == []
    with here.store.reading() as unit:
        assert unit.waiting(SUBMISSION) == 0
        assert "not_submitted" in [line.action for line in unit.audits()]


def test_what_cannot_be_sent_is_tried_once_a_round_and_keeps_no_other_back(here):
    names = [ready(here, applicant={"id_number": number}) for number in ADULTS[:2]]
    for name in names:
        here.confirm(name)
    for _ in range(2):
        sent = list(itertools.islice(submit_waiting(here, None, None), 5))
        assert sorted(one.application_id for one in sent) == sorted(names)
        assert {one.error.code for one in sent} == {"adapter_missing"}


def test_a_policy_that_changes_later_does_not_change_what_has_become_of_a_card(tmp_path):
    text = (Path(policies.__file__).parent / "policies" / "beijing.toml").read_text("utf-8")
    text += "\n[[phases]]\nname = 'apart'\neffective_from = 2026-04-01\nbank_enables_social_security = false\n"
    (tmp_path / "apart.toml").write_text(text, "utf-8")
    clock = Clock()
    with Store.open(f"sqlite:///{tmp_path / 'office.sqlite'}", Vault.from_text(KEY), clock) as store:
        here = Office(store, load_policy(str(tmp_path / "apart.toml")), clock)
        name = in_production(here)
        tell(here, name, "produced", source="bureau", card_no="T00000001")
        tell(here, name, "financial_activated", channel="branch_terminal")
        assert here.case(name).card["usable"]
        clock.now += 60 * 86400
        assert here.case(name).card["usable"]
