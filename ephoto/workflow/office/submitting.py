"""Confirmed applications sent to where they go, by way of the outbox: whatever dies between, each arrives once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import EnvironmentFault, EphotoError, InputError, UsageError
from ephoto.core.numbers import numbers
from ephoto.workflow.documents import replacement_document, submission_document
from ephoto.workflow.lifecycle.events import Event, derived_id, parsed_time
from ephoto.workflow.model import load_application
from ephoto.workflow.office.office import SUBMISSION, Office
from ephoto.workflow.office.recording import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.workflow.adapters.protocols import Replacement, Submission, Taken
    from ephoto.workflow.model import Application
    from ephoto.workflow.store.rows import Outgoing
    from ephoto.workflow.store.unit import Unit
    from ephoto.workflow.values import EventType, Source

__all__ = ["Sent", "submit_waiting"]

# Nothing is sent of an application that was taken back, or that another confirmation stands for.
_TAKEN_BACK = ("draft", "photo_accepted", "rejected", "cancelled")
_TO_THE_BANK = ("branch_counter", "online_remote")  # channels of a request for another card to the bank itself


@dataclass(frozen=True, slots=True)
class _Rules:
    """See submitting.toml."""

    lease_s: float
    not_about_it: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one application; `error` where it was refused, or could not be sent and waits on."""

    application_id: str
    taken: Taken | None = None
    error: EphotoError | None = None


def submit_waiting(
    office: Office, submission: Submission | None, replacement: Replacement | None, *, only: str | None = None
) -> Iterator[Sent]:
    """Send the applications that wait, one after the other; with `only`, an application's id, that one alone.

    Each is tried once. What cannot be reached leaves them waiting, and is not asked again for those that follow. What
    the target refuses is recorded as "rejected".

    Raises
    ------
    InputError
        "wf.application_unknown" for `only`.
    EnvironmentFault
        "store_failed".
    """
    event_id = None if only is None else _confirmation(office, only)
    if only is not None and event_id is None:
        return
    start = office.clock()
    lost: dict[bool, EnvironmentFault] = {}
    while True:
        # Due at the start, that is before any of this round was put back; leases count from now.
        lease_s = office.clock() - start + _rules().lease_s
        claimed = office.store.run(
            lambda unit, lease_s=lease_s: unit.claim(SUBMISSION, start, lease_s, 1, only=event_id)  # type: ignore[misc]
        )
        if not claimed:
            return
        if _is_wanted(office, claimed[0]):
            yield _send(office, claimed[0], submission, replacement, lost)
        if only is not None:
            return


def _rules() -> _Rules:
    return numbers(_Rules, __package__, "submitting.toml")


def _confirmation(office: Office, application_id: str) -> str | None:
    """The id of the last confirmation, under which the application waits."""
    confirmed = [e.event.event_id for e in office.history(application_id) if e.event.type == "confirmed"]
    return confirmed[-1] if confirmed else None


def _is_wanted(office: Office, message: Outgoing) -> bool:
    """Whether an application still stands as it was confirmed; a message that is not wanted any more has its end."""
    name = message.body.decode()

    def asked(unit: Unit) -> bool:
        row = unit.application(name, lock=True)
        confirmed = [e.event.event_id for e in unit.history(name) if e.event.type == "confirmed"]
        if row.state not in _TAKEN_BACK and confirmed[-1] == message.event_id:
            return True
        unit.sent(message.id)
        unit.audit("not_submitted", application_id=name)
        return False

    return office.store.run(asked)


def _send(
    office: Office,
    message: Outgoing,
    submission: Submission | None,
    replacement: Replacement | None,
    lost: dict[bool, EnvironmentFault],
) -> Sent:
    """Send one; `lost` has who was not reached in this round, the bank or the platform, and learns of it."""
    name = message.body.decode()
    try:
        application, files = _read(office, name)
        bank = _is_for_the_bank(application)
        if bank in lost:
            raise lost[bank]
        taken = _taken(application, files, message.event_id, submission, replacement)
    except (EnvironmentFault, UsageError) as error:
        if error.code == "target_unreachable" and isinstance(error, EnvironmentFault):
            lost[bank] = error
        _wait_on(office, message, error.code)
        return Sent(name, error=error)
    except InputError as error:
        # Only what the target says in a code of its own is about the application: no page of a proxy, no fault of ours.
        if error.values.get("target_code") and error.code not in _rules().not_about_it:
            _record(office, message, name, "rejected", {"reason": error.code})
        else:
            _wait_on(office, message, error.code)
        return Sent(name, error=error)
    if taken.state == "rejected":
        refused = InputError("wf.rejected_by_target", detail=taken.reason, target_code=taken.code)
        _record(office, message, name, "rejected", {"reason": taken.code or refused.code})
        return Sent(name, taken, refused)
    payload = {"external_no": taken.external_no}
    _record(office, message, name, "accepted" if taken.state == "accepted" else None, payload, taken)
    return Sent(name, taken)


def _taken(
    application: Application,
    files: dict[str, bytes],
    key: str,
    submission: Submission | None,
    replacement: Replacement | None,
) -> Taken:
    """What the system that an application goes to says of it.

    The key is the confirmation's id: one that is rejected, changed and confirmed again is another request.
    """
    if _is_for_the_bank(application):
        if replacement is None:
            raise UsageError("adapter_missing", kind="replacement", file="-")
        return replacement.request(replacement_document(application, files), files, idempotency_key=key)
    if submission is None:
        raise UsageError("adapter_missing", kind="submission", file="-")
    return submission.submit(submission_document(application, files), files, idempotency_key=key)


def _is_for_the_bank(application: Application) -> bool:
    return application.kind != "first_issue" and application.channel in _TO_THE_BANK


def _read(office: Office, name: str) -> tuple[Application, dict[str, bytes]]:
    """The application, and its pictures by the names of documents.PARTS."""
    with office.store.reading() as unit:
        row = unit.application(name)
        application = load_application(row.document)
        pictures = {
            "photo": row.photo_id,
            "id_card_front": application.id_card_front and application.id_card_front.photo_id,
            "id_card_back": application.id_card_back and application.id_card_back.photo_id,
        }
        return application, {part: unit.photo(photo_id) for part, photo_id in pictures.items() if photo_id}


def _wait_on(office: Office, message: Outgoing, code: str) -> None:
    """It is due again after this round: who sends by hand, or by a timer of their own, decides when."""
    after = math.nextafter(office.clock(), math.inf)
    office.store.run(lambda unit: unit.failed(message.id, code, after, attempt=message.attempts))


def _record(
    office: Office,
    message: Outgoing,
    name: str,
    type: EventType | None,
    payload: dict[str, Any],
    taken: Taken | None = None,
) -> None:
    """The answer, its message's end and the line that tells who received the data: all in one transaction.

    Its id follows from the confirmation's, so that the answer of a second try is the same event. An answer is given
    after its question and not later than it arrives, whatever the clock there says.
    """
    rules = office.rules()
    now = datetime.fromtimestamp(rules.now, UTC)
    told_at = now if taken is None else min(parsed_time(taken.received_at), now)

    def told(unit: Unit) -> None:
        by: Source = "bank" if _is_for_the_bank(load_application(unit.application(name).document)) else "platform"
        if type is not None:
            asked = unit.entry(message.event_id)
            at = told_at if asked is None else max(told_at, asked.event.occurred_at)
            event = Event(derived_id(message.event_id, type), type, at, name, source=by, payload=payload)
            if unit.entry(event.event_id) is None:
                record(unit, event, rules)
        if taken is not None:
            unit.audit("submitted", application_id=name, receiver=by)
        unit.sent(message.id)

    office.store.run(told)
