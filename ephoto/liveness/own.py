"""The provider "own": ephoto's session on this machine's frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ephoto.core.errors import InputError
from ephoto.liveness.challenge import draw
from ephoto.liveness.provider import Ticket, new_ticket
from ephoto.liveness.tickets import Answer, MemoryTickets, TicketStore, answered, mark_of, settle

if TYPE_CHECKING:
    from ephoto.core.settings import Settings
    from ephoto.core.signing import Clock
    from ephoto.liveness.session import Session
    from ephoto.liveness.values import Verdict

__all__ = ["OwnLiveness"]


class OwnLiveness:
    """Gives out tickets with a challenge, opens sessions on them, and keeps their verdicts.

    Parameters
    ----------
    clock : seconds since 1970 UTC; the session's own clock is that of its frames
    tickets : without it those of this process alone
    **options : what the session takes beside the challenge and settings: faces, passive, keep_best
    """

    name = "own"

    def __init__(self, settings: Settings, clock: Clock, tickets: TicketStore | None = None, **options: Any) -> None:
        self._settings, self._clock, self._options = settings, clock, options
        self._tickets = MemoryTickets() if tickets is None else tickets

    def start(self, purpose: str) -> Ticket:
        """A ticket with a challenge by chance.

        Raises
        ------
        UsageError
            "purpose_unfit".
        """
        ticket = new_ticket(self.name, purpose, self._clock(), challenge=draw())
        self._tickets.add(ticket)
        return ticket

    def session(self, ticket: Ticket) -> Session:
        """A session on the ticket's challenge, for the frames to be fed to."""
        from ephoto.liveness.session import Session

        if ticket.challenge is None:
            raise InputError("ticket_unknown")
        return Session(ticket.challenge, settings=self._settings, **self._options)

    def finish(self, ticket: Ticket, session: Session) -> Verdict:
        """End the session; its verdict is the ticket's from now on.

        Raises
        ------
        InputError
            "ticket_unknown", also for a session with another challenge than the ticket's; "ticket_expired";
            "ticket_settled": another session has ended on it.
        """
        answered(self._tickets, ticket, self._clock())
        if session.challenge != ticket.challenge:
            raise InputError("ticket_unknown")
        verdict = session.finish()
        answer = Answer(mark_of(verdict.to_dict()), verdict, self._clock())
        return settle(self._tickets, self.name, answer).verdict

    def result(self, ticket: Ticket) -> Verdict | None:
        """The verdict; None while it may still come; "inconclusive", for "no_answer", after the ticket's time.

        Raises
        ------
        InputError
            "ticket_unknown".
        """
        answer = answered(self._tickets, ticket, self._clock())
        return None if answer is None else answer.verdict
