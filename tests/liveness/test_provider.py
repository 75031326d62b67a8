"""Who says whether a person is live: tickets, stores that several processes share, and the providers by their names."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ephoto.core.errors import EnvironmentFault, EphotoError, InputError, UsageError
from ephoto.core.messages import codes
from ephoto.core.settings import Settings
from ephoto.liveness.challenge import Challenge, draw
from ephoto.liveness.limits import limits
from ephoto.liveness.own import OwnLiveness
from ephoto.liveness.provider import NoLiveness, Ticket, build, known, new_ticket
from ephoto.liveness.session import Session
from ephoto.liveness.ticket_file import TicketFile
from ephoto.liveness.tickets import Answer, MemoryTickets, answered, mark_of, settle, take_frame
from ephoto.liveness.values import Cue, Evidence, Verdict
from tests.liveness.counterpart import PATH, ROOT, body_of, deployment, headers_of

NOW = 1_767_225_600.0
LIFE, KEPT, FRAME = limits().ticket_s, limits().kept_s, limits().best_frame_s


def verdict_of(ticket, outcome="live", **more):
    return Verdict(outcome, ("all_done",), (), (), ticket.nonce, 5.0, 75, **more)


def answer_of(ticket, outcome="live", at_s=NOW):
    verdict = verdict_of(ticket, outcome)
    return Answer(mark_of(verdict.to_dict()), verdict, at_s)


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    if request.param == "memory":
        yield MemoryTickets()
        return
    with TicketFile(tmp_path / "tickets.sqlite") as made:
        yield made


@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", fullmatch=True),
    st.floats(0, 4e9),
    st.one_of(st.none(), st.integers(0, 99).map(draw)),
)
def test_tickets_go_through_json(purpose, now, challenge):
    ticket = new_ticket("own", purpose, now, challenge=challenge, url="https://id.example/{purpose}?state={nonce}")
    assert Ticket.from_dict(json.loads(json.dumps(ticket.to_dict()))) == ticket
    assert ticket.expires_s - ticket.issued_s == pytest.approx(LIFE)
    assert ticket.url == f"https://id.example/{purpose}?state={ticket.nonce}"
    assert challenge is None or ticket.nonce == challenge.nonce


@pytest.mark.parametrize("purpose", ["", "a b", "x" * 65, "张伟", "-a", "a\n"])
def test_a_purpose_is_a_word(purpose):
    with pytest.raises(UsageError) as caught:
        new_ticket("none", purpose, NOW)
    assert caught.value.code == "purpose_unfit"
    assert not purpose.strip() or purpose not in str(caught.value)


def test_no_two_tickets_have_one_nonce():
    assert len({new_ticket("none", "p", NOW).nonce for _ in range(100)}) == 100


def test_none_says_that_nobody_looked():
    provider = build("none", Settings(), lambda: NOW)
    assert isinstance(provider, NoLiveness)
    verdict = provider.result(provider.start("card-photo"))
    assert (verdict.outcome, verdict.reasons) == ("inconclusive", ("not_checked",))


def test_every_reason_of_a_provider_has_its_sentence():
    assert {"not_checked", "no_answer", "remote_live", "remote_not_live", "remote_inconclusive"} <= codes("reason")
    assert "remote_score" in codes("cue")


class TestTickets:
    def test_one_answer_that_stays(self, store):
        ticket = new_ticket("own", "p", NOW)
        store.add(ticket)
        assert answered(store, ticket, NOW) is None
        first = settle(store, "own", answer_of(ticket))
        assert settle(store, "own", answer_of(ticket, at_s=NOW + 9)) == first
        assert answered(store, ticket, NOW + LIFE + 1) == first
        with pytest.raises(InputError) as caught:
            settle(store, "own", answer_of(ticket, "not_live"))
        assert caught.value.code == "ticket_settled"

    def test_its_last_moment(self, store):
        ticket = new_ticket("own", "p", NOW)
        store.add(ticket)
        assert answered(store, ticket, ticket.expires_s) is None
        assert settle(store, "own", answer_of(ticket, at_s=ticket.expires_s)).verdict.outcome == "live"

    def test_after_its_time(self, store):
        ticket = new_ticket("own", "p", NOW)
        store.add(ticket)
        late = answer_of(ticket, at_s=ticket.expires_s + 0.001)
        with pytest.raises(InputError) as caught:
            settle(store, "own", late)
        assert caught.value.code == "ticket_expired"
        gone = answered(store, ticket, ticket.expires_s + 0.001)
        assert (gone.verdict.outcome, gone.verdict.reasons) == ("inconclusive", ("no_answer",))

    def test_a_ticket_that_was_not_given_out(self, store):
        ticket = new_ticket("own", "p", NOW)
        for ask in (lambda: answered(store, ticket, NOW), lambda: settle(store, "own", answer_of(ticket))):
            with pytest.raises(InputError) as caught:
                ask()
            assert caught.value.code == "ticket_unknown"

    @pytest.mark.parametrize(
        "change", [{"purpose": "other"}, {"provider": "none"}, {"expires_s": NOW + 1e6}, {"challenge": draw(1)}]
    )
    def test_a_ticket_that_was_altered(self, store, change):
        ticket = new_ticket("own", "p", NOW, challenge=Challenge(("turn-left", "blink"), "n" * 32, 7.0))
        store.add(ticket)
        settle(store, "own", answer_of(ticket))
        for ask in (lambda t: answered(store, t, NOW), lambda t: take_frame(store, t)):
            with pytest.raises(InputError) as caught:
                ask(replace(ticket, **change))
            assert caught.value.code == "ticket_unknown"

    def test_another_provider_answers_nothing(self, store):
        ticket = new_ticket("own", "p", NOW)
        store.add(ticket)
        with pytest.raises(InputError) as caught:
            settle(store, "remote:acme", answer_of(ticket))
        assert caught.value.code == "ticket_unknown"
        assert answered(store, ticket, NOW) is None

    def test_a_step_that_fails_changes_nothing(self, store):
        ticket = new_ticket("own", "p", NOW)
        store.add(ticket)

        def fail(one):
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            store.change(ticket.nonce, fail)
        assert settle(store, "own", answer_of(ticket)).verdict.outcome == "live"

    def test_evidence_and_cues_are_kept_whole(self, store):
        ticket = new_ticket("own", "p", NOW, challenge=draw(3))
        store.add(ticket)
        verdict = replace(
            verdict_of(ticket, "not_live", restarts=1, passive=0.25),
            evidence=(Evidence("turn-left", "wrong", 1.5, 2.25, 18.0, "deg", "nod"), Evidence("blink", "missing")),
            cues=(Cue("planarity", "fail", 0.5, 0.25, True), Cue("raster", "unknown", reason="too_small")),
        )
        settle(store, "own", Answer("m", verdict, NOW, "FLOW"))
        assert answered(store, ticket, NOW) == Answer("m", verdict, NOW, "FLOW")

    def test_a_frame_is_taken_once(self, store):
        ticket = new_ticket("own", "p", NOW)
        store.add(ticket)
        settle(store, "own", answer_of(ticket), b"\xff\xd8\xff")
        assert take_frame(store, ticket) == b"\xff\xd8\xff"
        assert take_frame(store, ticket) is None

    def test_what_is_old_is_forgotten(self, store):
        ticket = new_ticket("own", "p", NOW)
        store.add(ticket)
        settle(store, "own", answer_of(ticket), b"\xff\xd8\xff")
        store.add(new_ticket("own", "p", NOW + LIFE + FRAME + 1))
        assert take_frame(store, ticket) is None
        assert answered(store, ticket, NOW).verdict.outcome == "live"
        store.add(new_ticket("own", "p", NOW + LIFE + KEPT + 1))
        with pytest.raises(InputError) as caught:
            answered(store, ticket, NOW)
        assert caught.value.code == "ticket_unknown"

    def test_a_frame_waits_as_long_as_it_may(self, store):
        ticket = new_ticket("own", "p", NOW)
        store.add(ticket)
        settle(store, "own", answer_of(ticket), b"\xff\xd8\xff")
        store.add(new_ticket("own", "p", NOW + LIFE + FRAME))
        assert take_frame(store, ticket) == b"\xff\xd8\xff"

    def test_of_threads_with_different_answers_one_wins(self, store):
        ticket, gate = new_ticket("own", "p", NOW), threading.Barrier(6)
        store.add(ticket)

        def bring(n):
            gate.wait()
            try:
                return settle(store, "own", Answer(f"mark {n}", verdict_of(ticket), NOW)).mark
            except InputError as error:
                return error.code

        with ThreadPoolExecutor(6) as pool:
            told = list(pool.map(bring, range(6)))
        assert told.count("ticket_settled") == 5
        assert answered(store, ticket, NOW).mark in told

    def test_faces_are_in_no_text(self, store):
        ticket = new_ticket("own", "p", NOW)
        store.add(ticket)
        settle(store, "own", answer_of(ticket), b"\xff\xd8\xffface")
        assert "face" not in repr(store.change(ticket.nonce, lambda one: one))


class SameEverywhere(RuleBasedStateMachine):
    """Whatever is done, in whatever order, memory and file say the same."""

    def __init__(self):
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.file = TicketFile(Path(self.folder.name) / "t.sqlite")
        self.memory, self.now, self.tickets = MemoryTickets(), NOW, []

    def teardown(self):
        self.file.close()
        self.folder.cleanup()

    def both(self, ask):
        told = []
        for store in (self.memory, self.file):
            try:
                told.append(ask(store))
            except EphotoError as error:
                told.append(error.code)
        assert told[0] == told[1]

    @rule(seconds=st.sampled_from([0.0, 1.0, LIFE, FRAME, KEPT]))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def start(self):
        self.tickets.append(new_ticket("own", "p", self.now))
        self.both(lambda store: store.add(self.tickets[-1]))

    @precondition(lambda self: self.tickets)
    @rule(n=st.integers(0, 50), outcome=st.sampled_from(["live", "not_live"]), frame=st.sampled_from([None, b"f"]))
    def answer(self, n, outcome, frame):
        ticket = self.tickets[n % len(self.tickets)]
        self.both(lambda store: settle(store, "own", answer_of(ticket, outcome, self.now), frame))

    @precondition(lambda self: self.tickets)
    @rule(n=st.integers(0, 50))
    def take(self, n):
        self.both(lambda store: take_frame(store, self.tickets[n % len(self.tickets)]))

    @invariant()
    def same(self):
        for ticket in self.tickets[-3:]:
            self.both(lambda store, ticket=ticket: answered(store, ticket, self.now))


SameEverywhere.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestSameEverywhere = SameEverywhere.TestCase


class TestFileOfTickets:
    def test_processes_that_make_it_at_once(self, tmp_path):
        """All of them find it whole, and what one put in, the next one finds."""
        path = tmp_path / "tickets.sqlite"
        code = (
            "import sys; from ephoto.liveness.ticket_file import TicketFile\n"
            "from ephoto.liveness.provider import new_ticket\n"
            "sys.stdin.read(1)\n"
            f"with TicketFile({str(path)!r}) as store:\n"
            f"    store.add(new_ticket('own', 'p', {NOW}))\n"
            f"    print(store.claim('k', 'n', 'm', until_s={NOW + 9}, now_s={NOW}))\n"
        )
        crowd = [
            subprocess.Popen(
                [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
            )
            for _ in range(5)
        ]
        told = sorted(one.communicate("g")[0].strip() for one in crowd)
        assert told == ["None", "m", "m", "m", "m"]
        with TicketFile(path) as store:
            assert store._db.execute("SELECT count(*) FROM ticket").fetchone() == (5,)

    def test_nonces_are_forgotten_in_time(self, tmp_path):
        with TicketFile(tmp_path / "t.sqlite") as store:
            assert store.claim("k", "n", "first", until_s=NOW + 600, now_s=NOW) is None
            assert store.claim("k", "n", "second", until_s=NOW + 900, now_s=NOW + 600) == "first"
            assert store.claim("k2", "n", "second", until_s=NOW + 900, now_s=NOW) is None
            assert store.claim("k", "n", "second", until_s=NOW + 1300, now_s=NOW + 600.5) is None

    @pytest.mark.parametrize("kind", ["text", "other database", "folder", "no folder"])
    def test_what_is_no_file_of_tickets(self, kind, tmp_path):
        path = tmp_path / "t.sqlite"
        if kind == "text":
            path.write_text("my diary " * 100)
        elif kind == "other database":
            with sqlite3.connect(path) as other:
                other.execute("CREATE TABLE diary (day TEXT)")
            other.close()
        elif kind == "folder":
            path.mkdir()
        else:
            path = tmp_path / "none" / "t.sqlite"
        before = path.read_bytes() if path.is_file() else None
        with pytest.raises(EnvironmentFault) as caught:
            TicketFile(path)
        assert caught.value.code == "tickets_failed"
        assert before == (path.read_bytes() if path.is_file() else None)

    @pytest.mark.slow
    def test_somebody_who_reads_for_too_long(self, tmp_path):
        """A program that copies the file holds it against writing: told, and afterwards it goes on."""
        path, ticket = tmp_path / "t.sqlite", new_ticket("own", "p", NOW)
        with TicketFile(path) as store:
            store.add(ticket)
            reader = sqlite3.connect(path, isolation_level=None)
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM ticket").fetchall()
            with pytest.raises(EnvironmentFault) as caught:
                settle(store, "own", answer_of(ticket))
            assert caught.value.code == "tickets_failed"
            reader.close()
            assert answered(store, ticket, NOW) is None
            assert settle(store, "own", answer_of(ticket)).verdict.outcome == "live"

    def test_closed(self, tmp_path):
        store = TicketFile(tmp_path / "t.sqlite")
        store.close()
        with pytest.raises(EnvironmentFault) as caught:
            store.add(new_ticket("own", "p", NOW))
        assert caught.value.code == "tickets_failed"


class Hand:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


class TestOwn:
    """With the session itself, on frames in which there is nobody: what counts here is whose verdict it is."""

    @pytest.fixture
    def own(self):
        clock = Hand()
        return OwnLiveness(Settings(), clock), clock

    def watched(self, own, ticket, frames=3):
        session = own.session(ticket)
        for n in range(frames):
            session.feed(np.full((120, 160, 3), 90, np.uint8), n / 15)
        return session

    def test_a_sessions_verdict_is_the_tickets(self, own):
        provider, _ = own
        ticket = provider.start("card-photo")
        assert ticket.challenge.nonce == ticket.nonce
        assert provider.result(ticket) is None
        session = self.watched(provider, ticket)
        assert isinstance(session, Session)
        verdict = provider.finish(ticket, session)
        assert (verdict.outcome, verdict.nonce) == ("inconclusive", ticket.nonce)
        assert provider.result(ticket) == verdict
        assert provider.finish(ticket, session) == verdict

    def test_no_second_try_on_one_ticket(self, own):
        provider, _ = own
        ticket = provider.start("card-photo")
        provider.finish(ticket, self.watched(provider, ticket))
        with pytest.raises(InputError) as caught:
            provider.finish(ticket, self.watched(provider, ticket, frames=5))
        assert caught.value.code == "ticket_settled"

    def test_another_challenge_than_the_tickets(self, own):
        provider, _ = own
        ticket = provider.start("card-photo")
        easy = replace(ticket.challenge, gestures=("turn-left", "turn-right"), seconds_each=99.0)
        for wrong in (easy, replace(ticket.challenge, nonce="0" * 32)):
            with pytest.raises(InputError) as caught:
                provider.finish(ticket, Session(wrong))
            assert caught.value.code == "ticket_unknown"
        assert provider.result(ticket) is None

    def test_a_ticket_made_at_home(self, own):
        provider, _ = own
        ticket = new_ticket("own", "card-photo", NOW, challenge=draw(1))
        with pytest.raises(InputError) as caught:
            provider.finish(ticket, provider.session(ticket))
        assert caught.value.code == "ticket_unknown"

    def test_too_late(self, own):
        provider, clock = own
        ticket = provider.start("card-photo")
        session = self.watched(provider, ticket)
        clock.now += LIFE + 1
        with pytest.raises(InputError) as caught:
            provider.finish(ticket, session)
        assert caught.value.code == "ticket_expired"
        assert provider.result(ticket).reasons == ("no_answer",)


THEIRS = """
from ephoto.liveness.provider import NoLiveness

def theirs(settings):
    provider = NoLiveness(lambda: 5.0)
    provider.name = "theirs"
    return provider
"""


class TestByName:
    @pytest.fixture
    def installed(self, tmp_path, monkeypatch):
        """Another package with a provider, as it lies on the disk once it is installed."""
        (tmp_path / "their_liveness.py").write_text(THEIRS)
        info = tmp_path / "their_liveness-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-liveness\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[ephoto.liveness]\ntheirs = their_liveness:theirs\n")
        monkeypatch.syspath_prepend(tmp_path)

    def test_ours(self, tmp_path):
        assert known()[:3] == ["own", "none", "remote:FILE.toml"]
        assert isinstance(build("own", Settings(), lambda: NOW), OwnLiveness)
        provider = build(f"remote:{deployment(tmp_path)}", Settings(), lambda: NOW)
        assert provider.name == "remote:acme"
        ticket = provider.start("card-photo")
        body = body_of(ticket.nonce)
        assert provider.receive("POST", PATH, "", headers_of(body, now=NOW), body).outcome == "live"
        assert provider.answer(ticket).at_s == NOW
        provider.close()

    def test_theirs(self, installed):
        provider = build("theirs", Settings(), lambda: NOW)
        assert provider.name == "theirs"
        assert provider.result(provider.start("p")).outcome == "inconclusive"
        assert "theirs" in known()

    @pytest.mark.parametrize("name", ["", "remote", "remote:", "live"])
    def test_unknown(self, name):
        with pytest.raises(UsageError) as caught:
            build(name, Settings(), lambda: NOW)
        assert caught.value.code == "engine_unknown"
        assert "own" in caught.value.values["known"]
