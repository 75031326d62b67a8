"""A whole road: a sandbox that serves, an office over a database, and the steps that the commands take."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from ephoto.core.resident_id import check_digit
from ephoto.core.settings import Settings
from ephoto.sandbox.prepare import prepare
from ephoto.sandbox.serve import running
from ephoto.workflow.adapters.activation import app, webhook
from ephoto.workflow.adapters.listening import serve
from ephoto.workflow.adapters.production.config import production_rules
from ephoto.workflow.adapters.production.sender import FileProduction, open_drop
from ephoto.workflow.adapters.registry import ACTIVATION, REPLACEMENT, SUBMISSION
from ephoto.workflow.office.notifying import notify_waiting
from ephoto.workflow.office.opening import open_office
from ephoto.workflow.office.packaging import PRODUCTION, Parties, hand_over, open_batches, print_now
from ephoto.workflow.office.photo import Judge
from ephoto.workflow.office.reaching import around, built, mapping_of
from ephoto.workflow.office.receiving import printer_of, receive_all
from ephoto.workflow.office.submitting import submit_waiting
from ephoto.workflow.wire.signing import verifier
from tests.sandbox import office as sandbox_office
from tests.workflow.offices import bare, judged
from tests.workflow.people import ADULTS, photo_bytes

FRONT, BACK = photo_bytes()[:-2] + b"front\xff\xd9", photo_bytes()[:-2] + b"back\xff\xd9"
PHOTO_FAILS, CARD_FAILS_ONCE = "119904199001010235", "119904199001010219"
PENDING, LATER = "119904199001010251", "119904199001010112"
DEADLINE_S = 20

until = partial(sandbox_office.until, seconds=DEADLINE_S)
SOON = {"timeout_s": 10, "retries": 5, "max_backoff_s": 5}


class Clock:
    """The real time, moved forward as a test wants."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Road:
    """One sandbox and one office; `office` is the office's file."""

    prepared: Any
    office: Path
    clock: Clock
    sandbox: Any = field(repr=False)

    # What is set up.

    @contextmanager
    def opened(self):
        with open_office(self.office, Settings(), self.clock) as here:
            yield here

    def through(self, kinds, **transport):
        """Let the mappings of these kinds go another way: another port, other tries."""
        for kind in kinds:
            path = self.office.with_name(f"{kind}.toml")
            text, lines, inside = path.read_text("utf-8"), [], False
            for line in text.splitlines():
                inside = line == "[transport]" if line.startswith("[") else inside
                key = line.partition(" = ")[0]
                lines.append(f"{key} = {json.dumps(transport[key])}" if inside and key in transport else line)
            path.write_text("\n".join(lines) + "\n", "utf-8")

    def control(self, name, **said):
        answer = httpx.post(f"{self.prepared.url}/control/{name}", json=said, trust_env=False, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def state(self):
        return httpx.get(f"{self.prepared.url}/control/state", trust_env=False, timeout=30).json()

    # The steps, each as a command takes it: with an office of its own.

    def new(self, number=ADULTS[0], photo=None, make=bare, **changes):
        """A confirmed application. Without `photo` its picture is nobody's, and was judged before."""
        applicant = {"id_number": number, **changes.pop("applicant", {})}
        with self.opened() as here:
            office = here.office
            name = office.open(make(applicant=applicant, **changes)).application_id
            office.attach_id_card(name, "front", FRONT)
            office.attach_id_card(name, "back", BACK)
            self.attach(here, name, photo)
            office.confirm(name)
        return name

    def attach(self, here, name, photo=None):
        office = here.office
        seen = judged() if photo is None else Judge(office.policy(self.clock()), here.settings)(photo)
        office.attach_photo(name, photo_bytes() if photo is None else photo, seen)

    def submit(self, only=None):
        with self.opened() as here, around(here) as shared:
            adapters = built(SUBMISSION, here, shared), built(REPLACEMENT, here, shared)
            return list(submit_waiting(here.office, *adapters, only=only))

    def pack(self, send=None):
        with self.opened() as here:
            return pack(here, self.drops, send)

    @property
    def drops(self):
        folder = self.office.with_name("drops")
        folder.mkdir(exist_ok=True)
        return folder

    def print(self, name):
        with self.opened() as here:
            return print_now(here.office, name, printer_of(here))

    def receive(self):
        with self.opened() as here:
            return receive_all(here)

    def notify(self):
        with self.opened() as here:
            return notify_waiting(here)

    @contextmanager
    def listening(self, record=None):
        """The webhook's receiver, to which the sandbox sends while the block lasts; gives its URL."""
        with self.opened() as here:
            mapping, stop, ports = mapping_of(here, ACTIVATION.name), threading.Event(), []
            checked = verifier(mapping.sign, here.settings, self.clock, here.office.store.nonces)
            receiver = app(webhook(mapping, record(here) if record else here.office.record, checked))
            words = {"ready": ports.append, "stop": stop}
            thread = threading.Thread(target=serve, args=(receiver,), kwargs=words, daemon=True)
            thread.start()
            url = f"http://127.0.0.1:{until(lambda: ports)[0]}/v1/events"
            self.control("callback", url=url)
            try:
                yield url
            finally:
                self.control("callback", url="")
                stop.set()
                thread.join(20)

    def tell(self, type, name, deliver="both", **said):
        return self.control("events", type=type, application_id=name, deliver=deliver, **said)

    # What came of it.

    def out(self, batches=1):
        """Wait until the bureau has written so many receipts that are whole."""
        out = self.prepared.bureau / "out"
        return until(lambda: (found := sorted(p.name for p in out.glob("*.ok"))) and len(found) >= batches and found)

    def case(self, name):
        with self.opened() as here:
            return here.office.case(name)

    def types(self, name):
        """The history: how often each event is in it."""
        with self.opened() as here:
            return Counter(entry.event.type for entry in here.office.history(name))

    def outcome(self, name):
        """What is alike on every road that leads to the same end: the state, the card, the history."""
        case = self.case(name)
        card = None if case.card is None else {k: v for k, v in case.card.items() if k != "card_no"}
        return case.state, card, case.waiting, dict(self.types(name))

    def audits(self):
        with self.opened() as here, here.office.store.reading() as unit:
            return [(line.action, line.detail) for line in unit.audits()]


WITH_FAILED = partial(open_batches, failed=True)


def pack(here, folder, send=None, hand=hand_over, enter=WITH_FAILED):
    """As `ephoto package --accepted -o FOLDER --send`."""
    rules = production_rules(mapping_of(here, "production"))
    send = send or FileProduction(rules, open_drop(rules, time.sleep, random.random)).send
    list(enter(here.office, rules, Parties(here.file.sender, here.file.receiver)))
    return list(hand(here.office, folder, rules, send))


@contextmanager
def road(folder, url=None, *, clock=None, profile="hmac-sha256", drop="folder", **world):
    """A road over the database of that URL. Words of `world` are put into sandbox.toml as they are."""
    clock = clock or Clock()
    prepared = prepare(folder / "play", profile=profile, drop=drop)
    if url is not None:
        office = prepared.office.read_text("utf-8")
        prepared.office.write_text(office.replace("sqlite:///office.sqlite", url), "utf-8")
    text = prepared.world.read_text("utf-8").replace("poll_s = 0.2", "poll_s = 0.05")
    for old, new in world.items():
        text = text.replace(old, new)
    prepared.world.write_text(text, "utf-8")
    with running(prepared, clock) as sandbox:
        yield Road(prepared, prepared.office, clock, sandbox)


def numbers_once(road, applications=1, cards=1, packages=1):
    """What the counterparts have of each: nothing twice."""
    state = road.state()
    taken = [one for one in state["packages"] if one["result"] == "accepted" and one["rows"]]
    assert state["applications"]["count"] == applications
    assert sum(state["requests"].get(name, 0) for name in ("application", "request")) == applications
    assert (state["cards"], len(taken)) == (cards, packages)


def waiting(road):
    """How many messages are still to go, by target."""
    with road.opened() as here:
        outbox = here.office.store.outbox
        return {target: outbox.waiting(target) for target in ("submission", PRODUCTION, "notify")}


def person(k):
    """The ID number of somebody who is nobody, for whom all goes well."""
    first = f"119901199001{k % 28 + 1:02}{k // 28 + 1:03}"
    return first + check_digit(first)
