"""The webhook over real sockets: signatures, replays, slow, oversized and cut messages, and an end in good order."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from ephoto.core.errors import EnvironmentFault, UsageError
from ephoto.core.settings import Settings
from ephoto.core.signing import Key, MemoryNonces, Verifier
from ephoto.workflow.adapters.activation import app, webhook
from ephoto.workflow.adapters.listening import LOOPBACK, serve
from ephoto.workflow.problems import limits
from ephoto.workflow.receiving import Receiver
from ephoto.workflow.wire.mapping import load_mapping
from ephoto.workflow.wire.signing import verifier as verifier_of
from tests.liveness.counterpart import ROOT
from tests.workflow.senders import KEYS, PATH, Book, body_of, listening, raw, send, signed
from tests.workflow.subscribers import mapping_of


def receiver_of(book, **more):
    keys = tuple(Key(name, secret) for name, secret in KEYS.items())
    return Receiver(book.record, Verifier(keys, time.time, MemoryNonces()), source="bank", **more)


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def bugs():
    return []


@pytest.fixture
def port(book, bugs):
    with listening(app(receiver_of(book), bugs.append)) as number:
        yield number


@contextmanager
def limited(book, **changes):
    """A server with shorter times than those of receiving.toml."""
    short = replace(limits(), **changes)
    with listening(app(receiver_of(book), most=short), most=short) as number:
        yield number


def head_of(body, *, length=None, headers=None):
    """A request's head as bytes."""
    sent = {"Host": "x", "Content-Length": len(body) if length is None else length} | (headers or signed(body))
    return f"POST {PATH} HTTP/1.1\r\n".encode() + b"".join(f"{k}: {v}\r\n".encode() for k, v in sent.items()) + b"\r\n"


def test_a_signed_event_is_recorded_and_a_redelivery_is_a_duplicate(book, port):
    assert send(port, body_of())[::2] == (200, {"status": "applied"})
    assert send(port, body_of())[::2] == (200, {"status": "duplicate"})
    assert list(book.events) == ["01JZ0000EVENT0001"]


def test_a_client_of_another_make_is_understood(port):
    with httpx.Client(trust_env=False) as client:
        answer = client.post(f"http://127.0.0.1:{port}{PATH}", content=body_of(), headers=signed(body_of()))
    assert (answer.status_code, answer.json()) == (200, {"status": "applied"})
    assert "server" not in answer.headers


def test_path_and_query_are_verified_as_they_stand_in_the_request_line(port):
    body = body_of()
    query = "b=%2F&a=1&a=%E5%BC%A0"
    sorted_ = "a=%E5%BC%A0&a=1&b=%2F"
    assert send(port, body, signed(body, query=sorted_), path=f"{PATH}?{query}")[0] == 200
    assert send(port, body, signed(body, query="b=/&a=1&a=x"), path=f"{PATH}?{query}")[0] == 401
    assert send(port, body, signed(body), path="/v1/%65vents")[0] == 404


def test_wrong_signatures_and_replays_are_refused(book, port):
    body = body_of()
    headers = signed(body)
    status, answered, told = send(port, body, headers | {"Ephoto-Signature": "0" * 64})
    assert (status, told["code"], answered["www-authenticate"]) == (401, "wf.signature_invalid", "Ephoto-Signature")
    assert send(port, body, signed(body, late_s=400))[2]["code"] == "wf.clock_skew"
    assert not book.events
    assert send(port, body, headers)[0] == 200
    assert send(port, body, headers)[2]["code"] == "wf.replay"
    assert send(port, body_of(branch_code="B2"), headers)[2]["code"] == "wf.signature_invalid"
    assert len(book.events) == 1


def test_a_header_that_comes_twice_is_refused(book, port):
    body = body_of()
    twice = head_of(body).replace(b"\r\n\r\n", b"\r\nEphoto-Key-Id: k2\r\nConnection: close\r\n\r\n")
    assert raw(port, twice + body).startswith(b"HTTP/1.1 401")
    assert not book.events


def test_one_replayed_message_from_many_at_once_is_recorded_once(book, port):
    body = body_of()
    headers = signed(body)
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: send(port, body, headers)[0], range(16)))
    assert sorted(statuses) == [200] + [401] * 15
    assert len(book.events) == 1


def test_many_events_at_once_are_each_recorded(book, port):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: send(port, body_of(f"01JZ0000EVENT{n:04}"))[2], range(60)))
    assert answers == [{"status": "applied"}] * 60
    assert len(book.events) == 60


def test_a_body_that_says_it_is_too_large_is_refused_unread(port):
    answer = raw(port, head_of(b"", length=10**9))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"wf.body_too_large" in answer


def test_a_body_in_pieces_without_a_length_is_refused_where_it_is_too_large(port):
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    answer = raw(port, head + piece * 5)
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_slow_body_is_told_so_and_hung_up_on(book):
    body = body_of()
    with limited(book, body_s=0.5) as port:
        start = time.monotonic()
        answer = raw(port, head_of(body) + body[:10])
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"wf.too_slow" in answer
        assert time.monotonic() - start < 10
        assert not book.events


@pytest.mark.parametrize("first", [b"", b"POST /v1/ev", f"POST {PATH} HTTP/1.1\r\nHost: x\r\n".encode()])
def test_a_line_that_says_nothing_is_hung_up_on(book, first):
    with limited(book, head_s=0.5) as port:
        start = time.monotonic()
        assert raw(port, first) == b""
        assert time.monotonic() - start < 10
        assert send(port, body_of())[0] == 200


def test_a_second_request_on_a_line_that_trickles_is_hung_up_on(book):
    with limited(book, head_s=1.0) as port:
        body = body_of()
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(head_of(body) + body)
            assert line.recv(65536).startswith(b"HTTP/1.1 200")
            start = time.monotonic()
            try:
                while time.monotonic() - start < 15:  # a byte now and then, for ever
                    line.sendall(b"P")
                    line.settimeout(0.2)
                    try:
                        if line.recv(1) == b"":
                            break
                    except TimeoutError:
                        pass
            except ConnectionError:
                pass
            assert time.monotonic() - start < 10


def test_one_line_takes_several_events(book, port):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for number in range(3):
        body = body_of(f"01JZ0000EVENT{number:04}")
        line.request("POST", PATH, body, signed(body))
        answer = line.getresponse()
        assert (answer.status, json.loads(answer.read())) == (200, {"status": "applied"})
    line.close()
    assert len(book.events) == 3


def test_connections_cut_at_any_place_leave_the_server_well(book, bugs, port):
    body = body_of()
    message = head_of(body) + body
    for place in range(0, len(message), 37):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # cut, not closed
            line.sendall(message[:place])
    assert not book.events
    assert send(port, body, signed(body))[2] == {"status": "applied"}
    assert not bugs


def test_a_sender_that_is_gone_before_the_answer_has_its_event_recorded_and_redelivers(book, port):
    body = body_of()
    book.held = threading.Event()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(head_of(body) + body)
        time.sleep(0.3)
    book.held.set()
    end = time.monotonic() + 10
    while not book.events and time.monotonic() < end:
        time.sleep(0.02)
    assert len(book.events) == 1
    assert send(port, body)[2] == {"status": "duplicate"}


def test_no_database_is_told_with_a_time_to_come_back(book, port):
    book.fails.append(EnvironmentFault("output_failed", path="/secret", problem="x"))
    status, headers, told = send(port, body_of())
    assert (status, told["code"]) == (503, "wf.try_later")
    assert int(headers["retry-after"]) > 0


def test_a_bug_is_told_to_the_operator_and_not_to_the_sender(book, bugs, port, caplog, capfd):
    book.fails.append(KeyError("张三 119900198802290011"))
    with caplog.at_level(logging.DEBUG):
        status, _, told = send(port, body_of())
    assert (status, told["code"]) == (500, "wf.server_failed")
    assert [type(bug) for bug in bugs] == [KeyError]
    assert "1199" not in json.dumps(told) + caplog.text + "".join(capfd.readouterr())
    assert send(port, body_of())[2] == {"status": "applied"}


def test_nothing_of_a_message_is_logged(port, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        assert (
            send(port, body_of(), path=f"{PATH}?card=T00000001", headers=signed(body_of(), query="card=T00000001"))[0]
            == 200
        )
        assert raw(port, b"T00000001\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert "T00000001" not in caplog.text + "".join(capfd.readouterr())


def test_what_is_no_http_is_answered_and_hung_up_on(port):
    assert raw(port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc").startswith(b"HTTP/1.1 400")
    assert raw(port, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 100_000).startswith(b"HTTP/1.1 400")


def test_one_connection_too_many_is_told_to_come_back(book):
    with limited(book, connections=2) as port:
        idle = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(2)]
        time.sleep(0.3)
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        line.request("POST", PATH, body_of(), signed(body_of()))
        assert line.getresponse().status == 503
        line.close()
        for one in idle:
            one.close()
        time.sleep(0.3)
        assert send(port, body_of())[0] == 200


def test_a_port_that_is_taken_is_an_error_of_the_house(book):
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EnvironmentFault) as told:
            serve(app(receiver_of(book)), port=port)
        assert told.value.code == "listen_failed"
        assert "地址已被占用" in told.value.message("zh")
    with pytest.raises(EnvironmentFault):
        serve(app(receiver_of(book)), port=99999)


def test_a_mapping_says_who_sends_to_which_path_and_how_much(book, tmp_path):
    table = '[webhook]\nsource = "hr"\npath = "/hooks/cards"\nmax_bytes = 1000\n'
    mapping = mapping_of(tmp_path, "activation", "http://127.0.0.1:1", table)
    verifier = Verifier((Key("k1", KEYS["k1"]),), time.time, MemoryNonces())
    with listening(app(webhook(mapping, book.record, verifier))) as port:
        body = body_of(type="social_security_enabled")
        assert send(port, body)[0] == 404
        assert send(port, body, signed(body, path="/hooks/cards"), path="/hooks/cards")[2] == {"status": "applied"}
        assert send(port, b"x" * 1001, path="/hooks/cards")[0] == 413
        body = body_of("01JZ0000EVENT0002")  # a bank's to say
        assert send(port, body, signed(body, path="/hooks/cards"), path="/hooks/cards")[0] == 400
    assert [event.source for event in book.events.values()] == ["hr"]
    for wrong in (
        'source = "me"',
        'source = "ephoto"',
        'path = "x"',
        "max_bytes = 0",
        "max_bytes = 999999999",
        "nothing = 1",
    ):
        with pytest.raises(UsageError):
            webhook(mapping_of(tmp_path, "activation", "http://127.0.0.1:1", f"[webhook]\n{wrong}\n"), None, verifier)


def test_messages_signed_with_sm2_by_openssl_are_taken_and_changed_ones_refused(book, tmp_path):
    """The bank's side: its own key pair, the string put together from the contract, the signature by openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl")
    private, public = tmp_path / "bank.pem", tmp_path / "bank.pub.pem"
    run = lambda *words, **more: subprocess.run([openssl, *words], check=True, capture_output=True, **more)  # noqa: E731
    run("genpkey", "-algorithm", "SM2", "-out", private)
    run("pkey", "-in", private, "-pubout", "-out", public)
    file = tmp_path / "activation.toml"
    file.write_text(
        '[adapter]\nkind = "activation"\n[sign]\nprofile = "sm2-sm3"\n'
        'verify = [{ key_id = "bank-1", key_file = "bank.pub.pem" }]\n'
    )
    mapping = load_mapping(file, Settings())
    receiver = webhook(mapping, book.record, verifier_of(mapping.sign, Settings(), time.time, MemoryNonces()))

    def signed_by_openssl(body):
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        nonce = secrets.token_hex(16)
        digest = run("dgst", "-sm3", "-r", input=body).stdout.split()[0].decode()
        text = f"EPHOTO-SM2-SM3\nPOST\n{PATH}\n\n{stamp}\n{nonce}\n\n{digest}"
        (tmp_path / "text").write_text(text)
        sm2 = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
        made = run("pkeyutl", "-sign", "-inkey", private, "-in", tmp_path / "text", *sm2).stdout
        return {"Ephoto-Key-Id": "bank-1", "Ephoto-Timestamp": stamp, "Ephoto-Nonce": nonce,
                "Ephoto-Signature": base64.b64encode(made).decode()}  # fmt: skip

    with listening(app(receiver)) as port:
        body = body_of()
        headers = signed_by_openssl(body)
        assert send(port, body_of(branch_code="B0002"), headers)[2]["code"] == "wf.signature_invalid"
        assert send(port, body, headers)[2] == {"status": "applied"}
        assert send(port, body, headers)[2]["code"] == "wf.replay"
        assert send(port, body, signed(body))[2]["code"] == "wf.signature_invalid"


SERVER = """
import sys, threading, time
sys.path.insert(0, {root!r})
from ephoto.workflow.adapters.activation import app
from ephoto.workflow.adapters.listening import serve
from tests.workflow.test_activation import Book, receiver_of

book = Book(held=threading.Event())
threading.Timer(1.0, book.held.set).start()  # a recording takes a second
try:
    serve(app(receiver_of(book)), ready=lambda port: print(port, flush=True))
finally:
    print(len(book.events), flush=True)
"""


def test_a_signal_ends_the_server_after_what_is_being_answered(tmp_path):
    script = tmp_path / "server.py"
    script.write_text(SERVER.format(root=str(ROOT)))
    with subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        port = int(process.stdout.readline())
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(send, port, body_of())
            time.sleep(0.4)
            process.send_signal(signal.SIGINT)
            assert answer.result(20)[2] == {"status": "applied"}
        out, err = process.communicate(timeout=20)
    assert out.strip() == "1"
    assert process.returncode in (-signal.SIGINT, 1, 130)
    assert "T00000001" not in err
