"""The platform that takes personal applications, and the bank that takes requests for another card."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ephoto.sandbox.bodies import json_object
from ephoto.sandbox.books import Case
from ephoto.sandbox.pictures import check_pictures
from ephoto.sandbox.refusals import Refused, held_against
from ephoto.sandbox.times import stamped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ephoto.sandbox.bodies import Part
    from ephoto.sandbox.books import Books
    from ephoto.sandbox.telling import Teller
    from ephoto.sandbox.words import CaseState
    from ephoto.sandbox.world import World

__all__ = ["Desk", "Form", "read_form"]

_SUBMISSION, _REPLACEMENT = "ephoto.submission/1", "ephoto.replacement/1"
_PARTS = {_SUBMISSION: "application", _REPLACEMENT: "request"}
_LETTERS = {_SUBMISSION: "P", _REPLACEMENT: "R"}
_AGAIN: tuple[CaseState, ...] = ("rejected", "production_failed")  # from here one may apply again


class Form:
    """A request that was read. `mark` tells its content from another's, whatever boundary was drawn."""

    def __init__(self, document: Mapping[str, Any], parts: Mapping[str, Part], mark: str) -> None:
        self.document, self.parts, self.mark = document, parts, mark


def read_form(parts: Mapping[str, Part], schema: str) -> Form:
    """The document and the pictures of a form.

    Raises
    ------
    Refused
        400: "wf.body_invalid", and what `check_pictures` says.
    """
    own = parts.get(_PARTS[schema])
    if own is None or own.content_type != "application/json":
        raise Refused(400, "wf.body_invalid")
    document = json_object(bytes(own.data))
    held_against(document, schema)
    pictures = {name: part for name, part in parts.items() if part is not own}
    check_pictures(document, pictures)
    mark = hashlib.sha256(hashlib.sha256(own.data).digest())
    for name in sorted(pictures):
        mark.update(name.encode() + b"\0" + hashlib.sha256(pictures[name].data).digest())
    return Form(document, pictures, mark.hexdigest())


class Desk:
    """Takes applications of both kinds.

    Parameters
    ----------
    world : who gets no card, and what banks can
    clock : seconds since 1970 UTC
    """

    def __init__(self, world: World, books: Books, teller: Teller, clock: Callable[[], float]) -> None:
        self._world, self._books, self._teller, self._clock = world, books, teller, clock

    def take(self, form: Form) -> dict[str, Any]:
        """The answer to a request.

        Raises
        ------
        Refused
            422: "wf.duplicate_application", "wf.remote_not_supported", and why the person gets none.
        """
        document = form.document
        schema, applicant = document["schema"], document["applicant"]
        number, kind = applicant["id_number"], document["kind"]
        if document.get("channel") == "online_remote" and document["bank"]["code"] in self._world.banks_without_remote:
            raise Refused(422, "wf.remote_not_supported")
        person = self._world.person(number)
        code = self._world.refusal(number, first_issue=kind == "first_issue")
        if code and person.answer not in ("reject", "later"):
            raise Refused(422, code)
        state: CaseState = "rejected" if code and person.answer == "reject" else "accepted"
        state = "submitted" if person.answer in ("later", "wait") else state
        with self._books.lock:
            self._refuse_second(document["application_id"], number)
            case = self._entered(document, schema, state, code)
        answer = self.answer(case)
        if state == "submitted":
            self._decide(case, code)
        return answer

    def _refuse_second(self, application_id: str, id_number: str) -> None:
        before = self._books.cases.get(application_id)
        if before is not None and before.state not in _AGAIN:
            raise Refused(422, "wf.duplicate_application")
        other = self._books.open_case(id_number)
        if other is not None and other.application_id != application_id:
            raise Refused(422, "wf.duplicate_application")

    def _entered(self, document: Mapping[str, Any], schema: str, state: CaseState, code: str) -> Case:
        branch = document["bank"].get("branch_code", "")
        case = Case(
            application_id=document["application_id"],
            external_no=self._books.new_number(_LETTERS[schema]),
            schema=schema,
            kind=document["kind"],
            state=state,
            received_at=self._clock(),
            id_number=document["applicant"]["id_number"],
            delivery=document["delivery"]["method"],
            branch_code=branch,
            instant=branch in self._world.instant_branches if schema == _REPLACEMENT else None,
            code=code if state == "rejected" else "",
        )
        self._books.enter(case)
        self._books.counts[_PARTS[schema]] += 1
        return case

    def _decide(self, case: Case, code: str) -> None:
        """Say later what became of it."""
        said: dict[str, Any] = {"application_id": case.application_id, "external_no": case.external_no}
        if code:
            self._teller.tell({"type": "rejected", "reason": code, **said})
        else:
            self._teller.tell({"type": "accepted", **said})

    def answer(self, case: Case) -> dict[str, Any]:
        """What is known of a case: "ephoto.submission-answer/1" or "ephoto.replacement-answer/1"."""
        told: dict[str, Any] = {
            "schema": case.schema.replace("/", "-answer/"),
            "application_id": case.application_id,
            "external_no": case.external_no,
            "state": case.state if case.state in ("submitted", "rejected") else "accepted",
            "received_at": stamped(case.received_at),
        }
        if case.instant is not None:
            told["instant"] = case.instant
        if case.code:
            told |= {"code": case.code, "reason": Refused(422, case.code).message("zh")}
        return told
