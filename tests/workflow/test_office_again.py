"""Applications that go on another way: by a photo on file, once more after a failure, with what was said later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ephoto.core.errors import EphotoError
from ephoto.workflow.findings import blocking
from ephoto.workflow.lifecycle.events import Event
from ephoto.workflow.store.purge import purge
from tests.workflow.offices import bare, judged, office, ready
from tests.workflow.people import ADULTS, photo_bytes

ON_FILE = {"source": "on_file"}


@pytest.fixture
def here(tmp_path):
    with office(f"sqlite:///{tmp_path / 'office.sqlite'}") as made:
        yield made


def code_of(step, *args, **kwargs):
    with pytest.raises(EphotoError) as caught:
        step(*args, **kwargs)
    return caught.value.code


def tell(here, name, type, *, source="bank", minutes=0, card_no="", **payload):
    at = datetime.fromtimestamp(here.clock(), UTC) + timedelta(minutes=minutes)
    return here.record(Event(f"{type}-{at.timestamp()}", type, at, name, card_no, source, payload=payload))


def pictures(here, name):
    here.attach_id_card(name, "front", b"front of nobody's card")
    here.attach_id_card(name, "back", b"back of it")


def on_file(here):
    name = here.open(bare(photo=ON_FILE)).application_id
    pictures(here, name)
    return name


def accepted(here, name, number="LSH-1"):
    here.confirm(name)
    tell(here, name, "accepted", source="platform", external_no=number)
    return name


def rejected(here, name):
    here.confirm(name)
    tell(here, name, "rejected", source="platform", reason="wf.name_mismatch")
    return name


def received(here, card_no, **changes):
    name = accepted(here, ready(here, **changes), f"LSH-{card_no}")
    tell(here, name, "packaged", source="ephoto", batch_no="B-1")
    tell(here, name, "produced", source="bureau", card_no=card_no)
    tell(here, name, "ready_at_branch")
    tell(here, name, "received")
    return name


def test_a_card_with_a_photo_on_file_is_made_without_a_package_of_ours(here):
    name = accepted(here, on_file(here))
    assert "produced" in here.case(name).allowed
    tell(here, name, "production_failed", source="bureau", fail_type="card")
    assert tell(here, name, "produced", source="bureau", card_no="T00000001").status == "applied"
    assert here.case(name).state == "produced"


def test_a_card_with_a_photo_of_ours_is_not_made_before_it_is_packed(here):
    name = accepted(here, ready(here))
    assert tell(here, name, "produced", source="bureau", card_no="T00000001").status == "parked"


def test_a_rejected_application_with_a_photo_on_file_can_be_confirmed_again(here):
    name = rejected(here, on_file(here))
    assert here.take("reopened", name).state == "photo_accepted"
    assert here.confirm(name).state == "submitted"


def test_a_draft_may_be_told_later_that_a_photo_is_on_file(here):
    name = here.open(bare()).application_id
    here.edit(name, bare(photo=ON_FILE))
    assert here.case(name).state == "photo_accepted"
    other = ready(here, applicant={"id_number": ADULTS[1]})
    here.edit(other, bare(photo=ON_FILE, applicant={"id_number": ADULTS[1]}))
    assert here.photo(other) == photo_bytes()


def test_pictures_that_were_purged_are_asked_for_again(here):
    name = rejected(here, ready(here))
    here.clock.now += 40 * 86400
    purge(here.store, here.clock() - 30 * 86400, here.clock())
    here.take("reopened", name)
    assert {"wf.photo_missing", "wf.id_card_picture_missing"} <= {f.code for f in here.validate(name)}
    pictures(here, name)
    here.attach_photo(name, photo_bytes(), judged())
    assert blocking(here.validate(name)) == ()
    assert here.confirm(name).state == "submitted"


def test_pictures_that_are_still_there_are_not_asked_for_again(here):
    name = rejected(here, ready(here))
    assert here.take("reopened", name).state == "photo_accepted"
    assert blocking(here.validate(name)) == ()
    assert here.confirm(name).state == "submitted"


def test_wrong_data_can_be_changed_after_production_has_failed_for_them(here):
    name = accepted(here, ready(here))
    tell(here, name, "packaged", source="ephoto", batch_no="B-1")
    tell(here, name, "production_failed", source="bureau", fail_type="data")
    here.take("reopened", name)
    here.edit(name, bare(applicant={"mobile": "13900139000"}))
    assert here.confirm(name).state == "submitted"


def test_an_old_card_that_is_named_later_is_replaced(here):
    old = received(here, "T00000001")
    tell(here, old, "financial_activated", channel="branch_counter")
    wrong = {"card_no": "T00000009", "reason": "damage"}
    new = ready(here, kind="replacement_damage", previous=wrong)
    assert here.case(new).predecessor_id is None
    here.edit(new, bare(kind="replacement_damage", previous=wrong | {"card_no": "T00000001"}))
    assert here.case(new).predecessor_id == old


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"bank": {"code": "BANK-1", "branch_code": "B0002"}}, True),
        ({"branch_locked": False}, True),
        ({"delivery": {"method": "mail_personal", "locked": True}}, True),
        ({"delivery": {"method": "pickup_branch"}}, True),
        ({"applicant": {"mobile": "13900139000"}}, False),
    ],
)
def test_what_the_employer_has_set_stays(here, changes, refused):
    kept = {
        "branch_locked": True,
        "bank": {"code": "BANK-1", "branch_code": "B0001"},
        "delivery": {"method": "pickup_branch", "locked": True},
    }
    name = here.open(bare(**kept)).application_id
    edited = bare(**(kept | changes))
    if refused:
        assert code_of(here.edit, name, edited) == "wf.field_locked"
    else:
        here.edit(name, edited)


def test_a_photo_that_failed_is_asked_for_again(here):
    name = accepted(here, ready(here))
    tell(here, name, "packaged", source="ephoto", batch_no="B-1")
    tell(here, name, "production_failed", source="bureau", fail_type="photo")
    assert here.take("reopened", name).state == "draft"
    assert {f.code for f in here.validate(name)} >= {"wf.photo_missing"}
    assert here.photo(name) is None
