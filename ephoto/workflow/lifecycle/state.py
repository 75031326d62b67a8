"""What an application and its card have come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ephoto.workflow.lifecycle.events import Event
    from ephoto.workflow.values import ApplicationState, CardState, DeliveryMethod, FailType, Switch

__all__ = ["CardNow", "CaseState", "Terms"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What of the application and of the policy decides what follows on an event.

    Attributes
    ----------
    delivery : how the card is handed out; None while it is not known
    bank_enables_social_security : the bank's activation turns the social-security function on, too
    branch_implies_received : who activates at a branch has the card in hand
    transport_at_receipt : transport opens of itself when the card is received
    phases : when these were others: from which moment on (seconds since 1970 UTC), and what, by time. A policy that
        changes does not change what has become of cards before.
    """

    delivery: DeliveryMethod | None = None
    bank_enables_social_security: bool = True
    branch_implies_received: bool = True
    transport_at_receipt: bool = True
    phases: tuple[tuple[float, Terms], ...] = ()

    def at(self, moment: datetime) -> Terms:
        """Those of that moment; before the first phase, the first one's."""
        if not self.phases:
            return self
        seconds = moment.timestamp()
        return next((terms for since, terms in reversed(self.phases) if since <= seconds), self.phases[0][1])


@dataclass(frozen=True, slots=True)
class CardNow:
    """The card as it is now; its four switches are independent of each other and of its state."""

    card_no: str = field(repr=False)
    state: CardState
    made_at: datetime
    switches: frozenset[Switch] = frozenset()
    topped_up: bool = False
    received_at: datetime | None = None
    replacement_requested: bool = False

    @property
    def usable(self) -> bool:
        """Whether it serves as a social-security card: also while another one is on its way."""
        return self.state == "in_use" and "social_security" in self.switches


@dataclass(frozen=True, slots=True)
class CaseState:
    """What all events of one application have come to.

    Attributes
    ----------
    applied : ids of the events that count, in the order in which they do
    passed : ids of those that said nothing new
    pending : those that are not legal yet
    derived : what follows from the applied ones of itself, such as the card's receipt by its use at a branch
    since : when the state was reached
    photo_on_file : the card is made with a photo that is not ours to send
    """

    state: ApplicationState | None = None
    card: CardNow | None = None
    external_no: str = ""
    batch_no: str = ""
    fail_type: FailType | None = None
    reason: str = ""
    photo_on_file: bool = False
    since: datetime | None = None
    submitted_at: datetime | None = None
    applied: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    pending: tuple[Event, ...] = ()
    derived: tuple[Event, ...] = ()
