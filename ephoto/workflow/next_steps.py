"""What the holder of an application or a card should know or do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ephoto.workflow.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from ephoto.workflow.policy import Policy
    from ephoto.workflow.values import ApplicationState, CardState, Channel, Switch

__all__ = ["CardProgress", "Progress", "next_steps"]

_BEFORE_CONFIRMED = ("draft", "photo_accepted")
_OVER = ("closed", "cancelled", "rejected")
_IN_HAND = ("held", "in_use")
_AT_BRANCH: tuple[Channel, ...] = ("branch_counter", "branch_terminal")


class CardProgress(Protocol):
    """What is asked of a card (lifecycle.state.CardNow has it)."""

    @property
    def state(self) -> CardState: ...
    @property
    def switches(self) -> Set[Switch]: ...
    @property
    def topped_up(self) -> bool: ...


class Progress(Protocol):
    """What is asked of an application (lifecycle.state.CaseState has it)."""

    @property
    def state(self) -> ApplicationState | None: ...
    @property
    def card(self) -> CardProgress | None: ...


def next_steps(case_state: Progress, policy: Policy, *, old_card_usable: bool = False) -> tuple[Finding, ...]:
    """Findings that inform, in the order in which they matter.

    Parameters
    ----------
    old_card_usable : there is a card that this one is to replace, and it still works
    """
    return tuple(_steps(case_state, policy, old_card_usable))


def _steps(case: Progress, policy: Policy, old_card_usable: bool) -> Iterator[Finding]:
    card = case.card
    if case.state in _BEFORE_CONFIRMED:
        yield Finding("wf.confirm_pending")
    enabled = card is not None and "social_security" in card.switches
    if old_card_usable and not enabled and case.state not in _OVER:
        yield Finding("wf.old_card_still_valid")
    if card is None or card.state not in _IN_HAND:
        return
    at_branch = any(policy.allows("financial_activated", channel) for channel in _AT_BRANCH)
    if "financial" not in card.switches and at_branch:
        yield Finding("wf.activate_at_branch")
    if "transport" in card.switches and not card.topped_up:
        yield Finding("wf.topup_required")
