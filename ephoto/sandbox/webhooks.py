"""Webhooks: signed POSTs of events to the office, again and again until it says that it has them."""

from __future__ import annotations

import heapq
import json
import random
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ephoto.core.errors import UsageError
from ephoto.sandbox.signatures import Message, signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from ephoto.sandbox.signatures import Keys
    from ephoto.sandbox.words import Order
    from ephoto.sandbox.world import WebhookRules

__all__ = ["Webhooks"]

_MOST_REMEMBERED = 1000


@dataclass(order=True, slots=True)
class _Waiting:
    """An event that is not yet taken."""

    due: float
    place: int
    tries: int = field(compare=False)
    event_id: str = field(compare=False)
    body: bytes = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A request as it was on the wire."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Webhooks:
    """Sends events by some threads; `start` and `close` them.

    Parameters
    ----------
    keys : to sign with
    rules : tries, waits, threads
    clock : seconds since 1970 UTC, for timestamps
    """

    def __init__(self, keys: Keys, rules: WebhookRules, clock: Callable[[], float], url: str | None = None) -> None:
        self._keys, self._rules, self._clock = keys, rules, clock
        self._url = "" if url is None else checked(url)
        self._waiting: list[_Waiting] = []
        self._held: list[dict[str, Any]] | None = None
        self._tried: deque[dict[str, Any]] = deque(maxlen=_MOST_REMEMBERED)
        self._last: _Sent | None = None
        self._wrong = self._places = 0
        self._change = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._ended = False
        self._client: httpx.Client | None = None

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._rules.workers)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        with self._change:
            self._ended = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join(self._rules.timeout_s + 1)
        if self._client is not None:
            self._client.close()

    def point_to(self, url: str) -> None:
        """Send to another address from now on; what waits too. "" is nowhere.

        Raises
        ------
        UsageError
            "bad_option": it is no http address.
        """
        with self._change:
            self._url = checked(url) if url else ""
            self._change.notify_all()

    def send(self, event: Mapping[str, Any]) -> None:
        """Send an event soon; not at all while there is no address."""
        with self._change:
            if self._held is not None:
                self._held.append(dict(event))
            elif self._url:
                self._enter(event)

    def hold(self) -> None:
        """Keep events back until `release`."""
        with self._change:
            self._held = [] if self._held is None else self._held

    def release(self, order: Order = "as_made") -> int:
        """Send what was kept back, in an order; how many they were.

        They go out one by one, so that the order is the order of their arrival.
        """
        with self._change:
            events, self._held = self._held or [], None
        if order == "reversed":
            events.reverse()
        elif order == "shuffled":
            random.shuffle(events)
        for event in events:
            if self._url and not 200 <= self._post(self._signed(_body(event)), str(event["event_id"])) < 300:
                self.send(event)
        return len(events)

    def sign_wrongly(self, times: int) -> None:
        """Sign the next requests wrongly, so many."""
        with self._change:
            self._wrong = times

    def replay(self) -> int | None:
        """Send the last webhook again, byte for byte: the receiver's status, 0 without one; None if there is none."""
        with self._change:
            last = self._last
        return None if last is None else self._post(last, "replay")

    def told(self) -> dict[str, Any]:
        """What was tried, and how many wait."""
        with self._change:
            return {
                "to": bool(self._url),
                "waiting": len(self._waiting),
                "held": len(self._held or []),
                "tried": list(self._tried),
            }

    def _enter(self, event: Mapping[str, Any]) -> None:
        self._places += 1
        heapq.heappush(self._waiting, _Waiting(0.0, self._places, 0, str(event["event_id"]), _body(event)))
        self._change.notify()

    def _work(self) -> None:
        while (waiting := self._next()) is not None:
            try:
                status = self._post(self._signed(waiting.body), waiting.event_id)
            except Exception:  # whatever it is, the other events must go on
                status = 0
            if 200 <= status < 300 or waiting.tries + 1 >= self._rules.tries:
                continue
            wait = min(self._rules.first_wait_s * 2**waiting.tries, self._rules.most_wait_s)
            with self._change:
                waiting.tries += 1
                waiting.due = self._clock() + wait
                heapq.heappush(self._waiting, waiting)
                self._change.notify()

    def _next(self) -> _Waiting | None:
        """The next one that is due; None at the end."""
        with self._change:
            while not self._ended:
                wait = self._waiting[0].due - self._clock() if self._waiting else None
                if wait is not None and wait <= 0 and self._url:
                    return heapq.heappop(self._waiting)
                self._change.wait(None if wait is None or not self._url else wait)
        return None

    def _signed(self, body: bytes) -> _Sent:
        with self._change:
            url, wrongly = self._url, self._wrong > 0
            self._wrong = max(0, self._wrong - 1)
        parts = urlsplit(url)
        message = Message("POST", parts.path or "/", parts.query, body)
        headers = signed_headers(self._keys, message, self._clock(), wrongly=wrongly)
        sent = _Sent(url, headers | {"Content-Type": "application/json"}, body)
        if not wrongly:
            with self._change:
                self._last = sent
        return sent

    def _post(self, sent: _Sent, event_id: str) -> int:
        """The receiver's status; 0 if there was no answer."""
        import httpx

        with self._change:
            if self._client is None:
                self._client = httpx.Client(timeout=self._rules.timeout_s, trust_env=False)
        try:
            status = self._client.post(sent.url, content=sent.body, headers=dict(sent.headers)).status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            status = 0
        with self._change:
            self._tried.append({"event_id": event_id, "status": status})
        return status


def checked(url: str) -> str:
    """An address of http or https.

    Raises
    ------
    UsageError
        "bad_option".
    """
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or not url.isascii() or any(sign <= " " for sign in url):
        raise UsageError("bad_option", option="--callback", value="...", allowed="http://HOST:PORT/PATH")
    return url


def _body(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
