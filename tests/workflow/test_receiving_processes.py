"""Several processes that receive into one database: replays at another door, and death at every place of a message."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.liveness.counterpart import ROOT
from tests.workflow.receiving_child import APPLICATION, prepared
from tests.workflow.senders import document_of, send, signed

CHILD = Path(__file__).with_name("receiving_child.py")


def body_of(event_id="01JZ0000EVENT0001", **more):
    document = document_of(event_id, **more) | {"application_id": APPLICATION}
    del document["card_no"]
    return json.dumps(document).encode()


@contextmanager
def receiving(url, place="-"):
    """The port of a process that receives, and the process; killed at the end."""
    command = [sys.executable, str(CHILD), url, place]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            line = process.stdout.readline().strip()
            assert line.isdigit(), line + process.stderr.read()
            yield int(line), process
        finally:
            process.kill()
            _, told = process.communicate()
            assert "a bug:" not in told, told


@pytest.fixture
def store(database_url):
    made = prepared(database_url)
    yield made
    made.close()


def recorded(store):
    with store.unit() as unit:
        return [entry.event.event_id for entry in unit.history(APPLICATION)]


def test_a_replay_at_another_door_is_refused_and_a_redelivery_there_is_a_duplicate(database_url, store):
    body = body_of()
    headers = signed(body)
    with receiving(database_url) as (first, _), receiving(database_url) as (second, _):
        assert send(first, body, headers)[2] == {"status": "applied"}
        assert send(second, body, headers)[2]["code"] == "wf.replay"
        assert send(second, body)[2] == {"status": "duplicate"}
        assert send(second, body_of(branch_code="B0002"))[2]["code"] == "wf.event_conflict"
        assert send(second, body_of("01JZ0000EVENT0002", also=["social_security_enabled"]))[2] == {"status": "applied"}
    assert len(recorded(store)) == 3


def test_one_message_at_two_doors_at_once_is_recorded_once(database_url, store):
    body = body_of()
    with receiving(database_url) as (first, _), receiving(database_url) as (second, _), ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: send((first, second)[n % 2], body)[2], range(12)))
    assert sorted(answer["status"] for answer in answers) == ["applied"] + ["duplicate"] * 11
    assert recorded(store) == ["01JZ0000EVENT0001"]


@contextmanager
def killed_at(url, place, body, headers):
    """A process that was killed at a place of this message; its sender was told nothing."""
    with receiving(url, place) as (port, process):

        def try_it():
            with contextlib.suppress(OSError, http.client.HTTPException):
                send(port, body, headers)

        sender = threading.Thread(target=try_it)
        sender.start()
        assert process.stdout.readline().strip() == place
        process.kill()
        process.wait(20)
        sender.join(20)
        yield


@pytest.mark.parametrize("anew", [True, False], ids=["signed anew", "byte for byte"])
def test_killed_between_nonce_and_record_the_message_is_taken_when_it_comes_again(database_url, store, anew):
    body = body_of()
    headers = signed(body)
    with killed_at(database_url, "claimed", body, headers):
        assert recorded(store) == []
        with receiving(database_url) as (port, _):
            assert send(port, body, None if anew else headers)[2] == {"status": "applied"}
            assert send(port, body, headers)[2]["code"] == "wf.replay"
    assert recorded(store) == ["01JZ0000EVENT0001"]


def test_killed_between_record_and_answer_the_message_that_comes_again_is_a_duplicate(database_url, store):
    body = body_of()
    headers = signed(body)
    with killed_at(database_url, "recorded", body, headers):
        assert recorded(store) == ["01JZ0000EVENT0001"]
        with receiving(database_url) as (port, _):
            assert send(port, body)[2] == {"status": "duplicate"}
            assert send(port, body, headers)[2]["code"] == "wf.replay"
    assert recorded(store) == ["01JZ0000EVENT0001"]


def test_killed_between_two_that_happened_together_the_second_one_comes_with_the_redelivery(database_url, store):
    body = body_of(also=["social_security_enabled"])
    with killed_at(database_url, "recorded", body, signed(body)):
        assert len(recorded(store)) == 1
        with receiving(database_url) as (port, _):
            assert send(port, body)[2] == {"status": "applied"}
            assert send(port, body)[2] == {"status": "duplicate"}
    assert len(recorded(store)) == 2


def test_a_database_that_is_gone_is_told_as_a_moment_of_trouble(postgres_url):
    url = make_url(postgres_url)
    prepared(postgres_url).close()
    with receiving(postgres_url) as (port, _):
        assert send(port, body_of())[0] == 200
        admin = create_engine(
            url.set(drivername="postgresql+pg8000", database="postgres"), isolation_level="AUTOCOMMIT"
        )
        with admin.connect() as db:
            db.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false"))
            db.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
                {"name": url.database},
            )
        try:
            status, headers, told = send(port, body_of("01JZ0000EVENT0002"))
            assert (status, told["code"]) == (503, "wf.try_later")
            assert url.password not in str(told) + str(headers)
        finally:
            with admin.connect() as db:
                db.execute(text(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true"))
            admin.dispose()
        assert send(port, body_of("01JZ0000EVENT0002"))[2] == {"status": "applied"}
