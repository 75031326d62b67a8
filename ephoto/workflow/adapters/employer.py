"""The pre-check of a collective application: may these people apply by way of this employer, and what has it fixed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import check, schema
from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.adapters.roster_words import taken_codes
from ephoto.workflow.findings import Finding
from ephoto.workflow.foreign_json import is_storable
from ephoto.workflow.terms import EmployerTerms
from ephoto.workflow.wire.limits import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ephoto.workflow.wire.http import Client
    from ephoto.workflow.wire.mapping import WireMapping

__all__ = ["CheckRow", "EmployerAnswer", "HttpEmployers"]

REQUEST, ANSWER = "ephoto.employer-check/1", "ephoto.employer-check-answer/1"
_OTHER = "wf.rejected_by_target"


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A person to ask about; `row_no` is the roster's."""

    row_no: int
    id_number: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EmployerAnswer:
    """What the employer has fixed, its name as the target has it, and what is against a row, by number."""

    terms: EmployerTerms
    name: str
    findings: Mapping[int, Finding]


class HttpEmployers:
    """Asks by HTTP: the adapter "ephoto" of the kind employer.

    Parameters
    ----------
    ids : gives a fresh request id a call; it is the idempotency key too
    """

    def __init__(self, mapping: WireMapping, client: Client, ids: Callable[[], str]) -> None:
        self._mapping, self._client, self._ids = mapping, client, ids

    def check(self, employer_code: str, batch_no: str, rows: Iterable[CheckRow]) -> EmployerAnswer:
        """Ask about all rows, as many at once as a request may have.

        Raises
        ------
        InputError
            "document_unfit": a row cannot be asked about, or the answer is none. "wf.rejected_by_target": the answer is
            to something else, leaves rows out, or says one thing of the employer now and another a moment later. A
            code of the target's where it refuses the whole. "wf.field_required": there is no row.
        EnvironmentFault
            "target_unreachable", "target_nonsense".
        """
        terms: EmployerTerms | None = None
        name = ""
        findings: dict[int, Finding] = {}
        for part in _parts(rows, schema(REQUEST)["properties"]["rows"]["maxItems"]):
            answer = self._ask(employer_code, batch_no, part)
            said = _terms(answer)
            if terms is not None and said != terms:
                raise InputError(_OTHER, detail="the employer's terms have changed meanwhile")
            terms, name = said, answer.get("employer_name", "")
            findings |= _findings(answer, part)
        if terms is None:
            raise InputError("wf.field_required", field="rows")
        return EmployerAnswer(terms, name, findings)

    def _ask(self, employer_code: str, batch_no: str, rows: Sequence[CheckRow]) -> Mapping[str, Any]:
        request_id = self._ids()
        document = {
            "schema": REQUEST,
            "request_id": request_id,
            "employer_code": employer_code,
            "batch_no": batch_no,
            "rows": [{"row_no": row.row_no, "id_number": row.id_number, "name": row.name} for row in rows],
        }
        check(document, REQUEST)
        body = self._mapping.wire(document)
        path = self._mapping.path("check")
        answer = self._client.send("POST", path, body.data, body.content_type, idempotency_key=request_id)
        told = self._mapping.read(answer.body, answer.content_type, status=answer.status)
        check({key: value for key, value in told.items() if key != "extra"}, ANSWER)
        if not is_storable(told, 2 * limits().max_depth):  # "extra" lies deeper than the answer itself
            raise EnvironmentFault("target_nonsense", problem="it does not meet its schema")
        if told["request_id"] != request_id or told["employer_code"] != employer_code:
            raise InputError(_OTHER, detail="it answers another request")
        return told


def _parts(rows: Iterable[CheckRow], most: int) -> Iterator[list[CheckRow]]:
    coming = iter(rows)
    while part := list(islice(coming, most)):
        yield part


def _terms(answer: Mapping[str, Any]) -> EmployerTerms:
    return EmployerTerms(
        code=answer["employer_code"],
        opened=answer["collective_opened"],
        bank_codes=tuple(answer["bank_codes"]),
        branch_code=answer["branch_code"],
        delivery=answer["delivery"],
    )


def _findings(answer: Mapping[str, Any], rows: Sequence[CheckRow]) -> dict[int, Finding]:
    """What is against each row; each must be answered once."""
    said = {row["row_no"]: row["code"] for row in answer["rows"]}
    if len(said) < len(answer["rows"]) or said.keys() != {row.row_no for row in rows}:
        raise InputError(_OTHER, detail="its rows are not those that were asked about")
    taken = taken_codes()
    # Its own words are not handed on: they may name the person.
    return {row_no: Finding(code if code in taken else _OTHER) for row_no, code in said.items() if code is not None}
