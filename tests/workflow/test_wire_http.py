"""The HTTP client against real servers: what is sent again and what is not, for how long, and what is never told."""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from ephoto.core.errors import EnvironmentFault, EphotoError, InputError
from ephoto.core.signing import HEADERS, Key, MemoryNonces, Signer, Verifier
from ephoto.workflow.wire.http import Client
from ephoto.workflow.wire.limits import limits
from ephoto.workflow.wire.refusals import masked_detail
from ephoto.workflow.wire.retrying import Patience, is_passing, retry_after_s
from ephoto.workflow.wire.transport import Http
from tests.workflow.servers import answer, counterpart, problem

NOW = 1767225600.0
KEY = Key("office-1", b"a-key-that-is-not-secret")
PERSON = {"name": "测试甲", "id_number": "119900198802290011"}
BODY = json.dumps(PERSON, ensure_ascii=False).encode()
GOOD = answer(200, b'{"ok":true}')


class Waits(list):
    """Sleeps without sleeping, and remembers."""

    def __call__(self, seconds):
        self.append(seconds)


def client(url, *, waits=None, rng=lambda: 1.0, signer=True, **more):
    by = Signer(KEY, lambda: NOW) if signer else None
    options = {"timeout_s": 5.0, "retries": 3, "max_backoff_s": 30.0} | more
    return Client(Http(url, **options), by, lambda: NOW, Waits() if waits is None else waits, rng)


def post(one, **more):
    return one.send("POST", "/v1/applications", BODY, "application/json", **({"idempotency_key": "key-0001"} | more))


def test_a_request_arrives_signed_and_whole():
    with counterpart(GOOD) as server, client(server.url) as one:
        got = post(one, query="b=2&a=%2F1")
    seen = server.seen[0]
    assert (got.status, got.body) == (200, b'{"ok":true}')
    assert (seen.method, seen.target, seen.body) == ("POST", "/v1/applications?b=2&a=%2F1", BODY)
    assert seen.headers["idempotency-key"] == "key-0001"
    assert seen.headers["content-type"] == "application/json"
    verifier = Verifier((KEY,), lambda: NOW, MemoryNonces())
    verifier.verify(seen.method, seen.path, seen.query, seen.headers, seen.body)


def test_a_path_in_front_of_all_requests_is_signed_as_it_is_sent():
    with counterpart(GOOD) as server, client(server.url + "/gateway/x") as one:
        post(one)
    seen = server.seen[0]
    assert seen.target == "/gateway/x/v1/applications"
    Verifier((KEY,), lambda: NOW, MemoryNonces()).verify("POST", seen.path, "", seen.headers, seen.body)


@pytest.mark.parametrize(
    "failure",
    [
        "cut first",
        "cut",
        "reset",
        "half",
        "garbage",
        answer(503, b"busy"),
        answer(500, b"oops", content_type="text/plain"),
        answer(502, b"<html>bad gateway</html>"),
        answer(408, b""),
        answer(425, b""),
        answer(429, b""),
        answer(409, b""),
        problem(409, "wf.in_progress"),
    ],
    ids=lambda f: f if isinstance(f, str) else f[9:12].decode() + ("p" if b"problem" in f else ""),
)
def test_a_failure_that_may_pass_is_tried_again_with_the_same_key_and_a_fresh_nonce(failure):
    with counterpart(failure, failure, GOOD) as server, client(server.url) as one:
        assert post(one).status == 200
    assert server.connections == 3
    assert {seen.headers["idempotency-key"] for seen in server.seen} == {"key-0001"}
    assert {seen.body for seen in server.seen} == {BODY}
    nonces = [seen.headers[HEADERS.nonce.lower()] for seen in server.seen]
    assert len(set(nonces)) == len(nonces)
    verifier = Verifier((KEY,), lambda: NOW, MemoryNonces())
    for seen in server.seen:
        verifier.verify(seen.method, seen.path, seen.query, seen.headers, seen.body)


@pytest.mark.parametrize("failure", ["cut", "reset", "half", "garbage", answer(503, b"")], ids=repr)
def test_without_an_idempotency_key_nothing_is_sent_twice(failure):
    with counterpart(failure, GOOD) as server, client(server.url) as one, pytest.raises(EnvironmentFault) as caught:
        one.send("POST", "/v1/applications", BODY, "application/json")
    assert caught.value.code == "target_unreachable"
    assert server.connections == 1


def test_a_get_is_tried_again():
    with counterpart("cut", answer(503, b""), GOOD) as server, client(server.url) as one:
        assert one.send("GET", "/v1/events", query="cursor=1").status == 200
    assert [seen.method for seen in server.seen] == ["GET", "GET", "GET"]


def test_no_connection_is_tried_again_even_without_a_key():
    """The server has surely not read anything."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    waits = Waits()
    with client(f"http://127.0.0.1:{port}", waits=waits) as one, pytest.raises(EnvironmentFault) as caught:
        one.send("POST", "/x", b"")
    assert caught.value.values["problem"] == "there is no connection"
    assert caught.value.values["tried"] == 4
    assert len(waits) == 3


def test_it_gives_up_after_its_tries_and_says_why():
    with counterpart(answer(503, b"")) as server, client(server.url) as one, pytest.raises(EnvironmentFault) as caught:
        post(one)
    assert caught.value.values["problem"] == "it answers 503"
    assert server.connections == 4


def test_waits_double_up_to_the_longest():
    waits = Waits()
    patient = {"waits": waits, "retries": 8, "max_backoff_s": 9.0}
    with counterpart(answer(503, b"")) as server, client(server.url, **patient) as one, pytest.raises(EnvironmentFault):
        post(one)
    first = limits().first_backoff_s
    assert waits == [min(9.0, first * 2**k) for k in range(8)]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7.0),
        ("Thu, 01 Jan 2026 00:00:12 GMT", 12.0),
        ("100000", 30.0),
        ("Wed, 31 Dec 2025 23:59:00 GMT", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
    ],
)
def test_what_a_server_asks_for_is_waited_for_up_to_a_bound(header, expected):
    waits = Waits()
    asks = answer(503, b"", retry_after=header)
    with counterpart(asks, GOOD) as server, client(server.url, waits=waits, rng=lambda: 0.0) as one:
        post(one)
    assert waits == [expected]


@given(st.integers(1, 50), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 1e6)), st.floats(0.1, 100))
def test_a_wait_is_never_longer_than_the_longest(tried, chance, asked, most):
    wait = Patience(5, most, lambda: chance).wait_s(tried, asked)
    assert 0 <= wait <= most
    assert wait >= min(most, asked or 0.0)


@given(st.text(max_size=60))
def test_any_retry_after_is_a_time_or_nothing(text):
    told = retry_after_s(text, NOW)
    assert told is None or told >= 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 501])
def test_a_refusal_is_final_and_has_the_targets_code(status):
    refused = problem(
        status, "wf.duplicate_application", errors=[{"pointer": "/applicant", "code": "wf.name_mismatch"}]
    )
    with counterpart(refused, GOOD) as server, client(server.url) as one, pytest.raises(InputError) as caught:
        post(one)
    assert server.connections == 1
    assert caught.value.code == "wf.duplicate_application"
    assert caught.value.values["status"] == status
    assert caught.value.values["faults"] == ["/applicant (wf.name_mismatch)"]


def test_each_code_of_the_workflow_can_be_said_by_a_target():
    """Sentences whose values a target does not give are filled all the same, in both languages."""
    from ephoto.core.messages import codes

    with counterpart(lambda seen: problem(400, "wf." + seen.query)) as server, client(server.url) as one:
        for code in sorted(codes("wf")):
            with pytest.raises(InputError) as caught:
                one.send("GET", "/x", query=code)
            assert caught.value.code == f"wf.{code}"
            assert all((caught.value.message(), caught.value.message("zh"), caught.value.hint("zh")))


@pytest.mark.parametrize(
    "told",
    [
        answer(400, b"<html>no</html>", content_type="text/html"),
        answer(400, b"", content_type="application/problem+json"),
        answer(400, b"[1]", content_type="application/problem+json"),
        answer(400, b'{"code":7}', content_type="application/problem+json"),
        problem(400, "wf.no_such_code"),
        problem(400, "E-17"),
        answer(400, b"[" * 100_000, content_type="application/problem+json"),
    ],
    ids=["html", "empty", "list", "number", "unknown", "own code", "deep"],
)
def test_a_refusal_in_other_words_is_a_refusal(told):
    with counterpart(told) as server, client(server.url) as one, pytest.raises(InputError) as caught:
        post(one)
    assert caught.value.code == "wf.rejected_by_target"


def test_what_a_target_says_is_kept_without_what_is_personal():
    detail = "证件 1199 0019 8802 2900 11 与姓名 测试甲 不符\x1b[31m" + "x" * 500
    refused = problem(422, "wf.name_mismatch", detail)
    with counterpart(refused) as server, client(server.url) as one, pytest.raises(InputError) as caught:
        post(one, private=["测试甲", "119900198802290011"])
    kept = caught.value.values["detail"]
    assert kept.startswith("证件 *** 与姓名 *** 不符")
    assert len(kept) <= 200
    assert "\x1b" not in kept
    assert "测试甲" not in repr(caught.value.values)


@given(st.text(max_size=300), st.text(alphabet="0123456789", min_size=6, max_size=20))
def test_no_long_number_survives_in_a_detail(text, number):
    kept = masked_detail(f"{text}{number}{text}")
    assert number not in kept
    assert len(kept) <= 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status):
    """What is signed for one place, and personal, goes to no other."""
    with (
        counterpart(GOOD) as other,
        counterpart(answer(status, b"", location=other.url + "/x")) as server,
        client(server.url) as one,
        pytest.raises(EnvironmentFault) as caught,
    ):
        post(one)
    assert caught.value.code == "target_nonsense"
    assert (server.connections, other.seen) == (1, [])


def test_a_server_that_says_nothing_is_given_up_in_time():
    with counterpart("slow", slow_s=20) as server, client(server.url, timeout_s=0.3, retries=1) as one:
        begun = time.monotonic()
        with pytest.raises(EnvironmentFault) as caught:
            post(one)
        assert time.monotonic() - begun < 5
    assert caught.value.values["problem"] == "it was too slow"
    assert server.connections == 2


@pytest.mark.parametrize("how", ["drip", "drip head"])
def test_a_server_that_sends_a_byte_now_and_then_is_given_up_in_time(how):
    """Though no byte is late."""
    with counterpart(how, slow_s=20) as server, client(server.url, timeout_s=0.5, retries=0) as one:
        begun = time.monotonic()
        with pytest.raises(EnvironmentFault) as caught:
            post(one)
        assert time.monotonic() - begun < 5
    assert caught.value.values["problem"] == "it was too slow"


def test_no_thread_outlives_its_request():
    before = threading.active_count()
    with counterpart(GOOD) as server, client(server.url, timeout_s=600) as one:
        for _ in range(5):
            post(one)
    end = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() <= before


@pytest.mark.parametrize("key", ["a b", "测试", "a\r\nb: c", "x" * 256])
@pytest.mark.parametrize("signer", [True, False])
def test_an_idempotency_key_that_no_header_can_hold_never_leaves(key, signer):
    with counterpart(GOOD) as server, client(server.url, signer=signer) as one, pytest.raises(InputError) as caught:
        post(one, idempotency_key=key)
    assert caught.value.code == "signature_invalid"
    assert server.seen == []


def test_an_answer_without_an_end_is_not_held():
    with counterpart("huge") as server, client(server.url, retries=2) as one, pytest.raises(EnvironmentFault) as caught:
        post(one)
    assert caught.value.code == "target_nonsense"
    assert server.connections == 1


def test_a_packed_answer_is_not_unpacked():
    """Nothing packed is asked for, so a bomb stays as small as it was sent."""
    import zlib

    bomb = zlib.compress(b"0" * 50_000_000)
    with counterpart(answer(200, bomb, content_encoding="deflate")) as server, client(server.url) as one:
        got = post(one)
    assert got.body == bomb
    assert server.seen[0].headers["accept-encoding"] == "identity"


def test_proxies_and_the_environment_are_not_asked(monkeypatch):
    """Loopback itself: with a proxy that httpx would take from the environment, nothing would arrive."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    with counterpart(GOOD) as server, client(server.url) as one:
        assert post(one).status == 200


def test_nothing_personal_and_no_key_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    refused = problem(422, "wf.name_mismatch", "测试甲 119900198802290011")
    with counterpart("cut", answer(503, b""), refused) as server, client(server.url) as one, pytest.raises(InputError):
        post(one, private=["测试甲"])
    told = caplog.text + "".join(map(repr, (one, server.url)))
    for secret in (*PERSON.values(), KEY.secret.decode(), "\\u6d4b"):
        assert secret not in told


def test_errors_answers_and_clients_show_no_body():
    with counterpart(answer(200, BODY)) as server, client(server.url) as one:
        got = post(one)
    for shown in (repr(got), repr(one), str(got)):
        assert "119900198802290011" not in shown


def test_a_client_is_used_by_several_threads():
    with counterpart(GOOD) as server, client(server.url) as one:
        threads = [threading.Thread(target=post, args=(one,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert len({seen.headers[HEADERS.nonce.lower()] for seen in server.seen}) == 8


@given(st.integers(100, 599), st.sampled_from(["", "wf.in_progress", "wf.name_mismatch"]))
def test_only_passing_answers_are_tried_again(status, code):
    passing = is_passing(status, code)
    assert passing == (status in (408, 425, 429) or (status == 409 and code != "wf.name_mismatch")
                       or (status >= 500 and status not in (501, 505)))  # fmt: skip


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that signs itself, by the openssl program."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl program")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "cert.pem", folder / "key.pem"


def tls_server(certificate, answers=1, *, wants=None):
    """A server that speaks TLS, for some connections; those that fail count."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certificate))
    if wants:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(str(wants))
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        for _ in range(answers):
            connection, _ = listening.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as wrapped:
                    wrapped.recv(65536)
                    wrapped.sendall(GOOD)
            except OSError:
                connection.close()
        listening.close()

    thread = threading.Thread(target=serve)
    thread.start()
    return f"https://127.0.0.1:{listening.getsockname()[1]}", thread


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(certificate):
    url, thread = tls_server(certificate)
    with client(url) as one, pytest.raises(EnvironmentFault) as caught:
        post(one)
    thread.join(10)
    assert caught.value.values["problem"] == "its certificate is not trusted"
    assert caught.value.values["tried"] == 1


def test_a_certificate_that_the_file_vouches_for_is_taken_whatever_the_environment_says(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    url, thread = tls_server(certificate)
    with client(url, ca_file=certificate[0]) as one:
        assert one.send("GET", "/x").status == 200
    thread.join(10)


def test_a_server_that_is_slow_behind_tls_is_given_up_in_time(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certificate))
    listening, ended = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve():
        connection, _ = listening.accept()
        with connection, context.wrap_socket(connection, server_side=True) as wrapped, suppress(OSError):
            wrapped.recv(65536)
            wrapped.sendall(b"HTTP/1.1 200 OK\r\nx: ")
            while not ended.wait(0.05):
                wrapped.sendall(b"y")

    thread = threading.Thread(target=serve)
    thread.start()
    url = f"https://127.0.0.1:{listening.getsockname()[1]}"
    begun = time.monotonic()
    with listening, client(url, ca_file=certificate[0], timeout_s=0.5, retries=0) as one:
        with pytest.raises(EnvironmentFault) as caught:
            one.send("GET", "/x")
        took = time.monotonic() - begun
        ended.set()
        thread.join(10)
    assert caught.value.values["problem"] == "it was too slow"
    assert took < 5


def test_our_own_certificate_is_shown_where_it_is_asked_for(certificate):
    url, thread = tls_server(certificate, wants=certificate[0])
    cert, key = certificate
    with client(url, ca_file=cert, cert_file=cert, key_file=key) as one:
        assert one.send("GET", "/x").status == 200
    thread.join(10)


def test_a_key_behind_a_passphrase_is_told_and_nobody_is_asked_for_it(certificate, tmp_path):
    cert, key = certificate
    closed = serialization.BestAvailableEncryption(b"secret")
    read = serialization.load_pem_private_key(key.read_bytes(), None)
    pem = read.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closed)
    (tmp_path / "closed.pem").write_bytes(pem)
    with pytest.raises(EphotoError) as caught:
        client("https://127.0.0.1:1", ca_file=cert, cert_file=cert, key_file=tmp_path / "closed.pem")
    assert caught.value.code == "not_readable"


@pytest.mark.parametrize("wrong", ["missing.pem", "text.pem"])
def test_a_certificate_file_that_is_none_is_told(wrong, tmp_path):
    (tmp_path / "text.pem").write_text("no certificate")
    with pytest.raises(EphotoError) as caught:
        client("https://127.0.0.1:1", ca_file=tmp_path / wrong)
    assert caught.value.code == "not_readable"
