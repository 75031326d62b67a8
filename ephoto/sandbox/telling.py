"""Events that the counterparts tell: made, held against their schema, put into the feed and sent to the webhook."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import check
from ephoto.sandbox.times import stamped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ephoto.sandbox.books import Books, Case
    from ephoto.sandbox.webhooks import Webhooks
    from ephoto.sandbox.words import CaseState, Deliver

__all__ = ["Teller"]

_STATES: dict[str, CaseState] = {
    "accepted": "accepted",
    "rejected": "rejected",
    "received": "received",
    # Who activates a card has it.
    "issued_instantly": "received",
    "financial_activated": "received",
    "social_security_enabled": "received",
}
_MADE: dict[str, str] = {
    "pickup_branch": "ready_at_branch",
    "mail_personal": "dispatched",
    "on_site": "handed_over",
    "employer_collect": "handed_over",
}


class Teller:
    """Tells events.

    Parameters
    ----------
    books : whose feed is filled
    webhooks : where they are sent
    clock : seconds since 1970 UTC
    """

    def __init__(self, books: Books, webhooks: Webhooks, clock: Callable[[], float]) -> None:
        self._books, self._webhooks, self._clock = books, webhooks, clock

    def tell(self, said: Mapping[str, Any], *, deliver: Deliver = "both", copies: int = 1) -> dict[str, Any]:
        """Tell one event, and give its document.

        Parameters
        ----------
        said : what is known of it in the words of "ephoto.event/1"; id and time are put in where they are missing
        copies : so many times, as a careless sender would

        Raises
        ------
        InputError
            "document_unfit".
        """
        event = {
            "schema": "ephoto.event/1",
            "event_id": f"evt-{secrets.token_hex(12)}",
            "occurred_at": stamped(self._clock()),
            **said,
        }
        check(event, "ephoto.event/1")
        self._learn(event)
        for _ in range(copies):
            if deliver in ("feed", "both"):
                self._books.add_to_feed(event)
            if deliver in ("webhook", "both"):
                self._webhooks.send(event)
        return event

    def tell_made(self, case: Case) -> None:
        """What the bank says once it has a card: where it lies or that it is on its way."""
        kind = _MADE.get(case.delivery, "ready_at_branch")
        said: dict[str, Any] = {"type": kind, "application_id": case.application_id, "card_no": case.card_no}
        if kind == "dispatched":
            said |= {"carrier": "SANDBOX-POST", "tracking_no": f"S{secrets.randbelow(10**10):010}"}
        elif case.branch_code:
            said["branch_code"] = case.branch_code
        self.tell(said)

    def _learn(self, event: Mapping[str, Any]) -> None:
        """What an event means for the counterparts' own books."""
        about = event.get("application_id") or self._books.application_of(event.get("card_no", ""))
        with self._books.lock:
            case = self._books.cases.get(about)
            if case is not None and event["type"] in _STATES:
                case.state = _STATES[event["type"]]
