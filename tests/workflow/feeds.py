"""A bank's feed of events as a real HTTP server on loopback."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

from tests.workflow.subscribers import refusal, signature_is_right


class BankFeed:
    """Events by number; a cursor is the number of the next one. `answers` come before, one a request."""

    def __init__(self):
        self.events, self.asked, self.answers = [], [], []

    def answer(self, handler, body):
        if not signature_is_right(handler, body):
            return refusal(401, "wf.signature_invalid")
        asked = {key: values[0] for key, values in parse_qs(handler.path.partition("?")[2]).items()}
        self.asked.append(asked.get("cursor"))
        page = self.page(int(asked.get("cursor", 0)), int(asked["limit"]))
        if self.answers:
            told = self.answers.pop(0)
            if told != "cut":
                return told
            data = json.dumps(page).encode()
            return (
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(data)
                + data[:9]
            )
        return 200, page, {}

    def page(self, start, most):
        part = self.events[start : start + most]
        end = start + len(part)
        return {"schema": "ephoto.feed/1", "events": part, "cursor": str(end), "more": end < len(self.events)}
