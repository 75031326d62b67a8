"""After a whole life nothing in either database says who it was."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace

import pytest
from sqlalchemy import text

from ephoto.core.errors import EnvironmentFault
from ephoto.workflow.store.rows import CardRow, Parked
from ephoto.workflow.store.tables import METADATA
from tests.workflow.stored import application, entry, opened

NAME, ID_NUMBER, MOBILE, CARD_NO = "测试甲乙", "119900198802290011", "13800138000", "T00000001"
ADDRESS, REASON, EXTERNAL_NO, ACTOR = "长安街一号院", "照片与测试甲乙不符", "受理-00000077", "柜员乙丙"
PICTURE = b"\xff\xd8\xff\xe0JFIF" + bytes(range(256)) * 40
DOCUMENT = {
    "applicant": {"name": NAME, "id_number": ID_NUMBER, "mobile": MOBILE, "address": ADDRESS},
    "previous": {"card_no": CARD_NO},
    "photo": {"sha256": hashlib.sha256(PICTURE).hexdigest()},
}


def lived(store):
    """Every method that takes something personal."""
    with store.unit() as unit:
        row = application(
            store, "APP-0001", ID_NUMBER, document=DOCUMENT, idempotency_key=ID_NUMBER, payload_hash=MOBILE
        )
        unit.add_application(row)
        for role in ("card", "id_front", "id_back"):
            unit.put_photo("APP-0001", role, PICTURE)
        unit.append(entry("EV-1", "created", actor=ACTOR, payload=DOCUMENT))
    with store.unit() as unit:
        row = unit.application("APP-0001", lock=True)
        unit.save_application(replace(row, state="producing", external_no=EXTERNAL_NO))
        unit.save_card(CardRow("APP-0001", CARD_NO, "made", frozenset(), 1.0))
        unit.append(entry("EV-2", "production_failed", card_no=CARD_NO, payload={"reason": REASON}))
        unit.park(Parked("EV-2", "APP-0001", 5.0))
        for n in range(3):
            unit.enqueue("hr", f"EV-{n}", json.dumps({"card_no": CARD_NO, "name": NAME}).encode())
        unit.audit("packaged", application_id="APP-0001", receiver="BUREAU")
    taken = store.outbox.claim("hr", 1e12, 60, 2)
    store.outbox.sent(taken[0].id)
    store.outbox.failed(taken[1].id, "wf.rejected_by_target", None)


def secrets():
    told = [NAME, ID_NUMBER, MOBILE, CARD_NO, ADDRESS, REASON, EXTERNAL_NO, ACTOR, DOCUMENT["photo"]["sha256"]]
    for word in told:
        yield from (
            word.encode(),
            word.encode("gb18030"),
            word.encode("utf-16-le"),
            base64.b64encode(word.encode())[:-4],
        )
        yield json.dumps(word)[1:-1].encode()
        yield hashlib.sha256(word.encode()).hexdigest().encode()
    yield from (PICTURE[:12], PICTURE[500:532])


def found_in(raw):
    return {secret for secret in secrets() if secret in raw or secret.hex().encode() in raw}


def dumped(store):
    """All rows of all tables, bytes as they are and as a dump writes them."""
    told = []
    with store.reading() as unit:
        for table in METADATA.tables:
            for row in unit.connection.execute(text(f"SELECT * FROM {table}")):
                told += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    assert len(told) >= 100
    return b"\n".join(told)


def test_no_row_says_who_it_was(database_url):
    with opened(database_url) as store:
        lived(store)
        assert found_in(dumped(store)) == set()


def test_no_file_of_sqlite_says_who_it_was(tmp_path):
    with opened(f"sqlite:///{tmp_path / 'store.sqlite'}") as store:
        lived(store)
        files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(files) == {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm"}
    assert b"APP-0001" in files["store.sqlite-wal"]
    assert {name: found_in(raw) for name, raw in files.items()} == {name: set() for name in files}
    assert found_in((tmp_path / "store.sqlite").read_bytes()) == set()


def test_the_search_finds_what_is_there():
    assert found_in(f"x{NAME}x".encode()) == {NAME.encode()}
    assert found_in(PICTURE.hex().encode())


def test_no_value_has_it_in_its_repr(database_url):
    with opened(database_url) as store:
        lived(store)
        with store.reading() as unit:
            told = [
                unit.application("APP-0001"),
                unit.card("APP-0001"),
                *unit.history("APP-0001"),
                *unit.parked("APP-0001"),
            ]
            told += [unit.photo_of("APP-0001", "card"), *unit.audits()]
    said = repr(told)
    assert "APP-0001" in said
    assert [word for word in (NAME, ID_NUMBER, MOBILE, CARD_NO, ADDRESS) if word in said] == []


def told_of(url, statement):
    with opened(url) as store, pytest.raises(EnvironmentFault) as caught:
        store.run(lambda unit: unit.connection.exec_driver_sql(statement))
    error = caught.value
    assert error.__cause__ is None
    return str(error) + repr(error) + error.message("zh") + str(error.to_dict())


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT INTO ephoto_cursor (feed, nothing) VALUES ('a', '{NAME}')",
        f"INSERT INTO ephoto_cursor VALUES ('{NAME}', NULL)",
    ],
)
def test_no_error_repeats_what_was_in_a_statement(database_url, statement):
    assert NAME not in told_of(database_url, statement)


@pytest.mark.parametrize("cast", ["integer", "timestamp"])
def test_no_error_repeats_a_value_that_postgresql_repeats(postgres_url, cast):
    assert NAME not in told_of(postgres_url, f"SELECT '{NAME}'::{cast}")
