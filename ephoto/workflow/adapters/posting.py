"""One document with its pictures, posted by HTTP, and what the answer says."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import check, faults
from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.core.signing import timestamp
from ephoto.workflow.adapters.protocols import Taken
from ephoto.workflow.foreign_json import is_storable
from ephoto.workflow.wire.limits import limits
from ephoto.workflow.wire.mapping import kinds
from ephoto.workflow.wire.places import PICTURES, at
from ephoto.workflow.wire.refusals import is_code, masked_detail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.core.signing import Clock
    from ephoto.workflow.wire.http import Answer, Client
    from ephoto.workflow.wire.mapping import WireMapping

__all__ = ["ask", "post"]

_UNTOLD = "not-told"  # stands for an application's id where the target has none
_PEOPLE = ("applicant", "guardian", "delivery")
_PERSONAL = ("name", "recipient", "id_number", "mobile", "address")


def post(
    mapping: WireMapping,
    client: Client,
    clock: Clock,
    purpose: str,
    document: Mapping[str, Any],
    files: Mapping[str, bytes],
    *,
    idempotency_key: str,
) -> Taken:
    """Send a document that meets the mapping's schema, with the pictures that it tells of.

    Raises
    ------
    InputError
        "document_unfit"; "wf.photo_missing", "wf.id_card_picture_missing", "wf.photo_rejected": the pictures are not
        those of the document. "wf.value_too_long", "wf.field_unfit": the mapping cannot send it. The target's code
        where it refuses.
    EnvironmentFault
        "target_unreachable", "target_nonsense".
    """
    check(document, mapping.adapter.schema)
    body = mapping.wire(document, _pictures(document, files))
    answer = client.exchange(
        "POST", mapping.path(purpose), body.data, body.content_type, idempotency_key=idempotency_key
    )
    private = _private(document)
    told = _read(mapping, clock, answer, private, application_id=str(document["application_id"]))
    if told["application_id"] != document["application_id"]:
        raise EnvironmentFault("target_nonsense", problem="it is about another application")
    return _taken(told, private, findings=body.findings)


def ask(mapping: WireMapping, client: Client, clock: Clock, purpose: str, external_no: str) -> Taken:
    """What became of an application.

    Raises
    ------
    InputError
        The target's code where it refuses.
    EnvironmentFault
        "target_unreachable", "target_nonsense".
    """
    answer = client.exchange("GET", mapping.path(purpose, external_no=external_no))
    told = _read(mapping, clock, answer, (), external_no=external_no)
    if told["external_no"] != external_no:
        raise EnvironmentFault("target_nonsense", problem="it is about another application")
    return _taken(told, ())


def _read(mapping: WireMapping, clock: Clock, answer: Answer, private: tuple[str, ...], **known: str) -> dict[str, Any]:
    """The answer as its schema has it; what a target does not say is what we know or its default."""
    told = mapping.read(answer.body, answer.content_type, status=answer.status, private=private)
    name = kinds()[mapping.adapter.kind]["answer"]
    if mapping.response.fields:
        given = {"schema": name, "application_id": _UNTOLD, "state": "submitted", "received_at": timestamp(clock())}
        told = given | known | told
    unfit = faults({key: value for key, value in told.items() if key != "extra"}, name)
    if unfit or not is_storable(told, 2 * limits().max_depth):  # "extra" lies deeper than the answer itself
        raise EnvironmentFault("target_nonsense", problem="it does not meet its schema")
    return told


def _taken(told: Mapping[str, Any], private: tuple[str, ...], **more: Any) -> Taken:
    code = told.get("code", "")
    return Taken(
        application_id="" if told["application_id"] == _UNTOLD else told["application_id"],
        external_no=told["external_no"],
        state=told["state"],
        received_at=told["received_at"],
        code=code if is_code(code) else "",
        reason=masked_detail(told.get("reason", ""), private),
        instant=told.get("instant", False),
        extra=told.get("extra", {}),
        **more,
    )


def _pictures(document: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The pictures that the document tells of, and no other."""
    made: dict[str, bytes] = {}
    for part, place in PICTURES.items():
        told = at(document, place)
        if told is None or "file" not in told:
            continue
        if part not in files:
            raise _missing(part)
        data = files[part]
        if told["bytes"] != len(data) or told["sha256"] != hashlib.sha256(data).hexdigest():
            problem = "its bytes are others than those that were checked"
            raise InputError("wf.photo_rejected", problem=problem, spec=told.get("spec", "-"))
        made[part] = data
    return made


def _missing(part: str) -> InputError:
    if part == "photo":
        return InputError("wf.photo_missing")
    return InputError("wf.id_card_picture_missing", side=part.removeprefix("id_card_"))


def _private(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What of the document an error must not tell on, though the target repeats it."""
    people = [document.get(one, {}) for one in _PEOPLE]
    return tuple(str(person[key]) for person in people for key in _PERSONAL if person.get(key))
