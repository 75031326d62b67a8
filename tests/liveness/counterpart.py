"""A platform's side of the callback, written from docs/providers.md alone: it imports nothing of ephoto."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATH = "/liveness/callback"
KEYS = {"k1": b"the-first-key-of-the-platform", "k2": b"the-second-key-of-the-platform"}
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8 + b"\xff\xd9"
TOML = """
tickets = "tickets.sqlite"
best_frame = true
[[key]]
id = "k1"
file = "k1.key"
"""


def deployment(folder, more="", keys=("k1",)):
    """The file that a deployment is described by, and its keys; gives the file's path."""
    for name in keys:
        (folder / f"{name}.key").write_bytes(KEYS[name] + b"\n")
    path = folder / "acme.toml"
    path.write_text(TOML + more, "utf-8")
    return path


def body_of(nonce, outcome="live", **more):
    return json.dumps({"schema": "ephoto.liveness-callback/1", "nonce": nonce, "outcome": outcome} | more).encode()


def frame_text(data=JPEG):
    return base64.b64encode(data).decode()


def headers_of(body, key="k1", *, secret=None, late_s=0.0, now=None, nonce=None, path=PATH, method="POST", query=""):
    """What a message is sent with."""
    moment = datetime.now(UTC) if now is None else datetime.fromtimestamp(now, UTC)
    stamp = (moment - timedelta(seconds=late_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
    nonce = nonce or secrets.token_hex(16)
    digest = hashlib.sha256(body).hexdigest()
    text = f"EPHOTO-HMAC-SHA256\n{method}\n{path}\n{query}\n{stamp}\n{nonce}\n\n{digest}"
    signature = hmac.new(secret or KEYS[key], text.encode(), hashlib.sha256).hexdigest()
    return {
        "Ephoto-Key-Id": key, "Ephoto-Timestamp": stamp, "Ephoto-Nonce": nonce, "Ephoto-Signature": signature,
        "Content-Type": "application/json",
    }  # fmt: skip


class Server:
    """A process that receives callbacks; `folder` has acme.toml and the file "offset" that its clock is moved by."""

    def __init__(self, folder):
        self.folder = folder
        command = [sys.executable, str(Path(__file__).with_name("callback_server.py")), str(folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        line = self.process.stdout.readline()
        if not line.strip():
            raise RuntimeError(self.process.stderr.read())
        self.port = int(line)

    def ask(self, path, body=b"", headers=None, method="POST"):
        """Status and JSON of an answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request(method, path, body, headers or {})
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            line.close()

    def start(self):
        status, ticket = self.ask("/start")
        assert status == 200, ticket
        return ticket

    def result(self, ticket):
        return self.ask("/result", json.dumps(ticket).encode())[1]

    def best(self, ticket):
        return self.ask("/best", json.dumps(ticket).encode())[1]

    def call(self, body, headers=None):
        return self.ask(PATH, body, headers or headers_of(body))

    def raw(self, data, *, read=False):
        """Send bytes as they are, then hang up, having read the answer or not."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as line:
            line.sendall(data)
            if read:
                line.shutdown(socket.SHUT_WR)
                return line.makefile("rb").read()
        return b""

    def stop(self):
        """As if the machine lost its power; what it wrote to stderr."""
        self.process.kill()
        _, err = self.process.communicate(timeout=30)
        return err


def wire_of(body, headers, *, length=None):
    """An HTTP/1.1 request as bytes."""
    lines = [f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def until(true, most_s=20.0):
    deadline = time.monotonic() + most_s
    while not true():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.02)
