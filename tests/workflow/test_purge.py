"""Purging: photos whose purpose is over go, the others stay, and what has happened stays in every case."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from sqlalchemy import text

from ephoto.core.errors import EnvironmentFault
from ephoto.workflow.store.purge import purge
from ephoto.workflow.store.rows import Purged
from tests.workflow.stored import DAY_S, application, entry, opened

PICTURE = b"\xff\xd8\xff\xe0" + b"a picture of nobody" * 50


def applied(store, name, state="draft", roles=("card", "id_front", "id_back")):
    def step(unit):
        unit.add_application(application(store, name, name, document={"photo": {"sha256": "of the card"}}))
        unit.append(entry(f"EV-{name}", application_id=name))
        ids = {role: unit.put_photo(name, role, PICTURE) for role in roles}
        unit.save_application(replace(unit.application(name, lock=True), photo_id=ids.get("card"), state=state))

    store.run(step)


def comes_to(store, name, state):
    with store.unit() as unit:
        unit.save_application(replace(unit.application(name, lock=True), state=state))


def photos_of(store, name):
    with store.reading() as unit:
        return [role for role in ("card", "id_front", "id_back") if unit.photo_of(name, role)]


@pytest.mark.parametrize("state", ["received", "closed", "cancelled"])
def test_all_pictures_of_what_is_over_go_and_the_rest_stays(store, clock, state):
    applied(store, "APP-0001", state)
    clock.now += 31 * DAY_S
    assert purge(store, clock.now - 30 * DAY_S, clock.now) == Purged(photos=3, applications=1)
    with store.reading() as unit:
        assert unit.count_photos() == 0
        row = unit.application("APP-0001")
        assert (row.state, row.photo_id, row.document) == (state, None, {"photo": {"sha256": "of the card"}})
        assert [e.event.event_id for e in unit.history("APP-0001")] == ["EV-APP-0001"]
        (line,) = unit.audits()
    assert (line.action, line.application_id, line.count, line.at) == ("photos_purged", "APP-0001", 3, clock.now)


@pytest.mark.parametrize("state", ["draft", "submitted", "producing", "production_failed", "mailed"])
def test_pictures_that_are_still_needed_stay(store, clock, state):
    applied(store, "APP-0001", state)
    clock.now += 1000 * DAY_S
    assert purge(store, clock.now - DAY_S, clock.now) == Purged(0, 0)
    assert len(photos_of(store, "APP-0001")) == 3


def test_the_time_counts_from_the_end_and_not_from_the_last_change(store, clock):
    applied(store, "APP-0001")
    clock.now += 100 * DAY_S
    comes_to(store, "APP-0001", "received")
    clock.now += 20 * DAY_S
    comes_to(store, "APP-0001", "closed")
    assert purge(store, clock.now - 20 * DAY_S, clock.now) == Purged(0, 0)
    clock.now += 1
    assert purge(store, clock.now - 20 * DAY_S, clock.now) == Purged(3, 1)


def test_the_time_begins_anew_for_what_was_opened_again(store, clock):
    applied(store, "APP-0001", "rejected")
    clock.now += 100 * DAY_S
    comes_to(store, "APP-0001", "draft")
    comes_to(store, "APP-0001", "cancelled")
    clock.now += 10 * DAY_S
    assert purge(store, clock.now - 30 * DAY_S, clock.now) == Purged(0, 0)


def test_a_card_photo_that_nobody_calls_his_own_goes_alone(store, clock):
    applied(store, "APP-0001", "photo_accepted")
    with store.unit() as unit:
        unit.save_application(replace(unit.application("APP-0001", lock=True), photo_id=None, state="draft"))
    assert purge(store, clock.now, clock.now) == Purged(0, 0), "it may be wanted yet"
    clock.now += DAY_S
    assert purge(store, clock.now, clock.now) == Purged(1, 1)
    assert photos_of(store, "APP-0001") == ["id_front", "id_back"]


def test_more_than_a_page_goes_and_a_second_purge_has_nothing(store, clock):
    with store.unit() as unit:
        for n in range(230):
            name, state = f"APP-{n:04}", "closed" if n < 215 else "draft"
            unit.add_application(replace(application(store, name, name, state), photo_id="its"))
            unit.put_photo(name, "id_front", PICTURE)
    clock.now += DAY_S
    assert purge(store, clock.now, clock.now) == Purged(215, 215)
    assert purge(store, clock.now, clock.now) == Purged(0, 0)
    with store.reading() as unit:
        assert unit.count_photos() == 15
        assert len(list(unit.audits())) == 215


def test_a_purge_that_fails_leaves_photos_and_trail_agreeing(store, clock):
    """The disk is full of the trail: no photo goes without its line."""
    applied(store, "APP-0001", "closed")
    with store.unit() as unit:
        db = unit.connection
        if db.dialect.name == "sqlite":
            full = "CREATE TRIGGER full BEFORE INSERT ON ephoto_audit BEGIN SELECT RAISE(ABORT, 'full'); END"
            db.execute(text(full))
        else:
            db.execute(text("ALTER TABLE ephoto_audit ADD CONSTRAINT full_disk CHECK (count > 1000)"))
    clock.now += DAY_S
    with pytest.raises(EnvironmentFault):
        purge(store, clock.now, clock.now)
    assert len(photos_of(store, "APP-0001")) == 3


def test_a_time_ahead_is_refused(store, clock):
    with pytest.raises(ValueError, match="over"):
        purge(store, clock.now + 1, clock.now)


def test_nothing_of_a_purged_photo_is_in_the_files(tmp_path, clock):
    """Not even sealed: SQLite overwrites it, and its log is emptied."""
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    with opened(url, clock) as store:
        applied(store, "APP-0001", "closed")
        with store.reading() as unit:
            sealed = unit.connection.exec_driver_sql("SELECT sealed FROM ephoto_photo").scalars().all()
        assert any(blob[-300:] in files_of(tmp_path) for blob in sealed)
        clock.now += DAY_S
        purge(store, clock.now, clock.now)
        assert not any(blob[-300:] in files_of(tmp_path) for blob in sealed)


def files_of(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_purging_beside_somebody_who_reads(tmp_path, clock):
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    with opened(url, clock) as store:
        applied(store, "APP-0001", "closed")
        clock.now += DAY_S
        with store.reading() as unit:
            assert unit.count_photos() == 3
            begun = time.monotonic()
            assert purge(store, clock.now, clock.now) == Purged(3, 1)
            assert time.monotonic() - begun < 10
            assert unit.count_photos() == 3, "as it was when the reading began"
