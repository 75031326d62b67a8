"""The canonical documents of an application: "ephoto.submission/1" and "ephoto.replacement/1" (ephoto/contracts).

What is missing is refused here by its field, and nothing leaves that does not meet its schema. The old card's number is
told masked; a guardian goes along only by the guardian's route.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import check
from ephoto.core.errors import InputError
from ephoto.workflow.identity import read_id
from ephoto.workflow.masks import mask_card
from ephoto.workflow.model import Previous

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from ephoto.workflow.model import Applicant, Application, Photo, Picture

__all__ = ["PARTS", "REPLACEMENT", "SUBMISSION", "replacement_document", "submission_document"]

SUBMISSION = "ephoto.submission/1"
REPLACEMENT = "ephoto.replacement/1"
# A part's name, as the keys of `files`, and the file's name that the document gives it.
PARTS = {"photo": "photo.jpg", "id_card_front": "id_card_front.jpg", "id_card_back": "id_card_back.jpg"}
_NUMBERED = ("resident_id", "hk_macao_taiwan_residence")


def submission_document(application: Application, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The personal application.

    Parameters
    ----------
    files : the bytes that go along, by the names of PARTS; no photo where the platform has one on file

    Raises
    ------
    InputError
        "wf.field_required" with the first field that is missing; "wf.photo_missing", "wf.id_card_picture_missing";
        "wf.photo_rejected", "wf.field_unfit": the bytes are not those that the application tells of;
        "wf.id_invalid", "wf.id_check_digit", "wf.id_birth_date"; "document_unfit": what no finding stopped does not
        meet the schema.
    EnvironmentFault
        "extra_missing".
    """
    told = {
        "schema": SUBMISSION,
        "application_id": _set(application.application_id, "application_id"),
        "kind": application.kind,
        "route": application.route,
        "applicant": _applicant(application.applicant),
        **_employer(application),
        **_guardian(application),
        "bank": _bank(application),
        "delivery": _delivery(application),
        "photo": _photo(application.photo, files),
        "id_card": {side: _picture(application, side, files) for side in ("front", "back")},
        "verification": _verification(application, ("real_name_at", "face_at", "provider")),
        **_previous(application),
        "pledge_accepted_at": _time(_set(application.pledge_accepted_at, "pledge_accepted_at")),
        "consent": _consent(application),
    }
    check(told, SUBMISSION)
    return told


def replacement_document(application: Application, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The request for another card, at a branch or online.

    Parameters and errors are those of `submission_document`; "document_unfit" also for an application that is no
    replacement, or whose channel is neither "branch_counter" nor "online_remote".
    """
    told = {
        "schema": REPLACEMENT,
        "application_id": _set(application.application_id, "application_id"),
        "kind": application.kind,
        "channel": _set(application.channel, "channel"),
        "applicant": _applicant(application.applicant),
        "bank": _bank(application),
        "delivery": _delivery(application),
        **_previous(application),
        "photo": _photo(application.photo, files),
        "consent": _consent(application),
    }
    if application.channel == "branch_counter":
        told["valid_id"] = {
            "id_type": application.applicant.id_type,
            "shown_at": _time(_set(application.valid_id_shown_at, "valid_id_shown_at")),
        }
    else:
        told["verification"] = _verification(application, ("real_name_at",))
    check(told, REPLACEMENT)
    return told


def _set(value: Any, field: str) -> Any:
    if value is None or value == "":
        raise InputError("wf.field_required", field=field)
    return value


def _filled(**fields: Any) -> dict[str, Any]:
    """The fields in which something stands."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def _time(moment: datetime) -> str:
    return moment.isoformat()


def _day(day: date | str | None) -> str | None:
    return day if day is None or isinstance(day, str) else day.isoformat()


def _applicant(person: Applicant) -> dict[str, Any]:
    """Birth date and sex are the ID number's, where it tells them."""
    born, sex = person.birth_date, person.sex
    if person.id_type in _NUMBERED:
        number = read_id(person.id_number)
        born, sex = number.birth_date, number.sex
    return {
        "name": person.name,
        "id_type": person.id_type,
        "id_number": person.id_number,
        "birth_date": _day(_set(born, "applicant.birth_date")),
        "sex": _set(sex, "applicant.sex"),
        "mobile": _set(person.mobile, "applicant.mobile"),
        **_filled(
            nation=person.nation,
            occupation=person.occupation,
            id_valid_from=_day(person.id_valid_from),
            id_valid_to=_day(person.id_valid_to),
            address=person.address,
        ),
    }


def _employer(application: Application) -> dict[str, Any]:
    if application.route != "in_service":
        return {}
    employer = _set(application.employer, "employer.code")
    told = {"code": _set(employer.code, "employer.code"), "collective_opened": employer.collective_opened}
    return {"employer": told | _filled(name=employer.name, batch_no=employer.batch_no)}


def _guardian(application: Application) -> dict[str, Any]:
    if application.route != "guardian":
        return {}
    guardian = _set(application.guardian, "guardian.name")
    told = {
        "name": _set(guardian.name, "guardian.name"),
        "id_type": guardian.id_type,
        "id_number": _set(guardian.id_number, "guardian.id_number"),
        "mobile": _set(guardian.mobile, "guardian.mobile"),
    }
    return {"guardian": told | _filled(relation=guardian.relation)}


def _bank(application: Application) -> dict[str, Any]:
    bank = _set(application.bank, "bank.code")
    return {"code": _set(bank.code, "bank.code")} | _filled(branch_code=bank.branch_code)


def _delivery(application: Application) -> dict[str, Any]:
    """The address goes along only where something is mailed."""
    delivery = _set(application.delivery, "delivery.method")
    told = {"method": _set(delivery.method, "delivery.method"), "locked": delivery.locked}
    if delivery.method != "mail_personal":
        return told
    needed = ("recipient", "mobile", "province", "city", "district", "address")
    told |= {name: _set(getattr(delivery, name), f"delivery.{name}") for name in needed}
    return told | _filled(postcode=delivery.postcode)


def _photo(photo: Photo | None, files: Mapping[str, bytes]) -> dict[str, Any]:
    if photo is None:
        raise InputError("wf.photo_missing")
    if photo.source == "on_file":
        return {"source": photo.source}
    if "photo" not in files:
        raise InputError("wf.photo_missing")
    data = files["photo"]
    if photo.sha256 != hashlib.sha256(data).hexdigest() or photo.bytes != len(data):
        raise InputError("wf.photo_rejected", problem="its bytes are others than those that were checked", spec="-")
    told = {name: _set(getattr(photo, name), f"photo.{name}") for name in ("width", "height", "dpi", "spec")}
    status = _set(photo.report_status, "photo.report_status")
    return {"source": photo.source, **_file("photo", data), **told, "report_status": status}


def _picture(application: Application, side: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    part = f"id_card_{side}"
    picture: Picture | None = getattr(application, part)
    if picture is None or part not in files:
        raise InputError("wf.id_card_picture_missing", side=side)
    if picture.sha256 != hashlib.sha256(files[part]).hexdigest():
        raise InputError("wf.field_unfit", field=part, problem="its bytes are others than those that were taken")
    return _file(part, files[part])


def _file(part: str, data: bytes) -> dict[str, Any]:
    return {"file": PARTS[part], "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def _verification(application: Application, needed: tuple[str, ...]) -> dict[str, Any]:
    found = application.verification
    told = _filled(
        real_name_at=None if found is None or found.real_name_at is None else _time(found.real_name_at),
        face_at=None if found is None or found.face_at is None else _time(found.face_at),
        provider=None if found is None else found.provider,
        ref=None if found is None else found.ref,
    )
    for name in needed:
        _set(told.get(name), f"verification.{name}")
    return told


def _previous(application: Application) -> dict[str, Any]:
    """What is known of the old card, perhaps nothing: it is never asked for."""
    if application.kind == "first_issue":
        return {}
    previous = application.previous or Previous()
    masked = mask_card(previous.card_no) if previous.card_no else ""
    told = _filled(card_no_masked=masked, reason=previous.reason, identity_change_ref=previous.identity_change_ref)
    return {"previous": {"returned": previous.returned} | told}


def _consent(application: Application) -> dict[str, Any]:
    consent = _set(application.consent, "consent")
    return {"version": consent.version, "at": _time(consent.at), "scope": list(consent.scope)}
