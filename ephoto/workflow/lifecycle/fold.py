"""What a set of events comes to, in whatever order they arrived.

The state is computed anew from all events, in the order in which they happened: by their own times, then as they stand
in transitions.toml. An event that is not legal in its place waits, and is tried again after each one that counts; the
clocks of two sources may differ. The result depends on the set of events alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from ephoto.workflow.lifecycle.events import Event, derived_id
from ephoto.workflow.lifecycle.state import CardNow, CaseState, Terms
from ephoto.workflow.lifecycle.transitions import Transition, of_application, of_card, rank

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ephoto.workflow.values import ApplicationState, CardState, EventType

__all__ = ["BRANCH_CHANNELS", "allowed", "fold"]

BRANCH_CHANNELS = ("branch_counter", "branch_terminal")  # where the card is in hand
_MAKES_A_CARD: dict[EventType, CardState] = {"produced": "made", "issued_instantly": "held"}
_NOT_YET_RECEIVED = ("produced", "ready_for_pickup", "mailed", "mail_returned", "with_employer")


def fold(events: Iterable[Event], terms: Terms) -> CaseState:
    """The state that the events come to; each id once, none of them derived."""
    case, waiting = CaseState(), list[Event]()
    for event in sorted(events, key=lambda e: (e.occurred_at.timestamp(), rank(e.type), e.event_id)):
        after = _step(case, event, terms)
        if after is None:
            waiting.append(event)
            continue
        case = _settled(after, waiting, terms)
    return replace(case, pending=tuple(waiting))


def allowed(case: CaseState, terms: Terms) -> tuple[EventType, ...]:
    """The events that are legal now, by state; what their payloads need is not asked."""
    application = [t.type for t in of_application().values() if _is_legal(t, case, terms)]
    card = [t.type for t in of_card().values() if case.card is not None and case.card.state in t.before]
    return (*application, *card)


def _settled(case: CaseState, waiting: list[Event], terms: Terms) -> CaseState:
    """What those that wait come to now: the first that has become legal, then all from the start again."""
    again = True
    while again:
        again = False
        for place, event in enumerate(waiting):
            after = _step(case, event, terms)
            if after is not None:
                del waiting[place]
                case, again = after, True
                break
    return case


def _step(case: CaseState, event: Event, terms: Terms) -> CaseState | None:
    """The case after an event; None where it is not legal."""
    of_case, terms = of_application().get(event.type), terms.at(event.occurred_at)
    return _on_application(case, event, of_case, terms) if of_case is not None else _on_card(case, event, terms)


def _on_application(case: CaseState, event: Event, by: Transition, terms: Terms) -> CaseState | None:
    state = case.state or ""
    if any(not _said(event, name) for name in by.needs) or _is_of_another_card(event, case):
        return None
    if _is_legal(by, case, terms):
        after = replace(
            case,
            state=cast("ApplicationState", by.next(state)),
            since=event.occurred_at,
            applied=(*case.applied, event.event_id),
            external_no=_said(event, "external_no") or case.external_no,
            batch_no=_said(event, "batch_no") or case.batch_no,
            fail_type=event.payload.get("fail_type") if event.type == "production_failed" else None,
            reason=_said(event, "reason") or _said(event, "fail_reason"),
            submitted_at=event.occurred_at if event.type == "confirmed" else case.submitted_at,
            photo_on_file=_said(event, "source") == "on_file" if event.type == "photo_attached" else case.photo_on_file,
        )
        return _with_card(after, event, terms)
    if state in by.passed and all(_said(event, name) == _known(case, name) for name in by.same):
        return replace(case, passed=(*case.passed, event.event_id))
    return None


def _with_card(case: CaseState, event: Event, terms: Terms) -> CaseState:
    """The card's part in an event of the application: it is made, or comes into its holder's hands."""
    if event.type in _MAKES_A_CARD:
        card = CardNow(_said(event, "card_no"), _MAKES_A_CARD[event.type], event.occurred_at)
        case = replace(case, card=card)
    if case.state != "received" or case.card is None:
        return case
    case = replace(case, card=replace(case.card, state="held", received_at=event.occurred_at))
    return _derive(case, event, "transport_opened", terms) if terms.transport_at_receipt else case


def _on_card(case: CaseState, event: Event, terms: Terms) -> CaseState | None:
    card, by = case.card, of_card()[event.type]
    if card is None or _is_of_another_card(event, case):
        return None
    if card.state == "made" and _in_hand(event, terms) and case.state in _NOT_YET_RECEIVED:
        case = _derive(case, event, "received", terms)
        card = case.card or card
    if card.state in by.passed or (by.switch in card.switches and card.state in by.before):
        return replace(case, passed=(*case.passed, event.event_id))
    if card.state not in by.before or (event.type == "transport_topped_up" and "transport" not in card.switches):
        return None
    card = replace(
        card,
        state=cast("CardState", by.next(card.state)),
        switches=card.switches if by.switch is None else card.switches | {by.switch},
        topped_up=card.topped_up or event.type == "transport_topped_up",
        replacement_requested=card.replacement_requested or event.type == "replacement_requested",
    )
    case = replace(case, card=card, applied=(*case.applied, event.event_id))
    both = event.type == "financial_activated" and terms.bank_enables_social_security
    return _derive(case, event, "social_security_enabled", terms) if both else case


def _derive(case: CaseState, cause: Event, type: EventType, terms: Terms) -> CaseState:
    """The case after an event that follows from another one, which is kept with the rest unless it says nothing new."""
    payload = {key: cause.payload[key] for key in ("channel", "branch_code") if key in cause.payload}
    event = replace(
        cause,
        event_id=derived_id(cause.event_id, type),
        type=type,
        source="ephoto",
        actor="",
        payload=payload | {"cause": cause.event_id},
    )
    if type == "received":  # whatever was to come before it is over
        after = replace(case, state="received", since=event.occurred_at, applied=(*case.applied, event.event_id))
        return _with_card(replace(after, derived=(*after.derived, event)), event, terms)
    derived = _on_card(case, event, terms)
    if derived is None or event.event_id in derived.passed:
        return case
    return replace(derived, derived=(*derived.derived, event))


def _is_of_another_card(event: Event, case: CaseState) -> bool:
    return bool(event.card_no) and case.card is not None and event.card_no != case.card.card_no


def _in_hand(event: Event, terms: Terms) -> bool:
    activates = event.type in ("financial_activated", "social_security_enabled")
    return activates and terms.branch_implies_received and event.payload.get("channel") in BRANCH_CHANNELS


def _is_legal(by: Transition, case: CaseState, terms: Terms) -> bool:
    state = case.state or ""
    return (state in by.before or (case.photo_on_file and state in by.on_file)) and _fits(by, case, terms)


def _fits(by: Transition, case: CaseState, terms: Terms) -> bool:
    """Whether the way of delivery and the kind of failure admit the event."""
    if by.delivery and case.state == "produced" and terms.delivery is not None and terms.delivery not in by.delivery:
        return False
    return not (by.failed and case.state == "production_failed" and case.fail_type not in by.failed)


def _said(event: Event, name: str) -> Any:
    """What an event says of a name, or "": the card's number stands beside the payload or in it."""
    return (event.card_no if name == "card_no" else "") or event.payload.get(name, "")


def _known(case: CaseState, name: str) -> Any:
    if name == "card_no":
        return "" if case.card is None else case.card.card_no
    return getattr(case, name)
