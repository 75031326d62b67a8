"""A bank's side of the webhook, written from the contract alone, and a book that records events as the office does."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ephoto.core.errors import InputError
from ephoto.workflow.adapters.listening import serve
from tests.liveness.counterpart import KEYS, headers_of

PATH = "/v1/events"
KEY = "k1"


def document_of(event_id="01JZ0000EVENT0001", type="financial_activated", **more):
    return {
        "schema": "ephoto.event/1", "event_id": event_id, "type": type, "occurred_at": "2026-02-03T09:12:00+08:00",
        "card_no": "T00000001", "channel": "branch_terminal", "branch_code": "B0001",
    } | more  # fmt: skip


def body_of(*args, **more):
    return json.dumps(document_of(*args, **more)).encode()


def signed(body, **more):
    """The headers of a message."""
    return headers_of(body, KEY, path=more.pop("path", PATH), **more)


@dataclass(frozen=True)
class Noted:
    status: str


@dataclass
class Book:
    """Records events in memory: each once, another content under one id refused, unknown cards too.

    Values of `fails` are raised, one a call, before anything is recorded.
    """

    unknown: set[str] = field(default_factory=set)
    early: set[str] = field(default_factory=set)
    fails: list[Exception] = field(default_factory=list)
    held: Any = None  # an event of threading that a recording waits for
    events: dict[str, Any] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock)

    def record(self, event):
        if self.held is not None:
            self.held.wait(20)
        with self._lock:
            if self.fails:
                raise self.fails.pop(0)
            if event.card_no in self.unknown:
                raise InputError("wf.application_unknown")
            known = self.events.get(event.event_id)
            if known is not None and known.digest() != event.digest():
                raise InputError("wf.event_conflict")
            self.events[event.event_id] = event
            if known is not None:
                return Noted("duplicate")
            return Noted("parked" if event.type in self.early else "applied")


@contextmanager
def listening(application, **more):
    """The port of a real server on loopback."""
    stop, up, port = threading.Event(), threading.Event(), []

    def ready(number):
        port.append(number)
        up.set()

    thread = threading.Thread(target=serve, args=(application,), kwargs={"ready": ready, "stop": stop} | more)
    thread.start()
    try:
        assert up.wait(20), "the server did not start"
        yield port[0]
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"


def send(port, body, headers=None, *, method="POST", path=PATH):
    """Status, headers and JSON of the answer to one message."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request(method, path, body, signed(body) if headers is None else headers)
        answer = line.getresponse()
        return answer.status, dict(answer.headers), json.loads(answer.read())
    finally:
        line.close()


def raw(port, data, *, wait_s=30.0):
    """What comes back for bytes on a bare socket, until the other side hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as line:
        line.sendall(data)
        parts = []
        try:
            while part := line.recv(65536):
                parts.append(part)
        except ConnectionResetError:
            pass
        return b"".join(parts)


__all__ = ["KEY", "KEYS", "PATH", "Book", "Noted", "body_of", "document_of", "listening", "raw", "send", "signed"]
