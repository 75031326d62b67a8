"""Whether a function of a card may be switched on: on this way, and with the card where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.workflow.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.workflow.policy import Policy
    from ephoto.workflow.values import CardState, Channel, EventType

__all__ = ["of_card", "of_channel"]

_BRANCH: frozenset[Channel] = frozenset({"branch_counter", "branch_terminal"})  # where the card is in hand
_NEEDS_CARD: frozenset[EventType] = frozenset(
    {"financial_activated", "social_security_enabled", "transport_topped_up", "suburban_rail_opened"}
)


def of_channel(event: EventType, channel: Channel | None, policy: Policy) -> Iterator[Finding]:
    """An event comes by one of its channels; what is for branches alone is told as that."""
    if policy.allows(event, channel):
        return
    allowed = policy.channels[event]
    if _BRANCH.issuperset(allowed):
        yield Finding("wf.branch_with_id_only", "/channel")
        return
    yield Finding("wf.channel_not_allowed", "/channel", {"event": event, "channel": channel, "allowed": list(allowed)})


def of_card(event: EventType, channel: Channel | None, card: CardState, policy: Policy) -> Iterator[Finding]:
    """Nobody uses a card that they have not received. At a branch it is in hand, if the policy says so."""
    in_hand = channel in _BRANCH and policy.branch_activation_implies_received
    if card == "made" and event in _NEEDS_CARD and not in_hand:
        yield Finding("wf.card_not_received", "/type")
