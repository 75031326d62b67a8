"""Real servers on loopback that behave well or badly, as a script tells them, request by request."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

__all__ = ["Counterpart", "Seen", "answer", "counterpart", "problem"]


@dataclass
class Seen:
    """A request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query(self):
        return self.target.partition("?")[2]


def answer(status=200, body=b"{}", **headers):
    """A whole answer as bytes."""
    head = {"content-type": "application/json", "content-length": str(len(body)), "connection": "close"}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Told", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def problem(status, code, detail="", errors=(), **headers):
    document = {"title": "refused", "status": status, "code": code}
    document |= {"detail": detail} if detail else {}
    document |= {"errors": list(errors)} if errors else {}
    body = json.dumps(document, ensure_ascii=False).encode()
    return answer(status, body, content_type="application/problem+json", **headers)


@dataclass
class Counterpart:
    """What a server shall do with each connection, in turn; the last one stays.

    "cut first": hang up before reading. "cut": read the request, and hang up. "reset": the same, rudely. "half": half
    an answer. "slow": nothing for long. "drip", "drip head": a byte now and then. "huge": an answer without an end.
    "garbage": no HTTP. Bytes: that answer. A function: what it makes of the request.
    """

    script: list = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    slow_s: float = 30.0
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    def turn(self):
        with self.lock:
            at = min(self.connections, len(self.script) - 1)
            self.connections += 1
            return self.script[at]


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        piece = connection.recv(65536)
        if not piece:
            return None
        body += piece
    method, target, _ = first.split(" ")
    return Seen(method, target, headers, body)


def behave(connection, by):
    deed = by.turn()
    connection.settimeout(10)
    if deed == "cut first":
        return
    request = read_request(connection)
    if request is None:
        return
    with by.lock:
        by.seen.append(request)
    if deed == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif deed == "half":
        connection.sendall(answer(200, b'{"a":1}')[:-3])
    elif deed == "garbage":
        connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + b"\x00\xff" * 50)
    elif deed == "slow":
        by.ended.wait(by.slow_s)
    elif deed == "drip":
        connection.sendall(answer(200, b"", content_length="100000"))
        end = time.monotonic() + by.slow_s
        while time.monotonic() < end and not by.ended.wait(0.05):
            connection.sendall(b" ")
    elif deed == "drip head":
        connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
        end = time.monotonic() + by.slow_s
        while time.monotonic() < end and not by.ended.wait(0.05):
            connection.sendall(b"y")
    elif deed == "huge":
        connection.sendall(answer(200, b"", content_length="99999999999"))
        while not by.ended.is_set():
            connection.sendall(b"x" * 65536)
    elif deed != "cut":
        connection.sendall(deed(request) if callable(deed) else deed)


@contextmanager
def counterpart(*script, slow_s=30.0):
    """A server that runs, with what it has seen."""
    by = Counterpart(list(script), slow_s=slow_s)
    listening = socket.create_server(("127.0.0.1", 0), backlog=32)
    by.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    threads = []

    def one(connection):
        with connection, suppress(OSError):
            behave(connection, by)

    def accept():
        while not by.ended.is_set():
            with suppress(OSError):
                connection, _ = listening.accept()
                if by.ended.is_set():  # the call that ends the waiting
                    connection.close()
                    return
                threads.append(threading.Thread(target=one, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield by
    finally:
        by.ended.set()
        with suppress(OSError):
            socket.create_connection(listening.getsockname(), timeout=1).close()
        accepting.join(10)
        listening.close()
        for thread in threads:
            thread.join(10)
