"""What tests put into a store. All people are invented; the ID numbers are of the region 119900, which is nobody's."""

from __future__ import annotations

from datetime import UTC, datetime

from ephoto.workflow.lifecycle.events import Event
from ephoto.workflow.store.database import Store
from ephoto.workflow.store.rows import ApplicationRow, Entry
from ephoto.workflow.vault import Vault, VaultKey

KEY = VaultKey("first", bytes(range(32)))
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
DAY_S = 86_400.0


class Clock:
    """It stands until it is told to go on."""

    def __init__(self):
        self.now = NOON.timestamp()

    def __call__(self):
        return self.now


def opened(url, clock=None, vault=None):
    return Store.open(url, vault or Vault((KEY,)), clock or Clock())


def application(store, name="APP-0001", person="119900198802290011", state="draft", document=None, **more):
    mark = store.vault.mark("person", person)
    return ApplicationRow(name, mark, "first_issue", "in_service", state, document or {"kind": "first_issue"}, **more)


def entry(event_id, kind="data_edited", application_id="APP-0001", derived_from=None, **more):
    event = Event(event_id, kind, NOON, application_id, **more)
    return Entry(None, event, NOON.timestamp(), event.digest(), derived_from)
