"""An employer's roster taken in: drafts for its good rows, with the photos of a batch where there is one."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ephoto.core.errors import EphotoError, InputError
from ephoto.tables.text import plain_id, unwrapped_id
from ephoto.workflow.adapters.employer import CheckRow
from ephoto.workflow.adapters.production.batch_manifest import cards_of
from ephoto.workflow.adapters.roster import Collective, RosterRow, read_roster
from ephoto.workflow.findings import Finding
from ephoto.workflow.ids import new_id
from ephoto.workflow.office.intake import person_mark
from ephoto.workflow.office.photo import Judge
from ephoto.workflow.terms import with_terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ephoto.core.settings import Settings
    from ephoto.workflow.adapters.production.batch_manifest import BatchCard
    from ephoto.workflow.adapters.protocols import Employers
    from ephoto.workflow.model import Consent
    from ephoto.workflow.office.office import Office
    from ephoto.workflow.terms import EmployerTerms

__all__ = ["Opened", "RosterPlan", "open_drafts", "plan_roster"]


@dataclass(frozen=True, slots=True)
class RosterPlan:
    """A roster that was looked through: its rows with all that is known against them, and the employer's terms."""

    rows: tuple[RosterRow, ...] = field(repr=False)
    terms: EmployerTerms | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of a good row: its draft, whether that was there before, and why it has no photo, if it should."""

    row_no: int
    application_id: str
    known: bool
    error: EphotoError | None = None


def plan_roster(
    office: Office,
    table: Path,
    collective: Collective,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    employers: Employers | None = None,
) -> RosterPlan:
    """Look a roster through, and ask the human-resources office about its people if `employers` is given.

    Raises
    ------
    UsageError, InputError, EnvironmentFault
        As `read_roster` for the table as a whole, and `Employers.check`.
    """
    rng = random.SystemRandom()
    rows = list(
        read_roster(
            table, collective, ids=lambda: new_id(office.clock, rng), today=office.today(), columns=columns,
            encoding=encoding, sheet=sheet,
        )
    )  # fmt: skip
    asked = [
        CheckRow(row.row_no, row.application.applicant.id_number, row.application.applicant.name)
        for row in rows
        if row.application is not None
    ]
    if employers is None or not asked:
        return RosterPlan(tuple(rows))
    employer = collective.employer
    answer = employers.check(employer.code, employer.batch_no, asked)
    against = dict(answer.findings)
    if not answer.terms.opened:
        against |= {row.row_no: Finding("wf.employer_not_opened", "/employer") for row in asked}
    return RosterPlan(tuple(_told(row, against.get(row.row_no), answer.terms) for row in rows), answer.terms)


def open_drafts(
    office: Office,
    plan: RosterPlan,
    collective: Collective,
    *,
    photos: Path | None,
    settings: Settings,
    consent: Consent | None = None,
) -> Iterator[Opened]:
    """A draft for each good row, one after the other; the same roster once more opens none twice.

    Parameters
    ----------
    photos : the output folder of `ephoto batch`, whose cards are named by ID number
    consent : what each of these people has agreed to, as the employer says; no photo is kept without

    Raises
    ------
    InputError
        "not_found", "not_readable": there is no batch in the folder.
    """
    cards = {} if photos is None else _cards(photos)
    judge, employer = Judge(office.policy(office.clock()), settings), collective.employer
    for row in plan.rows:
        application = row.application
        if application is None:
            continue
        if consent is not None:
            application = application.model_copy(update={"consent": consent})
        person = person_mark(office.store.vault, application)
        key = hashlib.sha256(f"{employer.code}\n{employer.batch_no}\n{person}".encode()).hexdigest()
        try:
            case = office.open(application, actor=employer.code, source="employer", idempotency_key=key)
            known = case.application_id != application.application_id
            error = None if photos is None or case.photo else _attach(office, case.application_id, photos, cards.get(
                application.applicant.id_number), judge)  # fmt: skip
            yield Opened(row.row_no, case.application_id, known, error)
        except InputError as refused:
            yield Opened(row.row_no, "", known=False, error=refused)


def _told(row: RosterRow, against: Finding | None, terms: EmployerTerms) -> RosterRow:
    """The row with what the employer's check says, and its draft with what the employer has set."""
    if row.application is None:
        return row
    if against is not None and against.level == "block":
        return replace(row, findings=(*row.findings, against), application=None)
    findings = row.findings if against is None else (*row.findings, against)
    return replace(row, findings=findings, application=with_terms(row.application, terms))


def _cards(folder: Path) -> dict[str, BatchCard]:
    """The batch's cards by ID number: a person with two has none, since nobody knows which is right."""
    found: dict[str, list[BatchCard]] = {}
    for card in cards_of(folder):
        if card.output:
            found.setdefault(plain_id(unwrapped_id(card.key)), []).append(card)
    return {key: cards[0] for key, cards in found.items() if len(cards) == 1}


def _attach(office: Office, name: str, folder: Path, card: BatchCard | None, judge: Judge) -> EphotoError | None:
    """Attach a batch's card, if it is the one that the batch made and meets the document."""
    if card is None:
        return InputError("wf.photo_missing")
    try:
        data = folder.joinpath(*card.output.split("/")).read_bytes()
    except OSError:
        return InputError("wf.photo_missing")
    if hashlib.sha256(data).hexdigest() != card.sha256:
        return InputError("wf.photo_changed", line=card.line)
    try:
        office.attach_photo(name, data, judge(data))
    except EphotoError as error:
        return error
    return None
