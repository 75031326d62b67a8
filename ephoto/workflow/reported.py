"""What others report: a document of "ephoto.event/1" as an event, with what happened together with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ephoto.contracts.schemas import faults
from ephoto.core.errors import InputError
from ephoto.workflow.findings import Finding
from ephoto.workflow.foreign_json import check_parts
from ephoto.workflow.lifecycle.events import OWN_IDS, SCHEMA, Event, derived_id, from_wire
from ephoto.workflow.lifecycle.transitions import of_application, of_card
from ephoto.workflow.problems import limits

if TYPE_CHECKING:
    from ephoto.workflow.values import EventType, Source

__all__ = ["Record", "Recorded", "Status", "UnfitError", "read_event", "record_together", "together"]

Status = Literal["applied", "parked", "duplicate"]


class Recorded(Protocol):
    """What became of an event; more in office.py."""

    @property
    def status(self) -> Status: ...


Record = Callable[[Event], Recorded]


class UnfitError(InputError):
    """A document that is no event; `findings` say where and why, without what it holds."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("wf.body_invalid")
        self.findings = findings

    def __reduce__(self) -> tuple[Any, ...]:
        return UnfitError, self.findings


def read_event(document: dict[str, Any], source: Source) -> Event:
    """The event of a document; fields that the schema does not know are kept beside it.

    Raises
    ------
    UnfitError
        "wf.body_invalid": it does not meet the schema, its time is none, or it is not this source's to say
        (transitions.toml).
    """
    found = faults(document, SCHEMA)
    if not found and str(document["event_id"]).startswith(OWN_IDS):
        raise UnfitError(_finding("/event_id", "it is an id that ephoto gives itself"))
    if found:
        raise UnfitError(*(_finding(fault.pointer, f"it does not meet the rule {fault.keyword}") for fault in found))
    try:
        check_parts(document, limits().depth)
    except InputError as error:
        raise UnfitError(_finding("", error.values["problem"])) from None
    said = {"/type": document["type"]} | {f"/also/{n}": kind for n, kind in enumerate(document.get("also", ()))}
    odd = [pointer for pointer, kind in said.items() if source not in _sayers(kind)]
    if odd:
        raise UnfitError(*(_finding(pointer, "it is not this source's to say") for pointer in odd))
    try:
        return from_wire(document, source)
    except InputError:
        raise UnfitError(_finding("/occurred_at", "it is no RFC 3339 time with a zone")) from None


def _sayers(kind: EventType) -> tuple[Source, ...]:
    return tuple(source for table in (of_application(), of_card()) if kind in table for source in table[kind].by)


def _finding(pointer: str, problem: str) -> Finding:
    return Finding("wf.field_unfit", pointer, {"field": pointer or "/", "problem": problem})


def together(event: Event) -> tuple[Event, ...]:
    """The event, and one more for each type in its `also`.

    Their ids follow from the event's own and the type (UUIDv5), so that a report that comes twice names them alike.
    """
    shared = {key: value for key, value in event.payload.items() if key not in ("also", "extra")}
    also = [kind for kind in event.payload.get("also", ()) if kind != event.type]
    return event, *(replace(event, event_id=_id_of(event, kind), type=kind, payload=shared) for kind in also)


def _id_of(event: Event, kind: str) -> str:
    return derived_id("also", event.event_id, kind)


def record_together(record: Record, event: Event) -> Status:
    """Record an event and what happened with it, one after the other; "duplicate" only if all were known.

    A crash in between leaves the first ones; the report's next coming adds the others.

    Raises
    ------
    InputError, EnvironmentFault
        As `record` has it.
    """
    became = [record(one).status for one in together(event)]
    return next((status for status in became if status != "duplicate"), "duplicate")
