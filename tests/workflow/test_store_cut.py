"""A PostgreSQL server that falls silent or hangs up between two statements: told in time, and nothing is half done."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress

import pytest
from sqlalchemy import make_url

from ephoto.core.errors import EnvironmentFault
from ephoto.workflow.store import limits as kept
from tests.workflow.stored import application, entry, opened


class Line:
    """Between the store and its server: passes everything on until it is told to be silent, or to hang up."""

    def __init__(self, host, port):
        self.target = (host, port)
        self.silent = threading.Event()
        self.ends = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(self.target)
                self.ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self.pass_on, args=(one, other), daemon=True).start()

    def pass_on(self, one, other):
        with suppress(OSError):
            while data := one.recv(65536):
                if self.silent.is_set():
                    return
                other.sendall(data)

    def hang_up(self):
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.hang_up()
        for end in (*self.ends, self.listener):
            end.close()


@pytest.fixture
def line(postgres_url):
    url = make_url(postgres_url)
    with closing(Line(url.host, url.port)) as line:
        yield line


@pytest.fixture
def store(postgres_url, line, monkeypatch):
    rules = {name: getattr(kept.limits(), name) for name in kept.Limits.__slots__}
    monkeypatch.setattr("ephoto.workflow.store.engine.limits", lambda: kept.Limits(**{**rules, "socket_s": 2.0}))
    url = make_url(postgres_url).set(port=line.port).render_as_string(hide_password=False)
    with opened(url) as store:
        store.run(lambda unit: unit.add_application(application(store)))
        yield store


def wrote(unit, fault):
    unit.append(entry("EV-1"))
    unit.enqueue("hr", "EV-1", b"{}")
    fault()
    unit.audit("told")


def test_a_server_that_falls_silent_is_given_up_in_time_and_nothing_is_half_done(store, line):
    with pytest.raises(EnvironmentFault) as caught:
        store.run(lambda unit: wrote(unit, line.silent.set))
    assert caught.value.values["problem"] == "the server does not answer"
    line.hang_up()
    line.silent.clear()
    with store.reading() as unit:
        assert (unit.history("APP-0001"), unit.waiting(), list(unit.audits())) == ([], 0, [])
    store.run(lambda unit: wrote(unit, lambda: None))


def test_a_line_that_is_cut_leaves_nothing_and_the_next_unit_has_another(store, line):
    with pytest.raises(EnvironmentFault) as caught:
        store.run(lambda unit: wrote(unit, line.hang_up))
    assert caught.value.values["problem"] == "the server does not answer"
    with store.reading() as unit:
        assert (unit.history("APP-0001"), unit.waiting()) == ([], 0)
    store.run(lambda unit: wrote(unit, lambda: None))


def test_a_line_that_was_cut_between_two_units_is_not_noticed(store, line):
    store.run(lambda unit: unit.audit("first"))
    line.hang_up()
    store.run(lambda unit: unit.audit("second"))
    with store.reading() as unit:
        assert [one.action for one in unit.audits()] == ["first", "second"]
