"""An event recorded: it is appended to the history and counts, waits until it may count, or is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from ephoto.core.errors import InputError
from ephoto.workflow.findings import Finding
from ephoto.workflow.lifecycle.events import Event, derived_id, to_wire
from ephoto.workflow.lifecycle.fold import allowed, fold
from ephoto.workflow.lifecycle.state import CaseState, Terms
from ephoto.workflow.lifecycle.transitions import of_application
from ephoto.workflow.lifecycle.transitions import of_card as transitions_of_card
from ephoto.workflow.store.rows import ApplicationRow, CardRow, Entry, Parked
from ephoto.workflow.validation.enabling import of_card, of_channel

if TYPE_CHECKING:
    from ephoto.workflow.policy import Policy
    from ephoto.workflow.store.unit import Unit
    from ephoto.workflow.values import ApplicationState, DeliveryMethod, EventType

__all__ = ["OWN_SOURCES", "Recorded", "Rules", "Told", "case_of", "record", "terms_of"]

_MOMENT = timedelta(microseconds=1)
_OVER = 0.0  # the time of one that waits for nothing any more
_DAY_S = 86400.0
_EARLIEST = 1293840000.0  # 2011-01-01 UTC: there was no social security card with financial functions before
OWN_SOURCES = ("applicant", "employer", "ephoto")  # whose events are refused where they are not legal; others wait


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of an event: it counts ("applied"), waits for what must come first ("parked"), or is known already.

    `findings` is what its sender may want to know of one that waits.
    """

    status: Literal["applied", "parked", "duplicate"]
    event_id: str
    application_id: str
    state: ApplicationState
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What recording goes by: the policy of the day, the time, and who is told of what has happened.

    `phases` : each policy with the moment (seconds since 1970 UTC) from which it is in force, by time
    """

    policy: Policy
    now: float
    targets: tuple[str, ...] = ()
    phases: tuple[tuple[float, Policy], ...] = ()


def terms_of(row: ApplicationRow, rules: Rules) -> Terms:
    """What of an application and its policy decides what follows on events, each by the policy of its own day."""
    delivery = (row.document.get("delivery") or {}).get("method")
    now = _terms(delivery, rules.policy)
    phases = tuple((since, _terms(delivery, policy)) for since, policy in rules.phases)
    return now if all(terms == now for _, terms in phases) else replace(now, phases=phases)


def _terms(delivery: DeliveryMethod | None, policy: Policy) -> Terms:
    return Terms(
        delivery,
        bank_enables_social_security=policy.bank_enables_social_security,
        branch_implies_received=policy.branch_activation_implies_received,
        transport_at_receipt=policy.transport_opens_at == "received",
    )


def case_of(unit: Unit, row: ApplicationRow, rules: Rules) -> CaseState:
    """What the application's history comes to."""
    return fold(Told.of(unit, row).counting(rules.now), terms_of(row, rules))


def record(unit: Unit, event: Event, rules: Rules, *, refuse: bool | None = None) -> Recorded:
    """Record one event in an open transaction.

    Parameters
    ----------
    refuse : whether it is refused where it is not legal now, rather than kept waiting; else its source decides

    Raises
    ------
    InputError
        "wf.application_unknown"; "wf.event_conflict": its id came with another content; "wf.transition_refused" with
        what is allowed; "wf.source_not_allowed", "wf.channel_not_allowed",
        "wf.branch_with_id_only"; "wf.field_required": it lacks what such an event must say.
    """
    row = _row(unit, event)
    event = replace(event, application_id=row.id)
    told = Told.of(unit, row)
    known = told.entry(event.event_id)
    if known is not None:
        return _again(known, event, row, told, rules)
    own = event.source in OWN_SOURCES if refuse is None else refuse
    terms, counting, digest = terms_of(row, rules), told.counting(rules.now), event.digest()
    before = fold(counting, terms)
    _check(event, rules)
    if own:
        event = _after_all(event, before, counting)
    after = fold([*counting, event], terms)
    waits = any(one.event_id == event.event_id for one in after.pending)
    if waits and own:
        raise _refusal(event, before, terms)
    unit.append(Entry(None, event, rules.now, digest, None))
    if refuse is None and not own and _takes_back(before, after, counting):
        unit.park(Parked(event.event_id, row.id, _OVER))
        return Recorded("parked", event.event_id, row.id, _state(before), (Finding("wf.event_out_of_order"),))
    if waits:
        unit.park(Parked(event.event_id, row.id, rules.now + rules.policy.park_hours * 3600))
        return Recorded("parked", event.event_id, row.id, _state(before), _why(event, before, rules))
    _go_on(unit, row, told, event, before, after, rules)
    return Recorded("applied", event.event_id, row.id, _state(after))


@dataclass(frozen=True, slots=True)
class Told:
    """All that was recorded of one application, and which of it waits."""

    entries: tuple[Entry, ...]
    parked: tuple[Parked, ...]

    @classmethod
    def of(cls, unit: Unit, row: ApplicationRow) -> Told:
        return cls(tuple(unit.history(row.id)), tuple(unit.parked(row.id)))

    def entry(self, event_id: str) -> Entry | None:
        """The entry of that id. An id of another application's is refused by the database as the unit ends."""
        return next((one for one in self.entries if one.event.event_id == event_id), None)

    def counting(self, now: float) -> list[Event]:
        """All that was said, without what follows of itself and without what has waited for too long."""
        expired = self.expired(now)
        said = (one for one in self.entries if one.derived_from is None)
        return [one.event for one in said if one.event.event_id not in expired]

    def expired(self, now: float) -> frozenset[str]:
        """The ids of events that have waited for too long."""
        return frozenset(one.event_id for one in self.parked if one.until < now)


def _after_all(event: Event, before: CaseState, counting: list[Event]) -> Event:
    """A step of our own comes after all that counts: whoever takes it knows of that, whatever the clocks said.

    Else a step that waited for a lock, or came from a machine whose clock is behind, would be judged by what was legal
    then: data changed after they were confirmed, an application cancelled that is in production.
    """
    counted = {*before.applied}
    last = max((one.occurred_at for one in counting if one.event_id in counted), default=None)
    return event if last is None or event.occurred_at > last else replace(event, occurred_at=last + _MOMENT)


def _takes_back(before: CaseState, after: CaseState, counting: list[Event]) -> bool:
    """Whether a step of our own on an application would no longer count. It was legal when it was taken, and cannot be
    undone: a card is in production. What comes too late for it is kept, told and does not count.
    """
    left = {*before.applied} - {*after.applied, *after.passed}
    steps = (one for one in counting if one.source in OWN_SOURCES and one.type in of_application())
    return bool(left) and any(one.event_id in left for one in steps)


def _row(unit: Unit, event: Event) -> ApplicationRow:
    """The application that an event is about, which nobody else changes until the transaction ends."""
    if event.application_id:
        return unit.application(event.application_id, lock=True)
    card = unit.card_by_no(event.card_no)
    if card is None:
        raise InputError("wf.application_unknown")
    return unit.application(card.application_id, lock=True)


def _again(known: Entry, event: Event, row: ApplicationRow, told: Told, rules: Rules) -> Recorded:
    if known.digest != event.digest():
        raise InputError("wf.event_conflict")
    case = fold(told.counting(rules.now), terms_of(row, rules))
    return Recorded("duplicate", event.event_id, row.id, _state(case))


def _check(event: Event, rules: Rules) -> None:
    """What no later event can make legal: a source or a channel by which such an event does not come, a lack."""
    by = of_application().get(event.type) or transitions_of_card()[event.type]
    if event.source not in by.by:
        raise InputError("wf.source_not_allowed", event=event.type, source=event.source, allowed=list(by.by))
    if not _EARLIEST <= event.occurred_at.timestamp() <= rules.now + _DAY_S:
        raise InputError("wf.field_unfit", field="occurred_at", problem="it is long past, or more than a day ahead")
    for name in by.needs:
        if not (event.payload.get(name) or (name == "card_no" and event.card_no)):
            raise InputError("wf.field_required", field=name)
    for finding in of_channel(event.type, event.payload.get("channel"), rules.policy):
        raise InputError(finding.code, **finding.values)


def _why(event: Event, before: CaseState, rules: Rules) -> tuple[Finding, ...]:
    """What the sender of an event that waits may want to know."""
    if before.card is None:
        return ()
    return tuple(of_card(event.type, event.payload.get("channel"), before.card.state, rules.policy))


def _refusal(event: Event, case: CaseState, terms: Terms) -> InputError:
    of_a_card = event.type in transitions_of_card() and case.card is not None
    state: str = (case.card.state if of_a_card and case.card is not None else case.state) or "-"
    return InputError("wf.transition_refused", event=event.type, state=state, allowed=list(allowed(case, terms)))


def _go_on(
    unit: Unit, row: ApplicationRow, told: Told, event: Event, before: CaseState, after: CaseState, rules: Rules
) -> None:
    """Keep what an event has changed: the state, what follows of itself, and what others are told."""
    waiting = {one.event_id for one in after.pending}
    for parked in told.parked:
        if parked.event_id not in waiting and parked.until >= rules.now:
            unit.unpark(parked.event_id)
    for derived in after.derived:
        if told.entry(derived.event_id) is None:
            unit.append(Entry(None, derived, rules.now, derived.digest(), derived.payload["cause"]))
    events = [*told.counting(rules.now), event]
    _tell(unit, events, before, after, rules)
    number = after.external_no or None
    if number == row.external_no:
        unit.move_application(row.id, _state(after))
    else:
        unit.save_application(replace(row, state=_state(after), external_no=number))
    if after.state == "cancelled":
        _forget(unit, row)
    if after.card is not None:
        unit.save_card(_card(row, after))
        _end_predecessor(unit, row, after, [*events, *after.derived], rules)


def _forget(unit: Unit, row: ApplicationRow) -> None:
    """Nothing is made of its pictures any more, and nobody agrees any longer that they are kept."""
    gone = unit.drop_photos(row.id)
    if gone:
        unit.save_application(replace(unit.application(row.id), photo_id=None))
        unit.audit("photos_purged", application_id=row.id, count=gone)


def _tell(unit: Unit, events: list[Event], before: CaseState, after: CaseState, rules: Rules) -> None:
    """Each event that counts now and did not before goes to each target, in the order in which they count."""
    by_id = {event.event_id: event for event in (*events, *after.derived)}
    for event_id in after.applied:
        document = None if event_id in before.applied else to_wire(by_id[event_id])
        if document is not None:
            body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
            for target in rules.targets:
                unit.enqueue(target, event_id, body)


def _card(row: ApplicationRow, case: CaseState) -> CardRow:
    card = case.card
    if card is None:
        raise ValueError("there is no card")
    received = None if card.received_at is None else card.received_at.timestamp()
    switches: frozenset[str] = frozenset(card.switches)
    return CardRow(row.id, card.card_no, card.state, switches, card.made_at.timestamp(), received, card.usable)


def _end_predecessor(unit: Unit, row: ApplicationRow, case: CaseState, events: list[Event], rules: Rules) -> None:
    """The old card stops when, and only when, the new one's social-security function is on.

    That it was on earlier may be told later: then the old card stopped earlier, too, whatever came first.
    """
    if row.predecessor_id is None or case.card is None or "social_security" not in case.card.switches:
        return
    counted = {*case.applied}
    enabled = [e for e in events if e.type == "social_security_enabled" and e.event_id in counted]
    first = min(enabled, key=lambda e: (e.occurred_at, e.event_id))
    event_id = derived_id(row.id, "replaced", first.event_id)
    if unit.entry(event_id) is not None:
        return
    payload = {"successor_application_id": row.id}
    end = Event(event_id, _REPLACED, first.occurred_at, row.predecessor_id, source="ephoto", payload=payload)
    record(unit, end, rules, refuse=False)


_REPLACED: EventType = "replaced"


def _state(case: CaseState) -> ApplicationState:
    return case.state or "draft"
