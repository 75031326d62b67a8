"""What the store takes and gives, as values. Times are seconds since 1970 UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.workflow.lifecycle.events import Event
    from ephoto.workflow.values import ApplicationState, CardState, Kind, Route

__all__ = [
    "ENDED",
    "ApplicationRow",
    "Audit",
    "Batch",
    "BatchRow",
    "CardRow",
    "Entry",
    "Outgoing",
    "Parked",
    "PhotoFacts",
    "PhotoRole",
    "Purged",
]

# An application in one of these is no longer open: its person may have another one. The index says the same.
ENDED: tuple[ApplicationState, ...] = ("received", "closed", "cancelled", "rejected")

PhotoRole = Literal["card", "id_front", "id_back"]

_MARK = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """One application.

    Attributes
    ----------
    id : random; nothing of the person is in it
    person : `Vault.mark("person", ...)` of the ID document's type and number; never the number itself
    document : the application as JSON has it; sealed in the database, as are the two keys and the two numbers
    photo_id : of the card's photo, while it is there
    idempotency_key, payload_hash : of the request that made it
    external_no : what the platform calls it; no two have one
    predecessor_id : the application of the card that this one's card takes the place of
    created_at, updated_at : set by the store where they are 0, and with each save

    Raises
    ------
    ValueError
        `person` is no mark.
    """

    id: str
    person: str
    kind: Kind
    route: Route
    state: ApplicationState
    document: Mapping[str, Any] = field(repr=False)
    photo_id: str | None = None
    idempotency_key: str | None = field(default=None, repr=False)
    payload_hash: str | None = field(default=None, repr=False)
    external_no: str | None = None
    predecessor_id: str | None = None
    created_at: float = 0.0
    updated_at: float = 0.0

    def __post_init__(self) -> None:
        if not _MARK.fullmatch(self.person):
            raise ValueError("a person is called by a mark of the vault")


@dataclass(frozen=True, slots=True)
class CardRow:
    """The card of an application. `usable`: it can be paid or seen a doctor with, whatever else its state says."""

    application_id: str
    card_no: str = field(repr=False)
    state: CardState
    switches: frozenset[str]
    made_at: float
    received_at: float | None = None
    usable: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the history.

    Attributes
    ----------
    seq : given by the store when it is appended; of one application's entries, in the order of their appending
    event : read back, it names its application even where it came by its card's number alone
    digest : of the event as it came, by which the same event is known again
    derived_from : the id of the event that this one follows from
    """

    seq: int | None
    event: Event
    recorded_at: float
    digest: str = field(repr=False)
    derived_from: str | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """An event of the history that waits for its predecessor, until then."""

    event_id: str
    application_id: str
    until: float


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that somebody has claimed. `attempts` counts this one too."""

    id: int
    target: str
    event_id: str
    body: bytes = field(repr=False)
    attempts: int
    created_at: float


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """What is known of a photo without opening it. `sha256`, `bytes`: of the file."""

    photo_id: str
    application_id: str
    role: PhotoRole
    sha256: str = field(repr=False)
    bytes: int
    created_at: float


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch for the bureau; `attempt` counts how often it was handed in."""

    batch_no: str
    attempt: int
    mode: str
    sender: str
    receiver: str
    created_at: float


@dataclass(frozen=True, slots=True)
class BatchRow:
    """An application's place in a batch; open until it has a result."""

    batch_no: str
    row_no: int
    application_id: str
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """One line of the audit trail; nothing personal is in it."""

    seq: int
    at: float
    action: str
    application_id: str
    receiver: str
    count: int
    detail: str


@dataclass(frozen=True, slots=True)
class Purged:
    """How many photos went, of how many applications."""

    photos: int
    applications: int
