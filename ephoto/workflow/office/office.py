"""The office: all steps on applications and cards, over one database, by one set of policies."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from ephoto.core.errors import CheckError
from ephoto.workflow.deadlines import overdue
from ephoto.workflow.findings import Finding, blocking
from ephoto.workflow.ids import new_id
from ephoto.workflow.lifecycle.fold import allowed, fold
from ephoto.workflow.model import load_application
from ephoto.workflow.office import intake
from ephoto.workflow.office.case import Case, shown
from ephoto.workflow.office.intake import Judged, Step
from ephoto.workflow.office.recording import Recorded, Rules, Told, record, terms_of
from ephoto.workflow.validate import next_steps, validate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from ephoto.core.signing import Clock
    from ephoto.workflow.lifecycle.events import Event
    from ephoto.workflow.lifecycle.state import CaseState
    from ephoto.workflow.model import Application
    from ephoto.workflow.policy import Policies, Policy
    from ephoto.workflow.store.database import Store
    from ephoto.workflow.store.rows import ApplicationRow, Entry
    from ephoto.workflow.store.unit import Unit
    from ephoto.workflow.validate import EmployerTerms
    from ephoto.workflow.values import EventType, PhotoSource, Source

__all__ = ["NOTIFY", "SUBMISSION", "Office"]

_BEING_MADE = ("submitted", "accepted", "producing", "production_failed")  # states in which a card is waited for
SUBMISSION = "submission"  # targets of the outbox
NOTIFY = "notify"
BEIJING = timezone(timedelta(hours=8))  # whose days count for policies and deadlines


@dataclass(frozen=True, slots=True)
class Office:
    """Steps on applications and cards. Safe to use from several threads and processes at once.

    Attributes
    ----------
    store : the database, which holds the vault too
    policies : rules by date
    clock : seconds since 1970 UTC
    targets : of the outbox, that are told of every event that counts
    """

    store: Store
    policies: Policies
    clock: Clock
    targets: tuple[str, ...] = ()

    def open(
        self, application: Application, *, actor: str = "", source: Source = "applicant", idempotency_key: str = ""
    ) -> Case:
        """A new draft, or the one that was opened with this key.

        Raises
        ------
        InputError
            "wf.idempotency_conflict", "wf.duplicate_application".
        """
        step = self._step(actor, source)
        made = self.store.run(lambda unit: intake.open_application(unit, application, step, idempotency_key))
        return self.case(made)

    def edit(self, application_id: str, application: Application, *, actor: str = "") -> Case:
        """Other data in a draft; see `intake.edit`."""
        step = self._step(actor)
        self.store.run(lambda unit: intake.edit(unit, application_id, application, step))
        return self.case(application_id)

    def attach_photo(
        self, application_id: str, data: bytes, judged: Judged, *, source: PhotoSource = "uploaded", actor: str = ""
    ) -> Case:
        """The card's photo; see `intake.attach_photo`."""
        step = self._step(actor)
        self.store.run(lambda unit: intake.attach_photo(unit, application_id, data, judged, source, step))
        return self.case(application_id)

    def attach_id_card(
        self, application_id: str, side: Literal["front", "back"], data: bytes, *, actor: str = ""
    ) -> Case:
        """A picture of one side of the ID card; see `intake.attach_id_card`."""
        step = self._step(actor)
        self.store.run(lambda unit: intake.attach_id_card(unit, application_id, side, data, step))
        return self.case(application_id)

    def validate(self, application_id: str, employer: EmployerTerms | None = None) -> tuple[Finding, ...]:
        """What is wrong with an application today."""
        with self.store.reading() as unit:
            row = unit.application(application_id)
        return self._findings(row, employer)

    def confirm(self, application_id: str, *, actor: str = "", employer: EmployerTerms | None = None) -> Case:
        """The applicant's confirmation: from now on it is submitted, and waits in the outbox to be sent.

        Raises
        ------
        CheckError
            "application_unfit" with the codes that block it.
        InputError
            "wf.application_unknown", "wf.transition_refused".
        """
        step = self._step(actor)

        def confirmed(unit: Unit) -> None:
            row = unit.application(application_id, lock=True)
            blocks = blocking(self._findings(row, employer))
            if blocks:
                raise CheckError("application_unfit", codes=sorted({f.code for f in blocks}))
            event = intake.own_event(step, "confirmed", row.id)
            record(unit, event, step.rules)
            unit.enqueue(SUBMISSION, event.event_id, row.id.encode())
            intake.request_replacement(unit, row, step)

        self.store.run(confirmed)
        return self.case(application_id)

    def take(self, type: EventType, application_id: str, *, actor: str = "", source: Source = "applicant") -> Case:
        """One of our own steps without data: "photo_removed", "reopened", "application_cancelled", "closed", ...

        Raises
        ------
        InputError
            "wf.application_unknown", "wf.transition_refused" with what is allowed.
        """
        step = self._step(actor, source)

        def taken(unit: Unit) -> None:
            if type == "reopened":
                intake.reopen(unit, application_id, step)
                return
            row = unit.application(application_id, lock=True)
            record(unit, intake.own_event(step, type, row.id), step.rules)
            if type == "photo_removed":
                unit.drop_photos(row.id, "card")
                row = unit.application(application_id)
                document = {key: value for key, value in row.document.items() if key != "photo"}
                unit.save_application(replace(row, document=document, photo_id=None))

        self.store.run(taken)
        return self.case(application_id)

    def record(self, event: Event) -> Recorded:
        """An event from anywhere; see `recording.record`."""
        return self.store.run(lambda unit: record(unit, event, self.rules()))

    def case(self, application_id: str) -> Case:
        """The application as it stands.

        Raises
        ------
        InputError
            "wf.application_unknown".
        """
        with self.store.reading() as unit:
            return self._shown(unit, unit.application(application_id), self.rules())

    def cases(self, *, state: str | None = None, kind: str | None = None, pages: int = 200) -> Iterator[Case]:
        """Every application by id, some at a time, so that nobody waits for a long list."""
        after, rules = None, self.rules()
        while True:
            with self.store.reading() as unit:
                rows = list(unit.applications(state=state, kind=kind, after=after, limit=pages))
                page = [self._shown(unit, row, rules) for row in rows]
            yield from page
            if len(rows) < pages:
                return
            after = rows[-1].id

    def application(self, application_id: str) -> Application:
        """The data of an application, whole."""
        with self.store.reading() as unit:
            return load_application(unit.application(application_id).document)

    def photo(self, application_id: str) -> bytes | None:
        """The card's photo; None where that on file serves, or it was purged."""
        with self.store.reading() as unit:
            row = unit.application(application_id)
            return None if row.photo_id is None else unit.photo(row.photo_id)

    def history(self, application_id: str) -> tuple[Entry, ...]:
        """All that was recorded, in the order in which it was."""
        with self.store.reading() as unit:
            unit.application(application_id)
            return tuple(unit.history(application_id))

    def rules(self) -> Rules:
        """What recording goes by now."""
        now = self.clock()
        phases = tuple((_begin(policy.effective_from), policy) for policy in self.policies.phases)
        return Rules(self.policy(now), now, self.targets, phases)

    def today(self) -> date:
        """The day in Beijing."""
        return _day(self.clock())

    def policy(self, seconds: float) -> Policy:
        """The policy of that moment's day in Beijing."""
        return self.policies.on(_day(seconds))

    def _step(self, actor: str, source: Source = "applicant") -> Step:
        return Step(self.store.vault, self.rules(), self._new_id, actor, source)

    def _new_id(self) -> str:
        return new_id(self.clock, random.SystemRandom())

    def _findings(self, row: ApplicationRow, employer: EmployerTerms | None) -> tuple[Finding, ...]:
        now = self.clock()
        return validate(load_application(row.document), self.policy(now), today=_day(now), employer=employer)

    def _shown(self, unit: Unit, row: ApplicationRow, rules: Rules) -> Case:
        told, terms = Told.of(unit, row), terms_of(row, rules)
        case = fold(told.counting(rules.now), terms)
        old = None if row.predecessor_id is None else unit.card(row.predecessor_id)
        steps = next_steps(case, rules.policy, old_card_usable=old is not None and old.usable)
        late = (Finding("wf.event_out_of_order") for _ in told.expired(rules.now))
        return shown(row, case, (*steps, *self._overdue(row, case, rules), *late), allowed(case, terms))

    def _overdue(self, row: ApplicationRow, case: CaseState, rules: Rules) -> tuple[Finding, ...]:
        """Whether its card should have been made, by the policy of the day on which it was asked for."""
        if case.submitted_at is None or case.card is not None or case.state not in _BEING_MADE:
            return ()
        since = case.submitted_at.timestamp()
        return overdue(_day(since), row.kind, self.policy(since), today=_day(rules.now))


def _begin(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING).timestamp()


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).astimezone(BEIJING).date()
