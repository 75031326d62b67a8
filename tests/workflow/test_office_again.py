"""Applications that go on another way: by a photo on file, once more after a failure, with what was said later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ephoto.core.errors import EphotoError
from ephoto.core.settings import Settings
from ephoto.workflow.adapters.production.config import read_production
from ephoto.workflow.adapters.production.hot_folder import HotFolder
from ephoto.workflow.findings import blocking
from ephoto.workflow.lifecycle.events import Event
from ephoto.workflow.office.abandoned import forget_drafts
from ephoto.workflow.office.packaging import Parties, open_batch, print_now
from ephoto.workflow.store.purge import purge
from tests.workflow.offices import bare, judged, office, ready
from tests.workflow.people import ADULTS, photo_bytes

MAPPING = """\
adapter = { kind = "production", schema = "ephoto.package/1", version = "2026-01" }
transport = { type = "folder", path = "bureau" }
[hot_folder]
path = "printer"
"""
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


@pytest.fixture
def rules(tmp_path):
    for name in ("in", "out", "archive", "error"):
        (tmp_path / "bureau" / name).mkdir(parents=True)
    (tmp_path / "printer").mkdir()
    (tmp_path / "production.toml").write_text(MAPPING, "utf-8")
    return read_production(tmp_path / "production.toml", Settings())


def test_a_failure_that_came_by_the_feed_keeps_nobody_from_being_packed_again(here, rules):
    name = accepted(here, ready(here))
    parties = Parties("EMP-0001", "BUREAU-TEST")
    first = open_batch(here, rules, parties)
    tell(here, name, "production_failed", fail_type="photo")
    here.take("reopened", name)
    here.attach_photo(name, photo_bytes(), judged())
    accepted(here, name, "LSH-2")
    second = open_batch(here, rules, parties)
    assert second not in (None, first)
    with here.store.reading() as unit:
        assert unit.open_batch_of(name) == second


def ended(rules, job, place="error"):
    """The printer takes a job out of its folder."""
    folder = rules.hot_folder.path
    (folder / place).mkdir(exist_ok=True)
    (folder / f"job-{job}").rename(folder / place / f"job-{job}")


def test_a_card_that_failed_in_the_printer_is_printed_again_as_another_job(here, rules):
    name = accepted(here, ready(here, bank={"code": "BANK-1", "branch_code": "B0001"}))
    printer = HotFolder(rules.hot_folder, rules.columns, here.clock)
    job = print_now(here, name, printer)
    assert code_of(print_now, here, name, printer) == "wf.job_known"
    ended(rules, job)
    tell(here, name, "production_failed", source="bureau", fail_type="card", batch_no=job)
    again = print_now(here, name, printer)
    assert again != job
    assert here.case(name).state == "producing"
    ended(rules, again, "done")
    tell(here, name, "produced", source="bureau", card_no="T00000001", batch_no=again)
    assert code_of(print_now, here, name, printer) == "wf.transition_refused"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_old_card_ends_the_same_whatever_is_told_first_of_the_new_one(here, order):
    old = received(here, "T00000001")
    tell(here, old, "financial_activated", channel="branch_counter")
    new = received(here, "T00000002", kind="replacement_damage", previous={"card_no": "T00000001"})
    online = ("social_security_enabled", {"source": "hr", "channel": "hr_app", "minutes": 30})
    at_branch = ("financial_activated", {"channel": "branch_terminal", "minutes": 10})
    for place in order:
        type, more = (online, at_branch)[place]
        tell(here, new, type, **more)
    late = tell(here, old, "suburban_rail_opened", channel="branch_counter", minutes=20)
    assert late.status == "parked"
    case = here.case(old)
    assert (case.card["state"], case.waiting) == ("replaced", ("suburban_rail_opened",))


@pytest.mark.parametrize(
    ("type", "source", "lacks"),
    [("produced", "bureau", "card_no"), ("production_failed", "bureau", "fail_type"),
     ("accepted", "platform", "external_no")],
)  # fmt: skip
def test_an_event_that_lacks_what_it_must_say_is_refused_and_does_not_wait(here, type, source, lacks):
    name = ready(here)
    here.confirm(name)
    with pytest.raises(EphotoError) as caught:
        tell(here, name, type, source=source)
    assert (caught.value.code, caught.value.values["field"]) == ("wf.field_required", lacks)
    assert here.case(name).waiting == ()


def photos_kept(here):
    with here.store.reading() as unit:
        return unit.count_photos()


def test_who_cancels_has_no_picture_left_here(here):
    name = accepted(here, ready(here))
    assert photos_kept(here) == 3
    here.take("application_cancelled", name)
    assert photos_kept(here) == 0
    assert here.photo(name) is None
    with here.store.reading() as unit:
        assert ("photos_purged", 3) in [(line.action, line.count) for line in unit.audits()]


def test_pictures_of_drafts_that_nobody_goes_on_with_can_be_deleted_and_no_others(here):
    old, busy = ready(here), accepted(here, ready(here, applicant={"id_number": ADULTS[1]}))
    without = here.open(bare(photo=ON_FILE, applicant={"id_number": ADULTS[2]})).application_id
    here.clock.now += 40 * 86400
    fresh = ready(here, applicant={"id_number": ADULTS[3]})
    done = forget_drafts(here, here.clock() - 30 * 86400)
    assert (done.photos, done.applications) == (3, 1)
    assert here.case(old).state == "draft"
    assert {"wf.photo_missing", "wf.id_card_picture_missing"} <= {f.code for f in here.validate(old)}
    assert [here.case(one).state for one in (busy, without, fresh)] == ["accepted", "photo_accepted", "photo_accepted"]
    assert photos_kept(here) == 6
    assert forget_drafts(here, here.clock() - 30 * 86400).photos == 0


@settings(max_examples=12, deadline=None)
@given(st.permutations(range(9)))
def test_any_order_of_arrival_ends_alike_for_an_old_card_and_the_one_in_its_place(tmp_path_factory, order):
    """What others tell of both, up to and after the end of the old one."""
    ends = []
    for places in (range(9), order):
        with office(f"sqlite:///{tmp_path_factory.mktemp('order') / 'office.sqlite'}") as here:
            old = received(here, "T00000001")
            tell(here, old, "financial_activated", channel="branch_counter")
            new = accepted(
                here, ready(here, kind="replacement_damage", previous={"card_no": "T00000001"}), "LSH-T00000002"
            )
            tell(here, new, "packaged", source="ephoto", batch_no="B-2")
            told = [
                (new, "produced", {"source": "bureau", "card_no": "T00000002"}),
                (old, "temp_loss_reported", {}),
                (new, "ready_at_branch", {}),
                (old, "temp_loss_lifted", {}),
                (new, "received", {}),
                (new, "social_security_enabled", {"source": "hr", "channel": "hr_app"}),
                (old, "loss_reported", {}),
                (new, "financial_activated", {"channel": "branch_terminal"}),
                (old, "cancelled", {}),
            ]
            for place in places:
                name, type, more = told[place]
                tell(here, name, type, minutes=60 + place, **more)
            cases = [here.case(name) for name in (old, new)]
            ends.append([(case.state, case.card, case.waiting) for case in cases])
    assert ends[0] == ends[1]
    assert ends[0][0][1]["state"] == "cancelled"
    assert ends[0][1][1]["usable"]


def test_a_number_is_one_person_by_whichever_document(here):
    here.open(bare())
    other = bare(applicant={"id_type": "hk_macao_taiwan_residence"})
    assert code_of(here.open, other) == "wf.duplicate_application"
    here.open(bare(applicant={"id_type": "passport"}))  # a passport with such a number is somebody else's


@pytest.mark.parametrize("name", [ADULTS[0], f"APP-{ADULTS[0]}", "APP-13800138000"])
def test_an_id_that_tells_who_the_person_is_is_refused(here, name):
    assert code_of(here.open, bare(application_id=name)) == "wf.field_unfit"


def test_a_card_that_was_cancelled_before_another_was_asked_for_is_cancelled_whenever_that_is_told(here):
    old = received(here, "T00000001")
    tell(here, old, "financial_activated", channel="branch_counter")
    new = ready(here, kind="replacement_damage", previous={"card_no": "T00000001"})
    here.clock.now += 600
    here.confirm(new)
    assert tell(here, old, "cancelled", minutes=-5).status == "applied"
    assert here.case(old).card["state"] == "cancelled"
