"""Counterparts over HTTP, as real servers on loopback that verify signatures by themselves; and mappings for them."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import tomllib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ephoto.core.edited import Edited
from ephoto.core.settings import Settings
from ephoto.workflow.wire.http import Client
from ephoto.workflow.wire.mapping import bundled, load_mapping
from ephoto.workflow.wire.signing import signer
from tests.liveness.counterpart import KEYS

MAPPING = """
[adapter]
kind = "{kind}"
[transport]
type = "http"
url = "{url}"
timeout_s = 5
retries = {retries}
max_backoff_s = 1
[sign]
key_id = "k1"
key_file = "k1.key"
"""


def mapping_of(folder, kind, url, more="", *, retries=0):
    """A mapping file that was read, and its client."""
    return load_mapping(mapping_file(folder, kind, url, more, retries=retries), Settings())


def mapping_file(folder, kind, url, more="", *, retries=0):
    (folder / "k1.key").write_bytes(KEYS["k1"])
    path = folder / f"{kind}.toml"
    path.write_text(MAPPING.format(kind=kind, url=url, retries=retries) + more, "utf-8")
    return path


def shown(name, table):
    """A table that a bundled mapping shows in comments, as it would be read without the marks."""
    lines = bundled(name).read_text("utf-8").splitlines()
    start = lines.index(f"# [{table}]") + 1
    end = next((n for n, line in enumerate(lines[start:], start) if not line.startswith("# ")), len(lines))
    return Edited(bundled(name), tomllib.loads("\n".join(line[2:] for line in lines[start:end])), f"{table}.")


def client_of(mapping, clock):
    sign = signer(mapping.sign, Settings(), clock)
    return Client(mapping.http, sign, clock, sleep=lambda _: None, rng=lambda: 0.5)


def signature_is_right(handler, body):
    """Whether a request is signed with k1, by the contract alone."""
    sent = handler.headers
    path, _, query = handler.path.partition("?")
    lines = ("EPHOTO-HMAC-SHA256", handler.command, path, "&".join(sorted(query.split("&"))), sent["Ephoto-Timestamp"],
             sent["Ephoto-Nonce"], sent.get("Idempotency-Key", ""), hashlib.sha256(body).hexdigest())  # fmt: skip
    right = hmac.new(KEYS[sent["Ephoto-Key-Id"]], "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(right, sent["Ephoto-Signature"])


@contextmanager
def serving(answer):
    """The URL of a server that gives each request (handler, body) to `answer`, which gives status, document, headers.

    `answer` may also give bytes, which are sent as they are, and None, which hangs up.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = 20
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = answer(self, body)
            self.close_connection = True
            if told is None:
                return
            if isinstance(told, bytes):
                self.wfile.write(told)
                return
            status, document, headers = told
            data = json.dumps(document).encode()
            kind = "application/json" if status < 400 else "application/problem+json"
            self.send_response(status)
            for name, value in {
                "Content-Type": kind,
                "Content-Length": str(len(data)),
                "Connection": "close",
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def refusal(status, code):
    return status, {"title": "refused", "status": status, "code": code}, {}


class Subscriber:
    """Takes notices, each once by its event's id. `answers` come before, one a request: what `serving` takes.

    `taken` are the events in the order of their first coming, `came` the ids of all that came and were answered well.
    """

    def __init__(self):
        self.taken, self.came, self.answers, self.keys = [], [], [], []
        self._lock = threading.Lock()

    def answer(self, handler, body):
        with self._lock:
            if not signature_is_right(handler, body):
                return refusal(401, "wf.signature_invalid")
            if self.answers:
                told = self.answers.pop(0)
                if told != "take and hang up":
                    return told
                self._take(json.loads(body))
                return None
            event = json.loads(body)
            self.keys.append(handler.headers["Idempotency-Key"])
            return 200, {"duplicate": self._take(event)}, {}

    def _take(self, event):
        known = event["event_id"] in [one["event_id"] for one in self.taken]
        self.came.append(event["event_id"])
        if not known:
            self.taken.append(event)
        return known
