"""What each adapter can do; other packages give theirs by entry point (registry.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ephoto.workflow.adapters.employer import CheckRow, EmployerAnswer
    from ephoto.workflow.findings import Finding
    from ephoto.workflow.store.rows import Outgoing

__all__ = ["Employers", "Notify", "Replacement", "State", "Submission", "Taken"]

State = Literal["submitted", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What a system says of an application that it was given.

    Attributes
    ----------
    application_id : ours; "" where the system was asked by its own number and does not tell
    external_no : its own number, by which it is asked again
    received_at : RFC 3339, by its clock; by ours where it does not say
    code, reason : why it was rejected, if it was; what is personal in the reason is masked
    instant : a card can be made at once, at the branch
    extra : what else it said, which we do not know; it may be personal and is in no repr
    findings : warnings of what was sent
    """

    application_id: str
    external_no: str
    state: State
    received_at: str
    code: str = ""
    reason: str = ""
    instant: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)
    findings: tuple[Finding, ...] = ()


class Submission(Protocol):
    """Takes personal applications."""

    def submit(self, document: Mapping[str, Any], files: Mapping[str, bytes], *, idempotency_key: str) -> Taken:
        """Hand over an application: "ephoto.submission/1", and the pictures by the names of documents.PARTS. The same
        key and document once more has the same answer and no second effect.
        """
        ...

    def status(self, external_no: str) -> Taken:
        """What became of it."""
        ...


class Replacement(Protocol):
    """Takes requests for another card."""

    def request(self, document: Mapping[str, Any], files: Mapping[str, bytes], *, idempotency_key: str) -> Taken:
        """Hand over a request: "ephoto.replacement/1", with its photo."""
        ...


class Employers(Protocol):
    """Answers for employers whether people may apply by way of them."""

    def check(self, employer_code: str, batch_no: str, rows: Iterable[CheckRow]) -> EmployerAnswer:
        """What the employer has fixed, and what is against each row."""
        ...


class Notify(Protocol):
    """Tells a subscriber of events."""

    def deliver(self, outgoing: Outgoing) -> None:
        """Send one message; when this returns the receiver has it."""
        ...
