"""Units of a store: all or nothing, one at a time for one application, and a history that nobody changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.lifecycle.events import Event
from ephoto.workflow.store.rows import ApplicationRow, CardRow, Entry, Parked
from tests.workflow.store_worker import Worker, together
from tests.workflow.stored import NOON, application, entry, opened

CARD = CardRow("APP-0001", "T00000001", "made", frozenset(), 1.0)


@pytest.fixture
def store(database_url, clock):
    with opened(database_url, clock) as store:
        store.run(lambda unit: unit.add_application(application(store)))
        yield store


def refused(store, step):
    with pytest.raises(InputError) as caught:
        store.run(step)
    return caught.value.code


# ---- applications


def test_an_application_comes_back_as_it_was_put(store, clock):
    document = {"applicant": {"name": "测试甲", "id_number": "119900198802290011"}, "fee_fen": 0, "guardian": None}
    row = application(
        store, "APP-2", "2", "rejected", document, idempotency_key="K", payload_hash="h", external_no="E", photo_id="p"
    )
    row = replace(row, predecessor_id="APP-0001")
    put = store.run(lambda unit: unit.add_application(row))
    assert put == replace(row, created_at=clock.now, updated_at=clock.now)
    with store.reading() as unit:
        assert unit.application("APP-2") == put
        assert unit.by_idempotency_key("K") == put
        assert unit.by_external_no("E") == put
        assert unit.successors("APP-0001") == [put]
        assert unit.by_idempotency_key("E") is None


def test_saving_changes_all_but_when_it_was_made(store, clock):
    made = clock.now
    clock.now += 60
    with store.unit() as unit:
        row = unit.application("APP-0001", lock=True)
        unit.save_application(
            replace(row, state="submitted", document={"fee_fen": 1}, external_no="E1", created_at=5.0)
        )
    with store.reading() as unit:
        row = unit.application("APP-0001")
        assert (row.state, row.document, row.external_no) == ("submitted", {"fee_fen": 1}, "E1")
        assert (row.created_at, row.updated_at) == (made, clock.now)


def test_what_was_not_locked_cannot_be_saved(store):
    with pytest.raises(ValueError, match="locked"), store.unit() as unit:
        unit.save_application(unit.application("APP-0001"))


def test_a_person_is_called_by_a_mark_alone(store):
    with pytest.raises(ValueError, match="mark"):
        ApplicationRow("APP-2", "119900198802290011", "first_issue", "in_service", "draft", {})


def test_an_unknown_application_is_told(store):
    for step in (
        lambda unit: unit.application("APP-9"),
        lambda unit: unit.append(entry("EV-1", application_id="APP-9")),
        lambda unit: unit.put_photo("APP-9", "card", b""),
        lambda unit: unit.save_card(replace(CARD, application_id="APP-9")),
        lambda unit: unit.add_application(replace(application(store, "APP-2", "2"), predecessor_id="APP-9")),
        lambda unit: unit.append(entry("EV-1", application_id="", card_no="T9")),
    ):
        assert refused(store, step) == "wf.application_unknown"


@pytest.mark.parametrize("state", ["received", "closed", "cancelled", "rejected"])
def test_a_person_may_apply_again_when_the_application_has_ended(store, state):
    second = application(store, "APP-2")
    assert refused(store, lambda unit: unit.add_application(second)) == "wf.duplicate_application"
    with store.unit() as unit:
        unit.save_application(replace(unit.application("APP-0001", lock=True), state=state))
    store.run(lambda unit: unit.add_application(second))
    with store.reading() as unit:
        assert unit.open_application_of(second.person).id == "APP-2"


def test_an_ended_application_is_not_opened_beside_another(store):
    with store.unit() as unit:
        unit.save_application(replace(unit.application("APP-0001", lock=True), state="rejected"))
        unit.add_application(application(store, "APP-2"))

    def reopen(unit):
        unit.save_application(replace(unit.application("APP-0001", lock=True), state="draft"))

    assert refused(store, reopen) == "wf.duplicate_application"


def test_what_is_there_once_only_is_refused(store):
    with store.unit() as unit:
        unit.add_application(application(store, "APP-2", "2", idempotency_key="K", external_no="E"))
        unit.append(entry("EV-1"))
        unit.save_card(CARD)
        unit.add_batch("B-1", 1, "bulk", "a", "b", 1.0)
        unit.add_batch("B-2", 1, "bulk", "a", "b", 1.0)
        unit.add_batch_rows("B-1", [(1, "APP-0001")])
        unit.add_receipt("R-1", "B-1", "digest")
    once = {
        "wf.duplicate_application": lambda unit: unit.add_application(application(store, "APP-2", "9")),
        "wf.idempotency_conflict": lambda unit: unit.add_application(
            application(store, "A-3", "3", idempotency_key="K")
        ),
        "wf.event_conflict": lambda unit: unit.append(entry("EV-1", application_id="APP-2")),
        "wf.in_open_batch": lambda unit: unit.add_batch_rows("B-2", [(1, "APP-0001")]),
    }
    for code, step in once.items():
        assert refused(store, step) == code
    for step in (
        lambda unit: unit.add_application(application(store, "A-3", "3", external_no="E")),
        lambda unit: unit.save_card(replace(CARD, application_id="APP-2")),
        lambda unit: unit.add_batch("B-1", 2, "bulk", "a", "b", 1.0),
    ):
        assert refused(store, step) == "wf.field_unfit"
    assert refused(store, lambda unit: unit.add_receipt("R-1", "B-1", "digest")) == "wf.event_conflict"


def test_applications_are_found_by_what_is_asked_in_the_order_of_their_ids(store):
    names = [f"app-{n:03}" for n in range(450)]
    with store.unit() as unit:
        for name in reversed(names):
            unit.add_application(application(store, name, name, "draft" if name.endswith("7") else "received"))
    with store.reading() as unit:
        assert [row.id for row in unit.applications(limit=None)] == ["APP-0001", *names]
        assert [row.id for row in unit.applications(state="draft", after="app-017", limit=2)] == ["app-027", "app-037"]
        assert len(list(unit.applications())) == 100
        assert [row.id for row in unit.applications(person=store.vault.mark("person", "app-003"))] == ["app-003"]
        assert not list(unit.applications(kind="replacement_loss"))
        assert not list(unit.applications(route="guardian"))


@pytest.mark.parametrize("looks", ["looks", "blindly"])
def test_a_person_who_applies_in_two_processes_at_once_has_one_application(database_url, looks):
    opened(database_url).close()
    told = together("applies", database_url, looks, count=3)
    refused_as = "there" if looks == "looks" else "wf.duplicate_application"
    assert sorted(told, key=lambda word: word != "added") == ["added", refused_as, refused_as]
    with opened(database_url) as store, store.reading() as unit:
        assert len(list(unit.applications())) == 1


def test_one_request_that_comes_to_two_processes_has_one_answer(database_url):
    opened(database_url).close()
    told = together("same_key", database_url, count=3)
    assert len(set(told)) == 1


# ---- cards


def test_a_card_is_found_by_its_number_and_changes(store):
    with store.unit() as unit:
        assert unit.card("APP-0001") is None
        unit.save_card(CARD)
        unit.save_card(replace(CARD, state="in_use", switches=frozenset({"financial", "transport"}), usable=True))
    with store.reading() as unit:
        card = unit.card_by_no("T00000001")
        assert card == unit.card("APP-0001")
        assert (card.state, card.switches, card.usable) == ("in_use", {"financial", "transport"}, True)
        assert unit.card_by_no("T00000002") is None


# ---- history


def test_an_event_comes_back_as_it_was_with_its_zone(store):
    event = Event(
        "EV-1",
        "financial_activated",
        datetime(2026, 2, 3, 9, 12, 0, 123456, timezone(timedelta(hours=8))),
        "APP-0001",
        "T00000001",
        "bank",
        "teller",
        {"channel": "branch_terminal", "also": ["social_security_enabled"], "extra": {"名": 1.5}},
    )
    put = Entry(None, event, 5.25, event.digest(), "EV-0")
    seq = store.run(lambda unit: unit.append(put))
    with store.reading() as unit:
        assert unit.entry("EV-1") == replace(put, seq=seq)
        assert unit.entry("EV-1").event.occurred_at.utcoffset() == timedelta(hours=8)
        assert unit.entry("EV-1").event.digest() == event.digest()
        assert unit.entry("EV-2") is None


def test_an_event_that_names_the_card_alone_is_of_its_application(store):
    came = Event("EV-1", "received", NOON, card_no="T00000001", source="bank")
    with store.unit() as unit:
        unit.save_card(CARD)
        unit.append(Entry(None, came, 1.0, came.digest()))
    with store.reading() as unit:
        (kept,) = unit.history("APP-0001")
    assert kept.event == replace(came, application_id="APP-0001")
    assert kept.digest == came.digest()


def test_a_history_is_in_the_order_of_its_appending(store):
    with store.unit() as unit:
        unit.add_application(application(store, "APP-2", "2"))
        for n in range(20):
            unit.append(entry(f"EV-{20 - n}", application_id="APP-2" if n % 3 else "APP-0001"))
    with store.reading() as unit:
        told = unit.history("APP-2")
        assert [e.event.event_id for e in told] == [f"EV-{20 - n}" for n in range(20) if n % 3]
        assert [e.seq for e in told] == sorted(e.seq for e in told)


@pytest.mark.parametrize("table", ["ephoto_history", "ephoto_audit"])
@pytest.mark.parametrize("what", ["UPDATE", "DELETE", "TRUNCATE", "REPLACE"])
def test_what_has_happened_cannot_be_changed(store, table, what):
    column = "source" if table == "ephoto_history" else "action"
    statements = {
        "UPDATE": f"UPDATE {table} SET {column} = 'x'",
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
        "REPLACE": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    }
    sqlite = store.where.endswith(".sqlite")
    if (what == "TRUNCATE" and sqlite) or (what == "REPLACE" and not sqlite):
        return  # the other database's word
    with store.unit() as unit:
        unit.append(entry("EV-1"))
        unit.audit("looked")
    with pytest.raises((EnvironmentFault, InputError)), store.unit() as unit:
        unit.connection.execute(text(statements[what]))
    with store.reading() as unit:
        assert unit.entry("EV-1").event.source == "ephoto"
        assert [line.action for line in unit.audits()] == ["looked"]


@pytest.mark.parametrize("column", ["event_id", "application_id", "type", "source"])
def test_an_entry_that_was_changed_past_the_triggers_does_not_open(store, column):
    """By somebody who owns the database and not the key."""
    with store.unit() as unit:
        unit.add_application(application(store, "APP-2", "2"))
        unit.append(entry("EV-1"))
        db = unit.connection
        if db.dialect.name == "sqlite":
            db.exec_driver_sql("DROP TRIGGER ephoto_history_no_update")
        else:
            db.exec_driver_sql("ALTER TABLE ephoto_history DISABLE TRIGGER ALL")
        db.execute(text(f"UPDATE ephoto_history SET {column} = 'APP-2'"))
    with store.reading() as unit, pytest.raises(EnvironmentFault) as caught:
        unit.history("APP-0001" if column != "application_id" else "APP-2")
    assert caught.value.code == "vault_sealed"


def test_parked_events_wait_and_go(store):
    with store.unit() as unit:
        for n in (2, 1, 3):
            unit.append(entry(f"EV-{n}"))
            unit.park(Parked(f"EV-{n}", "APP-0001", until=float(n)))
        unit.park(Parked("EV-1", "APP-0001", until=99.0))  # it keeps its time
    with store.unit() as unit:
        assert [p.event_id for p in unit.parked("APP-0001")] == ["EV-2", "EV-1", "EV-3"]
        assert [p.event_id for p in unit.parked_until(2.0)] == ["EV-1", "EV-2"]
        unit.unpark("EV-2")
        assert [p.event_id for p in unit.parked("APP-0001")] == ["EV-1", "EV-3"]


def test_processes_append_to_one_application_one_after_the_other(store, database_url):
    together("counts", database_url, 15, count=3)
    with store.reading() as unit:
        assert [e.event.payload["n"] for e in unit.history("APP-0001")] == list(range(1, 46))


def test_threads_append_to_one_application_one_after_the_other(store):
    def step(unit):
        unit.application("APP-0001", lock=True)
        number = len(unit.history("APP-0001"))
        unit.append(entry(f"EV-{number}", payload={"n": number}))

    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(store.run, step) for _ in range(30)]:
            done.result()
    with store.reading() as unit:
        assert [e.event.payload["n"] for e in unit.history("APP-0001")] == list(range(30))


def test_two_that_lock_each_others_application_both_come_through(store, database_url):
    store.run(lambda unit: unit.add_application(application(store, "APP-0002", "2")))
    together("crosses", database_url, count=2)
    with store.reading() as unit:
        ids = {e.event.event_id for name in ("APP-0001", "APP-0002") for e in unit.history(name)}
    assert ids == {f"EV-{number}-{name}" for number in (0, 1) for name in ("APP-0001", "APP-0002")}


# ---- all or nothing


def test_a_unit_is_undone_whole(store):
    def step(unit):
        unit.append(entry("EV-1"))
        unit.save_application(replace(unit.application("APP-0001", lock=True), state="submitted"))
        unit.put_photo("APP-0001", "card", b"jpeg")
        unit.enqueue("hr", "EV-1", b"{}")
        unit.save_card(CARD)
        unit.audit("packaged", receiver="BUREAU")
        unit.set_cursor("feed", "5")
        raise KeyError("anything")

    for run in (store.run, lambda step: step_in_unit(store, step)):
        with pytest.raises(KeyError):
            run(step)
    with store.reading() as unit:
        assert unit.application("APP-0001").state == "draft"
        assert not unit.history("APP-0001")
        assert (unit.count_photos(), unit.waiting(), unit.card("APP-0001")) == (0, 0, None)
        assert (list(unit.audits()), unit.cursor("feed")) == ([], None)


def step_in_unit(store, step):
    with store.unit() as unit:
        step(unit)


def test_a_process_that_is_killed_within_a_unit_leaves_nothing_and_keeps_nobody(store, database_url):
    worker = Worker("dies_writing", database_url).ready().go()
    assert worker.told() == "wrote"
    with store.unit() as unit:
        assert not unit.history("APP-0001")
        assert unit.waiting() == 0
        unit.append(entry("EV-1"))


def test_a_connection_that_is_cut_is_told_and_the_next_unit_has_another(postgres_url):
    with opened(postgres_url) as store:
        store.run(lambda unit: unit.add_application(application(store)))
        with pytest.raises(EnvironmentFault) as caught:
            store.run(lambda unit: cut_within(store, unit))
        assert caught.value.values["problem"] == "the server does not answer"
        store.run(lambda unit: unit.append(entry("EV-1")))


def cut_within(store, unit):
    unit.append(entry("EV-1"))
    with store.unit() as other:
        others = "pid <> pg_backend_pid() AND datname = current_database() AND state = 'idle in transaction'"
        other.connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    unit.append(entry("EV-2"))


def test_an_error_of_the_step_itself_is_not_the_databases(store):
    with pytest.raises(FileNotFoundError):
        store.run(lambda unit: Path("/nowhere/at/all").stat())


def test_who_reads_sees_one_moment_and_writes_nothing(store):
    with store.reading() as unit:
        assert not unit.history("APP-0001")
        with store.unit() as other:
            other.append(entry("EV-1"))
        assert not unit.history("APP-0001")
    with pytest.raises(EnvironmentFault), store.reading() as unit:
        unit.audit("looked")
    with store.unit() as unit:
        assert [e.event.event_id for e in unit.history("APP-0001")] == ["EV-1"]
        assert not list(unit.audits())
        unit.audit("written again")


# ---- the rest


def test_a_picture_takes_the_place_of_the_one_before(store, clock):
    with store.unit() as unit:
        old = unit.put_photo("APP-0001", "card", b"old")
        front = unit.put_photo("APP-0001", "id_front", b"front")
        new = unit.put_photo("APP-0001", "card", b"new!")
    with store.reading() as unit:
        assert (unit.photo(new), unit.photo(front), unit.count_photos()) == (b"new!", b"front", 2)
        facts = unit.photo_facts(new)
        assert (facts.bytes, facts.role, facts.created_at) == (4, "card", clock.now)
        assert unit.photo_of("APP-0001", "card") == facts
        assert unit.photo_of("APP-0001", "id_back") is None
        for step in (unit.photo, unit.photo_facts):
            with pytest.raises(InputError) as caught:
                step(old)
            assert caught.value.code == "wf.photo_missing"


def test_photos_that_were_swapped_in_the_database_do_not_open(store):
    with store.unit() as unit:
        mine = unit.put_photo("APP-0001", "card", b"mine")
        unit.put_photo("APP-0001", "id_front", b"other")
        unit.connection.execute(
            text("UPDATE ephoto_photo SET sealed = (SELECT sealed FROM ephoto_photo WHERE role = 'id_front')")
        )
    with store.reading() as unit, pytest.raises(EnvironmentFault, match="vault_sealed"):
        unit.photo(mine)


def test_an_application_is_in_one_open_batch(store):
    with store.unit() as unit:
        unit.add_batch("B-1", 1, "bulk", "EMP", "BUREAU", 5.0)
        for n in range(2, 500):
            unit.add_application(application(store, f"APP-{n:04}", str(n)))
        assert unit.add_batch_rows("B-1", ((n, f"APP-{n:04}") for n in range(1, 500))) == 499
    with store.unit() as unit:
        assert [row.row_no for row in unit.batch_rows("B-1")] == list(range(1, 500))
        assert unit.open_batch_of("APP-0001") == "B-1"
        assert unit.close_batch_row("B-1", 1, "failed")
        assert not unit.close_batch_row("B-1", 1, "success")
        assert unit.batch_row("B-1", 1).result == "failed"
        assert unit.open_batch_of("APP-0001") is None
        assert unit.next_attempt("B-1") == 2
        assert unit.batch("B-1").attempt == 2
        assert [b.batch_no for b in unit.batches(open_only=True)] == ["B-1"]
        assert unit.close_batch("B-1", "void") == 498
        assert not list(unit.batches(open_only=True))
        unit.add_batch("B-2", 1, "bulk", "EMP", "BUREAU", 6.0)
        unit.add_batch_rows("B-2", [(1, "APP-0001")])
        assert unit.open_batch_of("APP-0001") == "B-2"
        unit.add_receipt("R-1", "B-1", "digest")
        assert (unit.receipt("R-1"), unit.receipt("R-2")) == ("digest", None)


def test_the_trail_is_read_in_order_and_the_cursor_is_the_last_one(store, clock):
    with store.unit() as unit:
        for n in range(450):
            unit.audit("packaged", application_id=f"APP-{n % 2}", receiver="BUREAU", count=n)
        unit.set_cursor("hr", "1")
        unit.set_cursor("hr", "2")
    with store.reading() as unit:
        lines = list(unit.audits())
        assert [line.count for line in lines] == list(range(450))
        assert {line.at for line in lines} == {clock.now}
        assert len(list(unit.audits(application_id="APP-1"))) == 225
        assert [line.count for line in unit.audits(after=lines[-2].seq)] == [449]
        assert (unit.cursor("hr"), unit.cursor("bank")) == ("2", None)


def test_a_nonce_is_new_to_one_of_all_processes(database_url):
    opened(database_url).close()
    told = together("claims_nonces", database_url, 40, count=3)
    for answers in zip(*told, strict=True):
        first = [number for number, answer in enumerate(answers) if answer is None]
        assert len(first) == 1
        assert {answer for answer in answers if answer} == {f"mark-{first[0]}"}


def test_a_nonce_is_remembered_until_its_time_is_over(store):
    claim = store.nonces.claim
    assert claim("key", "nonce", "a", until_s=10.0, now_s=1.0) is None
    assert claim("other", "nonce", "b", until_s=10.0, now_s=1.0) is None
    assert claim("key", "nonce", "b", until_s=20.0, now_s=10.0) == "a"
    assert claim("key", "nonce", "b", until_s=20.0, now_s=10.5) is None


@pytest.mark.slow
def test_thousands_of_photos_do_not_stay_in_memory(database_url):
    count = 5000 if database_url.startswith("sqlite") else 1500
    seen, early, late, read = Worker("streams", database_url, count).ready().go().told()
    assert seen == count
    assert late - early < 20, "MB while they are added"
    assert read - early < 30, "MB when all were read"
