"""A process that leaves notices or delivers them, and waits to be killed at the place that it is told:

    python sending_child.py URL MAPPING COUNT PLACE

It writes PLACE when it is there, and waits for ever. Places: inside (the unit that leaves the notices), left (after its
commit), claimed (before the first one is sent), answered (the second one has arrived, and nobody has noted it), noted.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ephoto.core.settings import Settings
from ephoto.workflow.adapters.notify import HttpNotify, Notifier, longest_s, notice
from ephoto.workflow.lifecycle.events import Event
from ephoto.workflow.wire.mapping import load_mapping
from tests.workflow.stores import open_store
from tests.workflow.subscribers import client_of

TARGET = "subscriber"


def event_of(number, application="APP-TEST-0001"):
    return Event(
        f"01JZ0000NOTE{number:04}", "received", datetime(2026, 2, 3, 1, number % 60, tzinfo=UTC), application,
        payload={"received_by": "self"},
    )  # fmt: skip


def leave(store, numbers, application="APP-TEST-0001", before_commit=lambda: None):
    with store.unit() as unit:
        for number in numbers:
            unit.enqueue(TARGET, event_of(number).event_id, notice(event_of(number, application)))
        before_commit()


def wait_at(place):
    print(place, flush=True)
    time.sleep(600)


class Stopping:
    """Delivers, and stops at a place."""

    def __init__(self, inner, place):
        self.inner, self.place, self.count = inner, place, 0

    def deliver(self, outgoing):
        if self.place == "claimed":
            wait_at("claimed")
        self.inner.deliver(outgoing)
        self.count += 1
        if self.place == "answered" and self.count == 2:
            wait_at("answered")


def main():
    url, file, count, place = sys.argv[1:]
    store = open_store(url)
    if place in ("inside", "left"):
        leave(store, range(int(count)), before_commit=lambda: wait_at("inside") if place == "inside" else None)
        wait_at("left")
    mapping = load_mapping(file, Settings())
    deliver = Stopping(HttpNotify(mapping, client_of(mapping, time.time)), place)
    Notifier(store, deliver, TARGET, time.time, lambda: 0.5, longest_s=longest_s(mapping.http)).deliver_due()
    wait_at("noted")


if __name__ == "__main__":
    main()
