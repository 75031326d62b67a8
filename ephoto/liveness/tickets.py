"""Tickets that wait for their answer: each gets one, in its time, and keeps it.

What may become of a ticket is decided here, by steps on values; a store only sees to it that steps on one ticket come
one after the other, whoever takes them.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from ephoto.core.errors import InputError
from ephoto.liveness.limits import limits
from ephoto.liveness.values import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ephoto.liveness.provider import Ticket

__all__ = ["Answer", "MemoryTickets", "Pending", "TicketStore", "answered", "mark_of", "settle", "take_frame"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a ticket was answered.

    `mark` tells one answer from another; it is empty where time ran out. `reference` is the platform's own number of
    its check, if it gave one.
    """

    mark: str
    verdict: Verdict
    at_s: float
    reference: str | None = None

    def to_dict(self) -> dict[str, Any]:
        verdict = self.verdict.to_dict()
        return {"mark": self.mark, "verdict": verdict, "at_s": self.at_s, "reference": self.reference}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Answer:
        """The answer that `to_dict` told."""
        return cls(table["mark"], Verdict.from_dict(table["verdict"]), table["at_s"], table["reference"])


@dataclass(frozen=True, slots=True)
class Pending:
    """A ticket, and its answer once it has one; `frame` is the platform's best frame as it came (JPEG), until taken."""

    ticket: Ticket
    answer: Answer | None = None
    frame: bytes | None = field(default=None, repr=False)


class TicketStore(Protocol):
    """Where tickets wait. Implementations are safe to call from several threads."""

    def add(self, ticket: Ticket) -> None:
        """Keep a new ticket, and forget what is older than its limits say, by the time at which it was issued."""
        ...

    def change(self, nonce: str, step: Callable[[Pending], Pending]) -> Pending:
        """The ticket of that nonce after `step`, which no other step on it overlaps; kept when this returns.

        What `step` raises changes nothing.

        Raises
        ------
        InputError
            "ticket_unknown".
        """
        ...


class MemoryTickets:
    """Tickets of one process; gone with it."""

    def __init__(self) -> None:
        self._tickets: dict[str, Pending] = {}
        self._lock = threading.Lock()

    def add(self, ticket: Ticket) -> None:
        now, most = ticket.issued_s, limits()
        with self._lock:
            kept = {n: p for n, p in self._tickets.items() if p.ticket.expires_s + most.kept_s >= now}
            for nonce, one in kept.items():
                if one.frame is not None and one.ticket.expires_s + most.best_frame_s < now:
                    kept[nonce] = replace(one, frame=None)
            self._tickets = kept | {ticket.nonce: Pending(ticket)}

    def change(self, nonce: str, step: Callable[[Pending], Pending]) -> Pending:
        with self._lock:
            if nonce not in self._tickets:
                raise InputError("ticket_unknown")
            changed = step(self._tickets[nonce])
            self._tickets[nonce] = changed
            return changed


def mark_of(content: Mapping[str, Any]) -> str:
    """What tells one answer from another: the SHA-256 of its content, whatever the order of keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def settle(store: TicketStore, provider: str, answer: Answer, frame: bytes | None = None) -> Answer:
    """Give a ticket its answer, and get the one that it has: the same answer twice is no error.

    Raises
    ------
    InputError
        "ticket_unknown", also for another provider's; "ticket_expired": it came after the ticket's time;
        "ticket_settled": the ticket has another answer.
    """

    def step(one: Pending) -> Pending:
        if one.ticket.provider != provider:
            raise InputError("ticket_unknown")
        if one.answer is not None and one.answer.mark == answer.mark:
            return one
        if one.answer is not None and one.answer.mark:
            raise InputError("ticket_settled")
        if one.answer is not None or answer.at_s > one.ticket.expires_s:
            raise InputError("ticket_expired")
        return replace(one, answer=answer, frame=frame)

    settled = store.change(answer.verdict.nonce, step).answer
    if settled is None:
        raise RuntimeError("a store must keep what a step gives")
    return settled


def answered(store: TicketStore, ticket: Ticket, now_s: float) -> Answer | None:
    """The ticket's answer; None while one may still come. After its time it is "inconclusive", and stays so.

    Raises
    ------
    InputError
        "ticket_unknown", also for a ticket that differs in anything from the one that was given out.
    """

    def step(one: Pending) -> Pending:
        _check(one, ticket)
        if one.answer is not None or now_s <= one.ticket.expires_s:
            return one
        late = Verdict("inconclusive", ("no_answer",), (), (), one.ticket.nonce, 0.0, 0)
        return replace(one, answer=Answer("", late, now_s))

    return store.change(ticket.nonce, step).answer


def take_frame(store: TicketStore, ticket: Ticket) -> bytes | None:
    """The platform's best frame, which is not kept any longer.

    Raises
    ------
    InputError
        "ticket_unknown".
    """
    taken: list[bytes | None] = []

    def step(one: Pending) -> Pending:
        _check(one, ticket)
        taken.append(one.frame)
        return replace(one, frame=None)

    store.change(ticket.nonce, step)
    return taken[-1]


def _check(one: Pending, ticket: Ticket) -> None:
    if one.ticket != ticket:
        raise InputError("ticket_unknown")
