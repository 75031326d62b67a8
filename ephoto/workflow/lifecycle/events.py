"""Something that has happened, as it is recorded: who says so, when it was, what belongs to it."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.workflow.values import EventType, Source

__all__ = ["OWN_IDS", "SCHEMA", "Event", "derived_id", "from_wire", "parsed_time", "to_wire"]

SCHEMA = "ephoto.event/1"
OWN_IDS = "ephoto."  # ids that ephoto gives itself begin so; nobody else may take one before it does
_NAMESPACE = uuid.UUID("3c1d7d9e-0f0b-5b6e-9f0c-6a1e6f2b7c11")
_OWN = ("schema", "event_id", "type", "occurred_at", "card_no", "application_id")


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes
    ----------
    event_id : names it for ever; whoever says it twice says it under one id
    occurred_at : when it happened, with a zone, by its source's clock
    application_id, card_no : whom it is about; one of them at least
    source : who says so; "ephoto" is ourselves
    actor : who did it there, as a code or a role; never a person's name
    payload : what else belongs to it, in the words of the schema: channel, branch_code, reason, also, ...
    """

    event_id: str
    type: EventType
    occurred_at: datetime
    application_id: str = ""
    card_no: str = field(default="", repr=False)
    source: Source = "ephoto"
    actor: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.occurred_at.tzinfo is None:
            raise ValueError("an event's time has a zone")
        if not self.event_id or not (self.application_id or self.card_no):
            raise ValueError("an event has an id and is about an application or a card")

    def content(self) -> bytes:
        """What two messages of one event have in common: everything but who passed it on, in canonical JSON."""
        said = {
            "type": self.type,
            "occurred_at": self.occurred_at.timestamp(),
            "application_id": self.application_id,
            "card_no": self.card_no,
            "payload": dict(self.payload),
        }
        return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()

    def digest(self) -> str:
        """SHA-256 of `content`, hexadecimal."""
        return hashlib.sha256(self.content()).hexdigest()


def derived_id(*parts: str) -> str:
    """The id of an event that follows from something else: always the same for the same (UUIDv5, RFC 9562, 5.5)."""
    return f"{OWN_IDS}{uuid.uuid5(_NAMESPACE, chr(10).join(parts))}"


def parsed_time(text: str) -> datetime:
    """An RFC 3339 time with a zone.

    Raises
    ------
    InputError
        "wf.field_unfit".
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = datetime.min
    if time.tzinfo is None:
        raise InputError("wf.field_unfit", field="occurred_at", problem="it is no RFC 3339 time with a zone")
    return time


def from_wire(document: Mapping[str, Any], source: Source) -> Event:
    """The event of a document that meets "ephoto.event/1" (see contracts.schemas.check); what the schema does not know
    is kept in the payload under "extra".

    Raises
    ------
    InputError
        "wf.field_unfit": its time is none.
    """
    from ephoto.contracts.schemas import schema

    known = schema(SCHEMA)["properties"]
    payload = {key: value for key, value in document.items() if key in known and key not in _OWN}
    extra = {key: value for key, value in document.items() if key not in known}
    return Event(
        event_id=str(document["event_id"]),
        type=document["type"],
        occurred_at=parsed_time(document["occurred_at"]),
        application_id=document.get("application_id", ""),
        card_no=document.get("card_no", ""),
        source=source,
        payload=payload | ({"extra": extra} if extra else {}),
    )


def to_wire(event: Event) -> dict[str, Any] | None:
    """The document of an event, as "ephoto.event/1" has it; None for one that other systems are not told of."""
    from ephoto.contracts.schemas import schema

    known = schema(SCHEMA)["properties"]
    if event.type not in known["type"]["enum"]:
        return None
    about = {"card_no": event.card_no, "application_id": event.application_id}
    return {
        "schema": SCHEMA,
        "event_id": event.event_id,
        "type": event.type,
        "occurred_at": event.occurred_at.isoformat(),
        **{key: value for key, value in event.payload.items() if key in known and key not in _OWN[:4]},
        **{key: value for key, value in about.items() if value},
    }
