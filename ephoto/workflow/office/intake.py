"""An application taken in: opened once, edited while it is a draft, given its photo and the pictures of the ID card."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from ephoto.core.errors import InputError
from ephoto.workflow.lifecycle.events import Event, derived_id
from ephoto.workflow.model import Application, Photo, Picture, dump_application, load_application
from ephoto.workflow.office.recording import Rules, case_of, record
from ephoto.workflow.store.rows import ApplicationRow
from ephoto.workflow.validation.asked import NUMBERED

if TYPE_CHECKING:
    from collections.abc import Callable

    from ephoto.core.findings import Report
    from ephoto.workflow.store.rows import PhotoRole
    from ephoto.workflow.store.unit import Unit
    from ephoto.workflow.values import EventType, IdType, PhotoSource, Source
    from ephoto.workflow.vault import Vault

__all__ = [
    "Judged",
    "Step",
    "attach_id_card",
    "attach_photo",
    "edit",
    "number_mark",
    "open_application",
    "own_event",
    "person_mark",
    "reopen",
    "request_replacement",
]


@dataclass(frozen=True, slots=True)
class Judged:
    """A card's file, looked at again: `report` is that of the photo room for `spec` ("id@version")."""

    report: Report
    spec: str
    width: int
    height: int
    dpi: int


@dataclass(frozen=True, slots=True)
class Step:
    """What a step on an application goes by: the vault that marks people, the rules of the day, who takes it."""

    vault: Vault
    rules: Rules
    new_id: Callable[[], str]
    actor: str
    source: Source = "applicant"


def own_event(step: Step, type: EventType, application_id: str, **payload: Any) -> Event:
    """An event of our own, now."""
    at = datetime.fromtimestamp(step.rules.now, UTC)
    source: Source = "ephoto" if type == "photo_attached" else step.source
    return Event(step.new_id(), type, at, application_id, source=source, actor=step.actor, payload=payload)


def person_mark(vault: Vault, application: Application) -> str:
    """What tells one person from another, and tells nobody who it is."""
    return number_mark(vault, application.applicant.id_type, application.applicant.id_number)


def number_mark(vault: Vault, id_type: IdType, id_number: str) -> str:
    """The same for whoever's document has this type and number."""
    # Residents and those with a residence permit have numbers of one kind: one person, whatever the form says.
    kind = "resident_id" if id_type in NUMBERED else id_type
    return vault.mark("person", f"{kind}:{id_number}")


def open_application(unit: Unit, application: Application, step: Step, idempotency_key: str = "") -> str:
    """A new draft; gives its id. The same key with the same content gives the first one's.

    Raises
    ------
    InputError
        "wf.idempotency_conflict"; "wf.duplicate_application": an open one of this person exists; "wf.field_unfit": it
        tells of pictures, which are attached by their bytes, or the id that it brings holds a person's number.
    """
    _check_no_pictures(application)
    _check_name_tells_nobody(application)
    person = person_mark(step.vault, application)
    content = _content(step.vault, application)
    known = unit.by_idempotency_key(idempotency_key) if idempotency_key else None
    if known is not None:
        if known.payload_hash != content:
            raise InputError("wf.idempotency_conflict")
        return known.id
    if unit.open_application_of(person) is not None:
        raise InputError("wf.duplicate_application")
    now = step.rules.now
    application = application.model_copy(update={"application_id": application.application_id or step.new_id()})
    row = ApplicationRow(
        id=application.application_id,
        person=person,
        kind=application.kind,
        route=application.route,
        state="draft",
        document=dump_application(application),
        photo_id=None,
        idempotency_key=idempotency_key or None,
        payload_hash=content,
        external_no=None,
        predecessor_id=_predecessor(unit, application, person),
        created_at=now,
        updated_at=now,
    )
    unit.add_application(row)
    record(unit, own_event(step, "created", row.id), step.rules)
    if application.photo is not None and application.photo.source == "on_file":
        _note_on_file(unit, row.id, step)
    return row.id


def edit(unit: Unit, application_id: str, application: Application, step: Step) -> None:
    """Other data in a draft. Person and kind stay: another person is another application. So do the pictures, but that
    a photo is on file may be said of a draft without one; and what the employer has set.

    Raises
    ------
    InputError
        "wf.application_unknown", "wf.transition_refused", "wf.field_locked".
    """
    row = unit.application(application_id, lock=True)
    if person_mark(step.vault, application) != row.person:
        raise InputError("wf.field_locked", field="applicant.id_number")
    if application.kind != row.kind:
        raise InputError("wf.field_locked", field="kind")
    kept = load_application(row.document)
    _check_set_by_employer(kept, application)
    pictures = {name: getattr(kept, name) for name in ("photo", "id_card_front", "id_card_back")}
    on_file = kept.photo is None and application.photo is not None and application.photo.source == "on_file"
    if on_file:
        pictures["photo"] = application.photo
    edited = application.model_copy(update={"application_id": row.id, **pictures})
    before = _predecessor(unit, edited, row.person)
    saved = replace(row, document=dump_application(edited), route=edited.route, predecessor_id=before)
    unit.save_application(saved)
    record(unit, own_event(step, "data_edited", row.id), step.rules)
    if on_file:
        _note_on_file(unit, row.id, step)


def reopen(unit: Unit, application_id: str, step: Step) -> None:
    """A draft once more. Its photo serves again, unless it was what failed; pictures that were deleted meanwhile are
    asked for again.

    Raises
    ------
    InputError
        "wf.application_unknown", "wf.transition_refused".
    """
    before = case_of(unit, unit.application(application_id, lock=True), step.rules)
    record(unit, own_event(step, "reopened", application_id), step.rules)
    if before.fail_type == "photo" or before.reason == "wf.photo_rejected":
        unit.drop_photos(application_id, "card")
    row = unit.application(application_id)
    roles: dict[str, PhotoRole] = {"photo": "card", "id_card_front": "id_front", "id_card_back": "id_back"}
    on_file = (row.document.get("photo") or {}).get("source") == "on_file"
    gone = {
        part
        for part, role in roles.items()
        if unit.photo_of(row.id, role) is None and not (part == "photo" and on_file)
    }
    document = {key: value for key, value in row.document.items() if key not in gone}
    unit.save_application(replace(row, document=document, photo_id=None if "photo" in gone else row.photo_id))
    if on_file:
        _note_on_file(unit, row.id, step)
    elif "photo" in document:
        said = {"sha256": document["photo"]["sha256"], "source": document["photo"]["source"]}
        record(unit, own_event(step, "photo_attached", row.id, **said), step.rules)


def attach_photo(unit: Unit, application_id: str, data: bytes, judged: Judged, source: PhotoSource, step: Step) -> None:
    """The card's photo, in place of one that is there.

    Raises
    ------
    InputError
        "wf.photo_rejected" with the rules that it fails; "wf.application_unknown"; "wf.transition_refused";
        "wf.consent_required": nothing of a face is kept before the person has agreed to it.
    """
    if not judged.report.passed:
        failed = [f.code for f in (*judged.report.failed, *judged.report.unknown)]
        raise InputError("wf.photo_rejected", problem=", ".join(failed), spec=judged.spec)
    row = unit.application(application_id, lock=True)
    _check_consent(row, step)
    digest = hashlib.sha256(data).hexdigest()
    event = own_event(step, "photo_attached", row.id, sha256=digest, source=source)
    record(unit, event, step.rules)
    photo_id = unit.put_photo(row.id, "card", data)
    photo = Photo(
        source=source,
        photo_id=photo_id,
        sha256=digest,
        bytes=len(data),
        width=judged.width,
        height=judged.height,
        dpi=judged.dpi,
        spec=judged.spec,
        report_status="pass",
    )
    row = unit.application(application_id)
    document = {**row.document, "photo": photo.model_dump(mode="json", exclude_none=True)}
    unit.save_application(replace(row, document=document, photo_id=photo_id))


def attach_id_card(unit: Unit, application_id: str, side: Literal["front", "back"], data: bytes, step: Step) -> None:
    """A picture of one side of the ID card, in place of one that is there; it is kept as the photo is.

    Raises
    ------
    InputError
        "wf.application_unknown"; "wf.transition_refused".
    """
    row = unit.application(application_id, lock=True)
    _check_consent(row, step)
    record(unit, own_event(step, "data_edited", row.id, what=f"id_card_{side}"), step.rules)
    row = unit.application(application_id)
    photo_id = unit.put_photo(row.id, "id_front" if side == "front" else "id_back", data)
    picture = Picture(photo_id=photo_id, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    document = {**row.document, f"id_card_{side}": picture.model_dump(mode="json")}
    unit.save_application(replace(row, document=document))


def request_replacement(unit: Unit, row: ApplicationRow, step: Step) -> None:
    """Note on the old card, if it is one of ours, that another one is on its way; it stays usable."""
    if row.predecessor_id is None:
        return
    at = datetime.fromtimestamp(step.rules.now, UTC)
    event = Event(
        derived_id(row.id, "replacement_requested"),
        "replacement_requested",
        at,
        row.predecessor_id,
        source="ephoto",
        payload={"successor_application_id": row.id},
    )
    if unit.entry(event.event_id) is None:
        record(unit, event, step.rules, refuse=False)


def _note_on_file(unit: Unit, application_id: str, step: Step) -> None:
    record(unit, own_event(step, "photo_attached", application_id, source="on_file"), step.rules)


def _check_set_by_employer(kept: Application, edited: Application) -> None:
    """What the employer has set is as it was, and set by the employer still."""
    branch, delivery = kept.bank and kept.bank.branch_code, kept.delivery and kept.delivery.method
    if kept.branch_locked and not (
        edited.branch_locked and edited.bank is not None and edited.bank.branch_code == branch
    ):
        raise InputError("wf.field_locked", field="bank.branch_code")
    locked = kept.delivery is not None and kept.delivery.locked
    if locked and not (edited.delivery is not None and edited.delivery.locked and edited.delivery.method == delivery):
        raise InputError("wf.field_locked", field="delivery.method")


def _check_consent(row: ApplicationRow, step: Step) -> None:
    """A picture of a person is kept after their consent, which names every receiver of the policy."""
    scope = (row.document.get("consent") or {}).get("scope", ())
    lacking = [name for name in step.rules.policy.receivers if name not in scope]
    if lacking:
        raise InputError("wf.consent_required", receiver=lacking)


def _check_no_pictures(application: Application) -> None:
    """What is said of a picture counts only where its bytes were looked at."""
    told = {name: getattr(application, name) for name in ("photo", "id_card_front", "id_card_back")}
    for name, picture in told.items():
        if picture is not None and getattr(picture, "source", "") != "on_file":
            raise InputError("wf.field_unfit", field=name, problem="it is attached by its bytes")


def _check_name_tells_nobody(application: Application) -> None:
    """An application's id stands in addresses, lists and names of files."""
    person, guardian, previous = application.applicant, application.guardian, application.previous
    numbers = (person.id_number, person.mobile, guardian and guardian.id_number, previous and previous.card_no)
    if any(number and number.casefold() in application.application_id.casefold() for number in numbers):
        raise InputError("wf.field_unfit", field="application_id", problem="it tells who the person is")


def _predecessor(unit: Unit, application: Application, person: str) -> str | None:
    """The application of the card that shall be replaced: by its number, else the person's last one with a card."""
    if application.kind == "first_issue":
        return None
    number = "" if application.previous is None else application.previous.card_no
    if number:
        card = unit.card_by_no(number)
        return None if card is None or unit.application(card.application_id).person != person else card.application_id
    with_card = [row for row in unit.applications(person=person, limit=None) if unit.card(row.id) is not None]
    return max(with_card, key=lambda row: row.created_at).id if with_card else None


def _content(vault: Vault, application: Application) -> str:
    """What two requests of one key must have in common; a mark, since it can be guessed back from a bare digest."""
    table = {k: v for k, v in dump_application(application).items() if k != "application_id"}
    return vault.mark("content", json.dumps(table, sort_keys=True, ensure_ascii=False))
