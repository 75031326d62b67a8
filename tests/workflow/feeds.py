"""A bank's feed of events as a real HTTP server on loopback, which verifies signatures by itself."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from tests.liveness.counterpart import KEYS


class Bank:
    """Events by number; a cursor is the number of the next one. `cut` next answers are cut off in the middle."""

    def __init__(self):
        self.events = []
        self.asked = []
        self.cut = 0
        self.other_page = None
        self.url = ""


def _signature(handler, path, query):
    sent = handler.headers
    digest = hashlib.sha256(b"").hexdigest()
    lines = ("EPHOTO-HMAC-SHA256", "GET", path, "&".join(sorted(query.split("&"))), sent["Ephoto-Timestamp"],
             sent["Ephoto-Nonce"], sent.get("Idempotency-Key", ""), digest)  # fmt: skip
    return hmac.new(KEYS[sent["Ephoto-Key-Id"]], "\n".join(lines).encode(), hashlib.sha256).hexdigest()


@contextmanager
def bank_with_a_feed():
    bank = Bank()

    class Handler(BaseHTTPRequestHandler):
        timeout = 20

        def do_GET(self):
            path, _, query = self.path.partition("?")
            right = hmac.compare_digest(_signature(self, path, query), self.headers["Ephoto-Signature"])
            asked = {key: values[0] for key, values in parse_qs(query).items()}
            bank.asked.append(asked.get("cursor"))
            start, most = int(asked.get("cursor", 0)), int(asked["limit"])
            part = bank.events[start : start + most]
            page = {"schema": "ephoto.feed/1", "events": part, "cursor": str(start + len(part)),
                    "more": start + len(part) < len(bank.events)}  # fmt: skip
            data = json.dumps(bank.other_page or page).encode()
            self.send_response(200 if right else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if bank.cut:
                bank.cut -= 1
                data = data[: len(data) // 2]
            self.wfile.write(data)
            self.close_connection = True

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    bank.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield bank
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
