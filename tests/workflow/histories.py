"""Histories of applications for tests: events in a row, each legal when it happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from ephoto.workflow.lifecycle.events import Event
from ephoto.workflow.lifecycle.fold import allowed, fold
from ephoto.workflow.lifecycle.state import Terms
from ephoto.workflow.values import CARD_EVENTS

APPLICATION = "0199aaaa-0000-7000-8000-000000000001"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CARD_NO = "T00000001"
PAYLOADS = {
    "accepted": {"external_no": "LSH-1"},
    "packaged": {"batch_no": "20260302-000001"},
    "repackaged": {"batch_no": "20260303-000001"},
    "produced": {"card_no": CARD_NO, "batch_no": "20260302-000001"},
    "issued_instantly": {"card_no": CARD_NO, "channel": "branch_counter"},
    "production_failed": {"fail_type": "card", "fail_reason": "chip"},
    "financial_activated": {"channel": "branch_terminal"},
    "social_security_enabled": {"channel": "hr_app"},
    "suburban_rail_opened": {"channel": "branch_counter"},
}
SOURCES = {"ephoto": ("packaged", "repackaged", "photo_attached", "closed")}
SOURCES["applicant"] = ("created", "confirmed", "photo_removed", "data_edited", "reopened", "application_cancelled")
SOURCES["platform"] = ("accepted", "rejected")
SOURCES["bureau"] = ("produced", "production_failed")
SOURCES["hr"] = ("social_security_enabled", "temp_loss_reported", "temp_loss_lifted")


def source_of(type):
    return next((source for source, types in SOURCES.items() if type in types), "bank")


def event(type, minute=0, *, number=None, **payload):
    """An event of that type at START plus so many minutes; its number makes it another one."""
    said = PAYLOADS.get(type, {}) | payload
    return Event(
        event_id=f"event-{type}-{minute if number is None else number:04}",
        type=type,
        occurred_at=START + timedelta(minutes=minute),
        application_id=APPLICATION,
        card_no=CARD_NO if type in CARD_EVENTS else "",
        source=source_of(type),
        payload=said,
    )


def events(*types):
    """Events of these types, a minute apart."""
    return [event(type, minute) for minute, type in enumerate(types)]


TO_ACCEPTED = ("created", "photo_attached", "confirmed", "accepted")
TO_RECEIVED = (*TO_ACCEPTED, "packaged", "produced", "ready_at_branch", "received")


@st.composite
def valid_histories(draw, longest=24):
    """A history of legal events, a minute apart; what the machine allows is drawn at each step."""
    terms = Terms(delivery=draw(st.sampled_from(["pickup_branch", "mail_personal", "on_site"])))
    told = []
    for minute in range(draw(st.integers(4, longest))):
        case = fold(told, terms)
        legal = [type for type in allowed(case, terms) if type not in ("closed", "application_cancelled", "rejected")]
        if not legal or draw(st.integers(0, 30)) == 0:
            legal = list(allowed(case, terms))
        usual = [type for type in TO_RECEIVED if type in legal]
        type = draw(st.sampled_from(usual if usual and draw(st.booleans()) else legal or ["data_edited"]))
        new = event(type, minute)
        if type in ("financial_activated", "social_security_enabled"):
            online = ["hr_app"] if type == "social_security_enabled" else []
            channel = draw(st.sampled_from(["branch_terminal", "branch_counter", *online]))
            new = replace(new, payload={"channel": channel})
        if fold([*told, new], terms).pending:
            continue  # a top-up before transport is open
        told.append(new)
    return terms, told
