"""A process that receives events into a database, and may stop in the middle of recording:

    python receiving_child.py URL PLACE

It writes its port. At PLACE "claimed" the nonce is noted and nothing else, at "recorded" the event is too and nobody
was told: there it writes the place and waits to be killed. Other places let it run.
"""

from __future__ import annotations

import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ephoto.core.errors import InputError
from ephoto.core.signing import Key, Verifier
from ephoto.workflow.adapters.activation import app
from ephoto.workflow.adapters.listening import serve
from ephoto.workflow.receiving import Receiver
from ephoto.workflow.store.rows import ApplicationRow, Entry
from tests.liveness.counterpart import KEYS
from tests.workflow.stores import open_store

APPLICATION = "APP-TEST-0001"


@dataclass(frozen=True)
class Noted:
    status: str


class History:
    """Records events as the office does, without a life behind them."""

    def __init__(self, store, place=""):
        self.store, self.place = store, place

    def record(self, event):
        if self.place == "claimed":
            self.wait()

        def step(unit):
            unit.application(APPLICATION, lock=True)
            known = unit.entry(event.event_id)
            if known is not None and known.digest != event.digest():
                raise InputError("wf.event_conflict")
            if known is None:
                unit.append(Entry(None, event, time.time(), event.digest()))
            return Noted("applied" if known is None else "duplicate")

        noted = self.store.run(step)
        if self.place == "recorded":
            self.wait()
        return noted

    def wait(self):
        print(self.place, flush=True)
        time.sleep(600)


def prepared(url):
    """The store, with one application in it."""
    store = open_store(url)
    with store.unit() as unit:
        person = store.vault.mark("person", "1")
        unit.add_application(ApplicationRow(APPLICATION, person, "first_issue", "in_service", "accepted", {}))
    return store


def receiver_of(store, place=""):
    keys = tuple(Key(name, secret) for name, secret in KEYS.items())
    return Receiver(History(store, place).record, Verifier(keys, time.time, store.nonces), source="bank")


def tell(bug):
    print("a bug:", "".join(traceback.format_exception(bug)), file=sys.stderr)


def main():
    url, place = sys.argv[1:]
    serve(
        app(receiver_of(open_store(url), place), traceback.print_exception), ready=lambda port: print(port, flush=True)
    )


if __name__ == "__main__":
    main()
