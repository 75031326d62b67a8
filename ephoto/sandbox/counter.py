"""The counterparts behind one door: what each signed request of /v1 is answered."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from ephoto.contracts.schemas import check
from ephoto.sandbox.answers import Answered, Answers
from ephoto.sandbox.bodies import json_object, parts_of
from ephoto.sandbox.employers import employer_answer
from ephoto.sandbox.exchange import as_json, refused
from ephoto.sandbox.platform import Desk, Form, read_form
from ephoto.sandbox.refusals import Refused, held_against

if TYPE_CHECKING:
    from collections.abc import Callable

    from ephoto.sandbox.books import Books
    from ephoto.sandbox.world import World

__all__ = ["Call", "Counter"]

_MOST_EVENTS, _USUAL_EVENTS = 500, 100
_ANSWERS = {"ephoto.submission/1": "ephoto.submission-answer/1", "ephoto.replacement/1": "ephoto.replacement-answer/1"}


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in."""

    content_type: str
    query: str
    body: bytes = field(repr=False)
    idempotency_key: str = ""


class Counter:
    """Answers requests; safe to call from several threads.

    Parameters
    ----------
    pause : called while a request is being worked on; for faults
    """

    def __init__(self, world: World, books: Books, desk: Desk, pause: Callable[[], None]) -> None:
        self._world, self._books, self._desk, self._pause = world, books, desk, pause
        self._answers = Answers()

    def note_fault(self, error: Exception) -> None:
        """Count a bug of the sandbox's own, by its kind; the state shows it."""
        with self._books.lock:
            self._books.counts[f"bug {type(error).__name__}"] += 1

    def apply(self, call: Call) -> Answered:
        """POST /v1/applications"""
        return self._taken(call, "ephoto.submission/1")

    def replace(self, call: Call) -> Answered:
        """POST /v1/replacements"""
        return self._taken(call, "ephoto.replacement/1")

    def status(self, external_no: str) -> Answered:
        """GET /v1/applications/{external_no}"""
        case = self._books.case_by_number(external_no)
        if case is None:
            raise Refused(404, "wf.application_unknown")
        return self._checked(self._desk.answer(case), _ANSWERS[case.schema])

    def employer(self, call: Call) -> Answered:
        """POST /v1/employer-checks"""
        document = json_object(_json(call))
        self._pause()
        with self._books.lock:
            self._books.counts["employer-check"] += 1
        return self._checked(employer_answer(document, self._world), "ephoto.employer-check-answer/1")

    def events(self, call: Call) -> Answered:
        """GET /v1/events"""
        said = parse_qs(call.query, keep_blank_values=True)
        limit = said.get("limit", [str(_USUAL_EVENTS)])[-1]
        if set(said) - {"cursor", "limit"} or not limit.isdecimal() or not 1 <= int(limit[:9]) <= _MOST_EVENTS:
            raise Refused(400, "wf.field_unfit", field="limit", problem="a number is out of range")
        self._pause()
        events, cursor, more = self._books.feed(said.get("cursor", [""])[-1], int(limit))
        told = {"schema": "ephoto.feed/1", "events": events, "cursor": cursor, "more": more}
        return self._checked(told, "ephoto.feed/1")

    def notice(self, call: Call) -> Answered:
        """POST /v1/notices"""
        document = json_object(_json(call))
        held_against(document, "ephoto.event/1")
        self._pause()
        mark = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
        first = self._books.note(document["event_id"], mark)
        if first not in (None, mark):
            raise Refused(409, "wf.event_conflict")
        return as_json({"duplicate": first is not None})

    def _taken(self, call: Call, schema: str) -> Answered:
        if not call.idempotency_key:
            raise Refused(400, "wf.field_required", field="Idempotency-Key")
        form = read_form(parts_of(call.content_type, call.body), schema)
        return self._answers.once(f"{schema} {call.idempotency_key}", form.mark, lambda: self._first(form, schema))

    def _first(self, form: Form, schema: str) -> Answered:
        """A first answer; a refusal is one too, and is kept like any other."""
        self._pause()
        try:
            return self._checked(self._desk.take(form), _ANSWERS[schema], 202)
        except Refused as error:
            return refused(error)

    def _checked(self, document: dict[str, Any], name: str, status: int = 200) -> Answered:
        check(document, name)
        return as_json(document, status)


def _json(call: Call) -> bytes:
    if call.content_type.split(";")[0].strip().lower() != "application/json":
        raise Refused(400, "wf.body_invalid")
    return call.body
