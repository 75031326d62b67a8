"""A platform's own face verification stands in: its verdict comes back as a signed callback, for a known nonce."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.core.edited import Edited, read_edited
from ephoto.core.errors import EnvironmentFault, EphotoError, InputError
from ephoto.core.signing import Key, MemoryNonces, Verifier
from ephoto.liveness.callback import Wire, defaults, read, wire
from ephoto.liveness.limits import limits
from ephoto.liveness.provider import Ticket, new_ticket
from ephoto.liveness.ticket_file import TicketFile
from ephoto.liveness.tickets import Answer, MemoryTickets, TicketStore, answered, settle, take_frame

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from ephoto.core.signing import Clock
    from ephoto.liveness.values import Verdict

__all__ = ["RemoteLiveness", "http_status"]


class RemoteLiveness:
    """The provider "remote:NAME": gives out tickets and takes signed callbacks for them.

    Parameters
    ----------
    by : how the platform's JSON is read
    verifier : knows the platform's keys; its nonces must be shared by all processes that receive
    tickets : shared by all processes that give out tickets, receive, and ask for results
    clock : seconds since 1970 UTC
    name : tells one platform from another; none answers another one's tickets
    url : where the person is sent; {nonce} and {purpose} are the ticket's own
    keep_best : keep the platform's best frame until it is taken
    """

    def __init__(
        self,
        by: Wire,
        verifier: Verifier,
        tickets: TicketStore,
        clock: Clock,
        *,
        name: str = "remote",
        url: str = "",
        keep_best: bool = False,
    ) -> None:
        self.name = name
        self._by, self._verifier, self._tickets, self._clock = by, verifier, tickets, clock
        self._url, self._keep_best = url, keep_best

    @classmethod
    def from_file(cls, file: str | os.PathLike[str], clock: Clock) -> RemoteLiveness:
        """As a file says that is a copy of callback.toml; what it names lies beside it.

        Raises
        ------
        UsageError
            "settings_invalid"; "key_unfit".
        InputError
            "not_readable": this file or a key's.
        EnvironmentFault
            "tickets_failed".
        """
        path, default = Path(file).expanduser(), defaults()
        edited = read_edited(path)
        by = wire(edited)
        url = edited.take("url", str(default["url"]), "a URL")
        keep_best = edited.take("best_frame", bool(default["best_frame"]), "true, false")
        place = edited.take("tickets", str(default["tickets"]), "a file's name")
        most = limits().max_window_s
        window = edited.take("window_s", float(default["window_s"]), f"seconds, to {most:g}", lambda n: 0 < n <= most)
        keys = _keys(edited)
        edited.done()
        if not keys:
            edited.refuse("key", "it is missing", "[[key]]")
        file_of_tickets = TicketFile(path.parent / place) if place else None
        verifier = Verifier(keys, clock, file_of_tickets or MemoryNonces(), window_s=window)
        tickets = file_of_tickets or MemoryTickets()
        return cls(by, verifier, tickets, clock, name=f"remote:{path.stem}", url=url, keep_best=keep_best)

    @property
    def max_body_bytes(self) -> int:
        """A server need not read more of a callback than this, and one byte."""
        return limits().max_body_bytes

    def start(self, purpose: str) -> Ticket:
        """A fresh ticket, whose nonce goes to the platform; it lives 180 s.

        Raises
        ------
        UsageError
            "purpose_unfit".
        EnvironmentFault
            "tickets_failed".
        """
        ticket = new_ticket(self.name, purpose, self._clock(), url=self._url)
        self._tickets.add(ticket)
        return ticket

    def receive(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Verdict:
        """The verdict that a callback brings: of a message that is signed, fresh, and of a ticket that waits for it.

        `path` and `query` are those that the platform signed, as in its request line. The same callback once more has
        the same answer. What is kept is on the disk when this returns: only then tell the platform so.

        Raises
        ------
        InputError
            "callback_too_large"; "signature_invalid", "clock_skew", "replayed"; "callback_not_json", "callback_unfit",
            "outcome_unknown"; "ticket_unknown", "ticket_expired", "ticket_settled". `http_status` has what to answer.
        EnvironmentFault
            "tickets_failed": the platform shall send it again.
        """
        if len(body) > self.max_body_bytes:
            raise InputError("callback_too_large", size=len(body), limit=self.max_body_bytes)
        self._verifier.verify(method, path, query, headers, body, resent="allow")
        told = read(body, self._by)
        answer = Answer(told.mark, told.verdict(), self._clock(), told.reference)
        return settle(self._tickets, self.name, answer, told.frame if self._keep_best else None).verdict

    def result(self, ticket: Ticket) -> Verdict | None:
        """The verdict; None while it may still come; "inconclusive", for "no_answer", after the ticket's time.

        Raises
        ------
        InputError
            "ticket_unknown".
        """
        answer = self.answer(ticket)
        return None if answer is None else answer.verdict

    def answer(self, ticket: Ticket) -> Answer | None:
        """The same with the platform's own number of the check, and when it came."""
        return answered(self._tickets, ticket, self._clock())

    def take_best(self, ticket: Ticket) -> bytes | None:
        """The platform's best frame, JPEG as it was sent, once: it is not kept any longer.

        None if there is none, or `keep_best` is off. Whoever makes a card of it decodes and checks it as any photo.

        Raises
        ------
        InputError
            "ticket_unknown".
        """
        return take_frame(self._tickets, ticket)

    def close(self) -> None:
        """Close the file of tickets, if there is one."""
        if isinstance(self._tickets, TicketFile):
            self._tickets.close()


def http_status(error: EphotoError) -> int:
    """What an HTTP server answers to a callback that was refused; see providers.toml."""
    if isinstance(error, EnvironmentFault):
        return 503
    return limits().status.get(error.code, 500)


def _keys(edited: Edited) -> tuple[Key, ...]:
    keys = []
    for one in edited.tables("key"):
        name = one.take("id", "", "a key's name", bool)
        file = one.take("file", "", "a file's name", bool)
        one.done()
        path = edited.file.parent / file
        try:
            secret = path.read_bytes()
        except OSError as error:
            raise InputError("not_readable", path=str(path), problem=error.strerror or str(error)) from error
        keys.append(Key(name, secret.removesuffix(b"\n").removesuffix(b"\r")))
    return tuple(keys)
