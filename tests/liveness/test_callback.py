"""A platform's signed callbacks, over real sockets, into real processes on one SQLite file, and all that goes wrong."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ephoto.core.edited import read_edited
from ephoto.core.errors import EphotoError, InputError
from ephoto.core.signing import Key, MemoryNonces, Verifier
from ephoto.liveness.callback import SCHEMA, default_file, defaults, read, wire
from ephoto.liveness.limits import limits
from ephoto.liveness.remote import RemoteLiveness
from ephoto.liveness.tickets import MemoryTickets
from tests.liveness.counterpart import (
    JPEG,
    KEYS,
    PATH,
    ROOT,
    Server,
    body_of,
    deployment,
    frame_text,
    headers_of,
    until,
    wire_of,
)

NOW = 1_767_225_600.0
NONCE = "0123456789abcdef0123456789abcdef"
DEFAULT = Path("callback.toml")
PAGE = (ROOT / "docs" / "providers.md").read_text("utf-8")


@pytest.fixture
def serve():
    running = []

    def start(folder):
        running.append(Server(folder))
        return running[-1]

    yield start
    for one in running:
        told = one.stop()
        assert "Traceback" not in told, told


@pytest.fixture
def server(tmp_path, serve):
    deployment(tmp_path)
    return serve(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One server for what leaves nothing behind."""
    folder = tmp_path_factory.mktemp("shared")
    deployment(folder)
    server = Server(folder)
    yield server
    assert "Traceback" not in server.stop()


def move_clock(server, seconds):
    (server.folder / "offset").write_text(str(seconds))


class TestOverSockets:
    def test_a_verdict_comes_back(self, server):
        ticket = server.start()
        assert server.result(ticket) is None
        status, verdict = server.call(body_of(ticket["nonce"], score=0.93, seconds=6.5, reference="FLOW-1"))
        assert (status, verdict["outcome"], verdict["reasons"]) == (200, "live", ["remote_live"])
        assert verdict["nonce"] == ticket["nonce"]
        assert [(cue["name"], cue["state"], cue["measured"]) for cue in verdict["cues"]] == [
            ("remote_score", "pass", 0.93)
        ]
        assert server.result(ticket) == verdict

    def test_a_connection_cut_in_the_middle_answers_nothing(self, server):
        ticket = server.start()
        body = body_of(ticket["nonce"], best_frame=frame_text())
        headers = headers_of(body)
        whole = wire_of(body, headers)
        for length in (10, len(whole) // 2, len(whole) - 1):
            server.raw(whole[:length])
        time.sleep(0.2)
        assert server.result(ticket) is None
        assert server.call(body, headers)[1]["outcome"] == "live"

    def test_a_connection_cut_before_the_answer_loses_nothing(self, server):
        """The platform cannot know that it was heard, and sends the very same bytes again."""
        ticket = server.start()
        body = body_of(ticket["nonce"], "not_live")
        headers = headers_of(body)
        server.raw(wire_of(body, headers))
        until(lambda: server.result(ticket) is not None)
        assert server.call(body, headers) == (200, server.result(ticket))

    def test_twice_delivered_and_signed_anew(self, server):
        ticket = server.start()
        body = body_of(ticket["nonce"], score=0.5)
        first = server.call(body)
        assert server.call(body) == first
        again = body_of(ticket["nonce"], score=0.5, attempt=2)  # what is not ours does not count
        assert server.call(again) == first

    def test_another_payload_for_an_answered_ticket(self, server):
        ticket = server.start()
        assert server.call(body_of(ticket["nonce"], "not_live"))[0] == 200
        for other in (body_of(ticket["nonce"]), body_of(ticket["nonce"], "not_live", score=0.1)):
            status, error = server.call(other)
            assert (status, error["code"]) == (422, "ticket_settled")
        assert server.result(ticket)["outcome"] == "not_live"

    def test_out_of_order(self, server):
        tickets = [server.start() for _ in range(4)]
        outcomes = ["live", "not_live", "inconclusive", "live"]
        for ticket, outcome in reversed(list(zip(tickets, outcomes, strict=True))):
            assert server.call(body_of(ticket["nonce"], outcome))[0] == 200
        assert [server.result(ticket)["outcome"] for ticket in tickets] == outcomes

    def test_a_wrong_key(self, server):
        ticket = server.start()
        body = body_of(ticket["nonce"])
        for headers in (headers_of(body, secret=b"somebody-else's-key"), headers_of(body, "k2")):
            status, error = server.call(body, headers)
            assert (status, error["code"]) == (401, "signature_invalid")
        assert server.result(ticket) is None

    def test_a_body_changed_on_its_way(self, server):
        ticket = server.start()
        body = body_of(ticket["nonce"], "not_live")
        status, error = server.call(body.replace(b"not_live", b"live"), headers_of(body))
        assert (status, error["code"]) == (401, "signature_invalid")
        assert server.result(ticket) is None

    def test_a_rotated_key(self, tmp_path, serve):
        deployment(tmp_path, '[[key]]\nid = "k2"\nfile = "k2.key"\n', keys=("k1", "k2"))
        both = serve(tmp_path)
        for key in ("k1", "k2"):
            body = body_of(both.start()["nonce"])
            assert both.call(body, headers_of(body, key))[0] == 200
        (tmp_path / "acme.toml").write_text('tickets = "tickets.sqlite"\n[[key]]\nid = "k2"\nfile = "k2.key"\n')
        later = serve(tmp_path)
        body = body_of(later.start()["nonce"])
        assert later.call(body, headers_of(body, "k1"))[1]["code"] == "signature_invalid"
        assert later.call(body, headers_of(body, "k2"))[0] == 200

    def test_replayed_after_the_window(self, server):
        ticket = server.start()
        body = body_of(ticket["nonce"])
        headers = headers_of(body)
        assert server.call(body, headers)[0] == 200
        move_clock(server, 301)
        status, error = server.call(body, headers)
        assert (status, error["code"]) == (401, "clock_skew")
        assert server.result(ticket)["outcome"] == "live"

    def test_from_the_future(self, server):
        body = body_of(server.start()["nonce"])
        assert server.call(body, headers_of(body, late_s=-320))[1]["code"] == "clock_skew"

    def test_a_used_nonce_under_another_message(self, server):
        """Only who has the key can do it; it is refused all the same."""
        first, second = server.start(), server.start()
        one, other = body_of(first["nonce"]), body_of(second["nonce"])
        assert server.call(one, headers_of(one, nonce=NONCE))[0] == 200
        status, error = server.call(other, headers_of(other, nonce=NONCE))
        assert (status, error["code"]) == (409, "replayed")
        assert server.result(second) is None

    def test_an_expired_ticket(self, server):
        ticket = server.start()
        move_clock(server, limits().ticket_s + 1)
        body = body_of(ticket["nonce"])
        status, error = server.call(body, headers_of(body, late_s=-limits().ticket_s))
        assert (status, error["code"]) == (410, "ticket_expired")
        assert (server.result(ticket)["outcome"], server.result(ticket)["reasons"]) == ("inconclusive", ["no_answer"])

    def test_once_told_as_unanswered_a_ticket_stays_so(self, server):
        """Also where the clock goes back, or another machine's is behind."""
        ticket = server.start()
        move_clock(server, limits().ticket_s + 1)
        assert server.result(ticket)["outcome"] == "inconclusive"
        move_clock(server, 0)
        status, error = server.call(body_of(ticket["nonce"]))
        assert (status, error["code"]) == (410, "ticket_expired")
        assert server.result(ticket)["outcome"] == "inconclusive"

    def test_an_unknown_nonce(self, server):
        status, error = server.call(body_of(NONCE))
        assert (status, error["code"]) == (404, "ticket_unknown")

    def test_a_huge_body(self, server):
        """It is refused by its size before it is read or hashed, however much is announced."""
        limit = limits().max_body_bytes
        body = b" " * (limit + 1)
        begun = time.monotonic()
        answer = server.raw(wire_of(body, headers_of(b""), length=10**12), read=True)
        assert time.monotonic() - begun < 5
        assert answer.startswith(b"HTTP/1.0 413")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "callback_too_large"

    @pytest.mark.parametrize(
        ("body", "code", "status"),
        [
            (b"", "callback_not_json", 400),
            (b"live", "callback_not_json", 400),
            (b"[1]", "callback_not_json", 400),
            (b"\xff\xfe{}", "callback_not_json", 400),
            (b'{"a": NaN}', "callback_not_json", 400),
            (b'{"outcome": "not_live", "outcome": "live"}', "callback_not_json", 400),
            (b"[" * 100_000, "callback_not_json", 400),
            (b"9" * 10_000, "callback_not_json", 400),
            (b"{}", "callback_unfit", 422),
            (body_of(NONCE, "LIVE"), "outcome_unknown", 422),
            (body_of(NONCE, 1), "outcome_unknown", 422),
            (body_of(NONCE, None), "callback_unfit", 422),
            (body_of(NONCE, schema="ephoto.liveness-callback/2"), "callback_unfit", 422),
            (body_of(NONCE[:-1]), "callback_unfit", 422),
            (body_of(NONCE, score=1.5), "callback_unfit", 422),
            (body_of(NONCE, best_frame="data:image/jpeg;base64,/9j/"), "callback_unfit", 422),
        ],
    )
    def test_bodies_that_cannot_be_taken(self, shared, body, code, status):
        told = shared.call(body)
        assert (told[0], told[1]["code"]) == (status, code)

    def test_the_best_frame_is_handed_over_once(self, server, tmp_path):
        ticket = server.start()
        assert server.best(ticket) is None
        body = body_of(ticket["nonce"], best_frame=frame_text())
        assert server.call(body)[0] == 200
        assert server.best(ticket) == frame_text()
        assert server.best(ticket) is None
        assert server.call(body)[0] == 200  # delivered again, it does not come back
        assert server.best(ticket) is None
        assert JPEG[4:200] not in (tmp_path / "tickets.sqlite").read_bytes()  # nor is it left in the file
        told = server.stop()
        assert frame_text()[:40] not in told
        assert ticket["nonce"] not in told

    def test_no_frame_is_kept_unless_asked(self, tmp_path, serve):
        path = deployment(tmp_path)
        path.write_text(path.read_text().replace("best_frame = true", ""))
        server = serve(tmp_path)
        ticket = server.start()
        assert server.call(body_of(ticket["nonce"], best_frame=frame_text()))[0] == 200
        assert server.best(ticket) is None
        assert JPEG[4:200] not in (tmp_path / "tickets.sqlite").read_bytes()

    def test_a_server_killed_after_its_answer_has_kept_it(self, tmp_path, serve):
        deployment(tmp_path)
        first = serve(tmp_path)
        ticket = first.start()
        body = body_of(ticket["nonce"])
        headers = headers_of(body)
        told = first.call(body, headers)
        first.process.kill()
        second = serve(tmp_path)
        assert second.result(ticket) == told[1]
        assert second.call(body, headers) == told


class TestTwoServersOnOneFile:
    @pytest.fixture
    def pair(self, tmp_path, serve):
        deployment(tmp_path)
        return serve(tmp_path), serve(tmp_path)

    def test_started_here_answered_there(self, pair):
        here, there = pair
        ticket = here.start()
        assert there.call(body_of(ticket["nonce"], "not_live"))[0] == 200
        assert here.result(ticket)["outcome"] == "not_live"

    def test_the_same_bytes_to_both_at_once(self, pair):
        ticket = pair[0].start()
        body = body_of(ticket["nonce"], score=0.75)
        headers = headers_of(body)
        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(lambda n: pair[n % 2].call(body, headers), range(16)))
        assert {status for status, _ in told} == {200}
        assert all(verdict == told[0][1] for _, verdict in told)

    def test_two_answers_at_once_and_one_is_kept(self, pair):
        """Whoever is first decides; the other one is refused by both servers from then on."""
        for _ in range(6):
            ticket = pair[0].start()
            bodies = [body_of(ticket["nonce"], outcome) for outcome in ("live", "not_live")]
            gate = threading.Barrier(4)

            def bring(n, bodies=bodies, gate=gate):
                gate.wait()
                return n % 2, pair[n // 2].call(bodies[n % 2])

            with ThreadPoolExecutor(4) as pool:
                told = list(pool.map(bring, range(4)))
            kept = pair[1].result(ticket)["outcome"]
            for which, (status, answer) in told:
                if ("live", "not_live")[which] == kept:
                    assert (status, answer["outcome"]) == (200, kept)
                else:
                    assert (status, answer["code"]) == (422, "ticket_settled")

    def test_one_nonce_under_two_messages_at_once(self, pair):
        tickets = [pair[0].start(), pair[0].start()]
        bodies = [body_of(ticket["nonce"]) for ticket in tickets]
        with ThreadPoolExecutor(2) as pool:
            told = list(pool.map(lambda n: pair[n].call(bodies[n], headers_of(bodies[n], nonce=NONCE)), range(2)))
        assert sorted(status for status, _ in told) == [200, 409]

    def test_many_tickets_from_many_sides(self, pair):
        with ThreadPoolExecutor(6) as pool:
            tickets = list(pool.map(lambda n: pair[n % 2].start(), range(24)))
            list(pool.map(lambda n: pair[1 - n % 2].call(body_of(tickets[n]["nonce"])), range(24)))
            outcomes = list(pool.map(lambda n: pair[n % 2].result(tickets[n])["outcome"], range(24)))
        assert outcomes == ["live"] * 24

    @pytest.mark.slow
    def test_a_busy_file_is_told_and_the_callback_can_come_again(self, pair, tmp_path):
        """Another program that holds the file for too long: 503, and later it goes on."""
        ticket = pair[0].start()
        body = body_of(ticket["nonce"])
        headers = headers_of(body)
        with ThreadPoolExecutor(1) as pool:
            holder = sqlite3.connect(tmp_path / "tickets.sqlite", isolation_level=None)
            holder.execute("BEGIN EXCLUSIVE")
            waiting = pool.submit(pair[0].call, body, headers)
            status, error = waiting.result()
            holder.execute("ROLLBACK")
            holder.close()
        assert (status, error["code"]) == (503, "tickets_failed")
        assert pair[0].call(body, headers)[1]["outcome"] == "live"


@pytest.fixture
def remote():
    """A provider in this process, whose clock is the list's one number."""
    now = [NOW]
    verifier = Verifier((Key("k1", KEYS["k1"]),), lambda: now[0], MemoryNonces())
    by = wire(read_edited(DEFAULT, ""))
    return RemoteLiveness(by, verifier, MemoryTickets(), lambda: now[0]), now


PARTS = ["body", "signature", "nonce", "timestamp", "key", "path", "method", "query", "late", "expired", "other ticket"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PARTS), st.integers(0, 10_000), st.integers(1, 255))
def test_never_live_for_what_is_not_signed_fresh_known_and_unused(remote, part, place, change):
    """Any one thing wrong with a callback that says live: it is refused, and the ticket has no live verdict."""
    provider, now = remote
    now[0] = NOW
    ticket = provider.start("card-photo")
    body = body_of(NONCE if part == "other ticket" else ticket.nonce)
    headers = headers_of(body, now=NOW)
    call = {"method": "POST", "path": PATH, "query": "", "headers": headers, "body": body}
    if part == "body":
        spoilt = bytearray(body)
        spoilt[place % len(body)] ^= change
        call["body"] = bytes(spoilt)
    elif part in ("signature", "nonce", "timestamp", "key"):
        name = "Ephoto-Key-Id" if part == "key" else f"Ephoto-{part.title()}"
        value = headers[name]
        at = place % len(value)
        call["headers"] = headers | {name: value[:at] + chr(ord(value[at]) ^ change) + value[at + 1 :]}
    elif part in ("path", "query"):
        call[part] += f"/{change}"
    elif part == "method":
        call["method"] = "PUT"
    elif part == "late":
        now[0] = NOW + 300 + change
    elif part == "expired":
        now[0] = NOW + limits().ticket_s + change
        call["headers"] = headers_of(body, now=now[0])
    with pytest.raises(InputError):
        provider.receive(**call)
    verdict = provider.result(ticket)
    assert verdict is None or verdict.outcome == "inconclusive"


@pytest.fixture(scope="module")
def schema():
    jsonschema = pytest.importorskip("jsonschema")
    found = json.loads(files("ephoto.liveness").joinpath("callback.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


WORDS = st.one_of(st.sampled_from(["live", "spoof", "x" * 64, "x" * 65, ""]), st.text(max_size=5))
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 4000), st.floats(-1, 3700), WORDS, st.lists(WORDS, max_size=18),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip
CALLBACKS = st.fixed_dictionaries(
    {
        "schema": st.one_of(st.just(SCHEMA), st.just(SCHEMA), ANYTHING),
        "nonce": st.one_of(st.just(NONCE), st.text("0123456789abcdefA", min_size=31, max_size=33), ANYTHING),
        "outcome": st.one_of(st.sampled_from(["live", "not_live", "inconclusive"]), ANYTHING),
    },
    optional={
        "reasons": ANYTHING,
        "score": st.one_of(st.floats(0, 1), ANYTHING),
        "seconds": st.one_of(st.floats(0, 3600), ANYTHING),
        "reference": st.one_of(st.text("!~aZ09é ", max_size=130), ANYTHING),
        "best_frame": st.one_of(st.just(frame_text()), st.text("/9j=AZ", max_size=12).map("/9j/".__add__), ANYTHING),
        "more": ANYTHING,
    },
)


@settings(max_examples=600)
@given(CALLBACKS)
def test_what_is_taken_is_what_the_schema_says(schema, callback):
    by = wire(read_edited(DEFAULT, ""))
    try:
        taken = read(json.dumps(callback).encode(), by) is not None
    except InputError:
        taken = False
    assert taken == schema.is_valid(callback)


def test_the_limits_of_the_schema_are_those_of_the_receiver(schema):
    most = limits().max_frame_bytes
    assert schema.schema["properties"]["best_frame"]["maxLength"] == 4 * -(-most // 3)
    by = wire(read_edited(DEFAULT, ""))
    for size, fits in ((most, True), (most + 1, False)):
        body = body_of(NONCE, best_frame=frame_text(JPEG[:4] + bytes(size - 4)))
        assert len(body) < limits().max_body_bytes
        if fits:
            assert len(read(body, by).frame) == size
            continue
        with pytest.raises(InputError) as caught:
            read(body, by)
        assert caught.value.values["field"] == "best_frame"


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body):
    with pytest.raises(InputError):
        read(body, wire(read_edited(DEFAULT, "")))


MAPPING = """
full_score = 100.0
[fields]
schema = ""
nonce = "data.bizToken"
outcome = "data.result.code"
reasons = "data.result.why"
score = "data.result.score"
reference = "flowNo"
seconds = ""
best_frame = "data.image"
[outcomes]
0 = "live"
"1001" = "not_live"
true = "live"
TIMEOUT = "inconclusive"
[reasons]
E7 = "flat"
"""


@pytest.mark.parametrize(
    ("code", "outcome"), [(0, "live"), ("0", "live"), (1001, "not_live"), (True, "live"), ("TIMEOUT", "inconclusive")]
)
def test_a_platforms_own_names_and_words(code, outcome):
    by = wire(read_edited(DEFAULT, MAPPING.replace('E7 = "flat"', 'E7 = "no_answer"')))
    told = {
        "flowNo": "F-7",
        "seconds": "not ours",
        "data": {"bizToken": NONCE, "image": frame_text(), "result": {"code": code, "score": 87, "why": ["E7", "E8"]}},
    }
    got = read(json.dumps(told).encode(), by)
    assert (got.nonce, got.outcome, got.reference, got.frame) == (NONCE, outcome, "F-7", JPEG)
    assert (got.score, got.reasons) == (0.87, ("no_answer",))
    assert got.verdict().reasons == (f"remote_{outcome}", "no_answer")


@pytest.mark.parametrize("code", [False, 1, "00", "live", 0.0, [0], {}, None])
def test_words_that_the_mapping_has_not(code):
    by = wire(read_edited(DEFAULT, MAPPING.replace('E7 = "flat"', "")))
    told = {"data": {"bizToken": NONCE, "result": {"code": code}}}
    with pytest.raises(InputError) as caught:
        read(json.dumps(told).encode(), by)
    assert caught.value.code in ("outcome_unknown", "callback_unfit")


@pytest.mark.parametrize("word", ["张伟", "11010519491231002X", "x" * 40, "a\nb"])
def test_a_strange_outcome_is_not_repeated(word):
    with pytest.raises(InputError) as caught:
        read(body_of(NONCE, word), wire(read_edited(DEFAULT, "")))
    assert word not in str(caught.value)
    assert caught.value.values["word"] == "..."


@given(CALLBACKS)
def test_what_is_read_can_be_kept_and_told(callback):
    """Whatever a callback says that is taken, its verdict goes through JSON and back unchanged."""
    from ephoto.liveness.tickets import Answer

    try:
        told = read(json.dumps(callback).encode(), wire(read_edited(DEFAULT, "")))
    except InputError:
        return
    answer = Answer(told.mark, told.verdict(), 1.5, told.reference)
    assert Answer.from_dict(json.loads(json.dumps(answer.to_dict()))) == answer


def test_the_default_mapping_says_what_its_comments_promise():
    """Every key of the file is known to the loader, and taking it over changes nothing."""
    edited = read_edited(DEFAULT, default_file())
    assert wire(edited) == wire(read_edited(DEFAULT, ""))
    assert set(defaults()) == {
        "url", "tickets", "best_frame", "window_s", "full_score", "fields", "outcomes", "reasons"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ("wrong = 1", "wrong"),
        ("best_frame = 1", "best_frame"),
        ("window_s = 0", "window_s"),
        ("window_s = 1e9", "window_s"),
        ("window_s = nan", "window_s"),
        ("full_score = inf", "full_score"),
        ("fields = 3", "fields"),
        ('[fields]\nnonce = ""', "fields.nonce"),
        ('[fields]\nnonse = "a"', "fields.nonse"),
        ("[fields]\nscore = 1", "fields.score"),
        ('[outcomes]\nok = "alive"', "outcomes.ok"),
        ('[reasons]\nx = "no_such_reason"', "reasons.x"),
        ('[key]\nid = "k1"', "key"),
        ('[[key]]\nid = "k1"', "key.file"),
        ('[[key]]\nid = "k1"\nfile = "k1.key"\nfiles = 1', "key.files"),
        ("a b", "-"),
        ("", "key"),
    ],
)
def test_mappings_that_cannot_be_right(more, key, tmp_path):
    deployment(tmp_path)
    path = tmp_path / "own.toml"
    path.write_text(more, "utf-8")
    with pytest.raises(EphotoError) as caught:
        RemoteLiveness.from_file(path, lambda: NOW)
    assert (caught.value.code, caught.value.values["key"]) == ("settings_invalid", key)


@pytest.mark.parametrize("missing", ["acme.toml", "k1.key"])
def test_files_that_are_not_there(missing, tmp_path):
    path = deployment(tmp_path)
    (tmp_path / missing).unlink()
    with pytest.raises(InputError) as caught:
        RemoteLiveness.from_file(path, lambda: NOW)
    assert caught.value.code == "not_readable"
    assert missing in caught.value.message()


def test_two_platforms_on_one_file_of_tickets_do_not_answer_for_each_other(tmp_path):
    path = deployment(tmp_path)
    other = tmp_path / "other.toml"
    other.write_text(path.read_text())
    acme, rival = (RemoteLiveness.from_file(one, lambda: NOW) for one in (path, other))
    ticket = acme.start("card-photo")
    body = body_of(ticket.nonce)
    with pytest.raises(InputError) as caught:
        rival.receive("POST", PATH, "", headers_of(body, now=NOW), body)
    assert caught.value.code == "ticket_unknown"
    assert acme.receive("POST", PATH, "", headers_of(body, now=NOW), body).outcome == "live"
    acme.close()
    rival.close()


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_on_providers_runs(tmp_path, monkeypatch):
    """Its platform's file as it stands, and its Python one block after the other."""
    (tmp_path / "acme.toml").write_text(blocks("toml")[0], "utf-8")
    (tmp_path / "callback-2026-01.key").write_bytes(b"a-key-of-thirty-two-bytes-or-so!\n")
    monkeypatch.chdir(tmp_path)
    done = {}
    for block in blocks("python"):
        exec(block, done)
    assert done["ticket"].url == f"https://platform.example/face?state={done['ticket'].nonce}"
    assert [cue.measured for cue in done["verdict"].cues] == [0.97]


def test_the_page_on_providers_has_every_refusal_and_its_status():
    told = {}
    for codes, answers in re.findall(r"^\| (`[a-z_`, ]+`) \| ([0-9, ]+) \|", PAGE, re.MULTILINE):
        told |= dict(zip(re.findall("[a-z_]+", codes), map(int, answers.split(",")), strict=True))
    assert told == limits().status | {"tickets_failed": 503}


def test_the_page_on_providers_has_the_defaults_of_passive_models():
    told = tomllib.loads(blocks("toml")[1])
    own = tomllib.loads(files("ephoto.liveness").joinpath("passive.toml").read_text("utf-8"))
    assert told == {name: own[name] for name in told}


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_the_file_of_tickets_is_its_owners_alone(tmp_path):
    RemoteLiveness.from_file(deployment(tmp_path), lambda: NOW).close()
    assert stat.S_IMODE((tmp_path / "tickets.sqlite").stat().st_mode) == 0o600
