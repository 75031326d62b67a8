"""An office over an empty database, with a clock that a test sets, and cards that need no conversion."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime

from ephoto.core.findings import Finding, Report
from ephoto.workflow.office.intake import Judged
from ephoto.workflow.office.office import Office
from ephoto.workflow.policy import load_policy
from ephoto.workflow.store.database import Store
from ephoto.workflow.vault import Vault
from tests.workflow.people import application, photo_bytes

KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC).timestamp()  # 9 o'clock in Beijing


class Clock:
    """Seconds since 1970 UTC, as a test sets them; each look is a millisecond later."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@contextmanager
def office(url, *, clock=None, targets=()):
    """An office over the database of that URL."""
    clock = clock or Clock()
    with Store.open(url, Vault.from_text(KEY), clock) as store:
        yield Office(store, load_policy("beijing"), clock, targets)


def judged(passed=True, code="file_size"):
    """What a look at the card's file comes to."""
    found = Finding(code, "pass" if passed else "fail", "card")
    return Judged(Report("cn-social-security-card", {}, (found,)), "cn-social-security-card@1", 358, 441, 350)


def bare(**changes):
    """An application's data as they come from a form: without an id, without pictures."""
    return application(
        **({"application_id": None, "photo": None, "id_card_front": None, "id_card_back": None} | changes)
    )


def ready(here, key="", **changes):
    """The id of an application that may be confirmed."""
    case = here.open(bare(**changes), idempotency_key=key)
    here.attach_id_card(case.application_id, "front", b"front of nobody's card")
    here.attach_id_card(case.application_id, "back", b"back of it")
    here.attach_photo(case.application_id, photo_bytes(), judged())
    return case.application_id
