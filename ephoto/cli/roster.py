"""`ephoto apply roster`: an employer's people at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ephoto.cli import office_words as w
from ephoto.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ephoto.cli.voice import Voice
    from ephoto.workflow.adapters.protocols import Employers
    from ephoto.workflow.adapters.roster import RosterWords
    from ephoto.workflow.model import Consent
    from ephoto.workflow.office.opening import Opened as OfficeHere
    from ephoto.workflow.office.rosters import Opened, RosterPlan

__all__ = ["SCHEMA", "roster"]

SCHEMA = "ephoto.roster/1"
REFUSED = 1  # exit code: a row was refused

Table = Annotated[str, typer.Argument(metavar="TABLE", help="CSV (UTF-8 or GB18030), XLSX or JSONL: a row a person.")]
EmployerCode = Annotated[str, typer.Option("--employer", metavar="CODE", help="The employer's code.")]
Name = Annotated[str, typer.Option("--name", metavar="TEXT", help="The employer's name.")]
BatchNo = Annotated[str, typer.Option("--batch-no", metavar="NO", help="Of this collective application.")]
Banks = Annotated[
    list[str] | None, typer.Option("--bank", metavar="CODE", help="A bank that may be chosen; again for up to three.")
]
Check = Annotated[bool, typer.Option("--check", help="Ask the human-resources office about each person first.")]
Photos = Annotated[
    str | None, typer.Option("--photos", metavar="BATCH", help="Output folder of `ephoto batch`, named by ID numbers.")
]
Agreed = Annotated[
    str | None,
    typer.Option(
        "--consent",
        metavar="VERSION@TIME",
        help="Which consent each of them has given, and when (RFC 3339). No photo is kept without.",
    ),
]
Findings = Annotated[
    str | None, typer.Option("--findings", metavar="FILE", help="Write every finding by row: .csv, .xlsx or .jsonl.")
]


def roster(
    table: Table,
    employer: EmployerCode,
    batch_no: BatchNo,
    name: Name = "",
    bank: Banks = None,
    check: Check = False,
    photos: Photos = None,
    consent: Agreed = None,
    findings: Findings = None,
    columns: o.Columns = None,
    encoding: o.Encoding = None,
    sheet: o.SheetName = None,
    dry_run: o.DryRun = False,
    office: w.OfficePath = None,
    force: o.Force = False,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Open a draft for each person of an employer's roster; rows that are wrong are told by their numbers.

    ID numbers that a spreadsheet has made into numbers are caught. The same roster once more opens no draft twice.

    Exit: 0 every row is right, 1 some were refused, 2 usage, 3 unreadable, 6 database, key, not reached.
    """
    from ephoto.cli.voice import speaking
    from ephoto.core.errors import EphotoError, UsageError

    voice = speaking(lang, as_json)
    if photos is not None and consent is None:
        raise UsageError("argument_missing", name="--consent", command="ephoto apply roster")
    with w.opened(office) as here:
        from ephoto.workflow.adapters.roster import Collective, write_findings
        from ephoto.workflow.model import Employer
        from ephoto.workflow.office.reaching import around
        from ephoto.workflow.office.rosters import open_drafts, plan_roster

        whose = {"code": employer, "name": name, "batch_no": batch_no, "collective_opened": not check}
        words = _words(here)
        banks = dict(words.banks) | {code: code for code in bank or ()}
        collective = Collective(Employer.model_validate(whose), banks=banks)
        with around(here) as shared:
            asked = _employers(here, shared) if check else None
            named = dict(words.columns) | o.parse_columns(columns)
            plan = plan_roster(here.office, Path(table), collective, columns=named,
                               encoding=encoding, sheet=sheet, employers=asked)  # fmt: skip
        if findings is not None:
            write_findings(findings, plan.rows, overwrite=force, inputs=[table])
        done: list[Opened] = []
        if not dry_run:
            folder = None if photos is None else Path(photos)
            done = list(
                open_drafts(
                    here.office,
                    plan,
                    collective,
                    photos=folder,
                    settings=here.settings,
                    consent=None if consent is None else _consent(here, consent),
                )
            )
        _tell(plan, done, voice)
    wrong = [row for row in plan.rows if row.application is None]
    return REFUSED if wrong or any(isinstance(one.error, EphotoError) for one in done) else 0


def _consent(here: OfficeHere, words: str) -> Consent:
    """What the words say that each person has agreed to: the data goes to every receiver of the policy."""
    from ephoto.core.errors import InputError, UsageError
    from ephoto.workflow.lifecycle.events import parsed_time
    from ephoto.workflow.model import Consent

    version, _, when = words.partition("@")
    try:
        scope = here.office.policy(here.clock()).receivers
        return Consent(version=version, at=parsed_time(when), scope=scope)
    except (InputError, ValueError):
        allowed = "VERSION@TIME, 2026-01@2026-03-01T09:00:00+08:00"
        raise UsageError("bad_option", option="--consent", value=words, allowed=allowed) from None


def _words(here: OfficeHere) -> RosterWords:
    """What the employer's mapping calls columns and banks; the usual names where there is none."""
    from ephoto.workflow.adapters.roster import RosterWords, roster_words
    from ephoto.workflow.office.reaching import mapping_of

    if "employer" not in here.file.mappings:
        return RosterWords({}, {})
    return roster_words(mapping_of(here, "employer").table("roster"))


def _employers(here: OfficeHere, shared: object) -> Employers:
    from ephoto.core.errors import UsageError
    from ephoto.workflow.adapters.registry import EMPLOYER, Around
    from ephoto.workflow.office.reaching import built

    made = built(EMPLOYER, here, shared) if isinstance(shared, Around) else None
    if made is None:
        raise UsageError("adapter_missing", kind="employer", file=str(here.file.path))
    return made


def _tell(plan: RosterPlan, done: Sequence[Opened], voice: Voice) -> None:
    refused = sum(row.application is None for row in plan.rows)
    if voice.as_json:
        rows = [
            {"row": row.row_no, "findings": [finding.to_dict(voice.lang) for finding in row.findings]}
            for row in plan.rows
            if row.findings
        ]
        drafts = [
            {"row": one.row_no, "application_id": one.application_id or None, "known": one.known,
             "error": None if one.error is None else one.error.to_dict(voice.lang)}
            for one in done
        ]  # fmt: skip
        voice.json({"schema": SCHEMA, "rows": len(plan.rows), "refused": refused, "findings": rows, "drafts": drafts})
        return
    for row in plan.rows:
        for finding in row.findings:
            level = voice.label(f"level_{finding.level}")
            voice.say(f"{row.row_no}: {level}: {finding.message(voice.lang)} [{finding.code}]")
    for one in done:
        if one.error is not None:
            voice.error(one.error, about=str(one.row_no))
    known = sum(one.known for one in done)
    opened = sum(bool(one.application_id) for one in done) - known
    voice.say(voice.label("roster_read", opened=opened, refused=refused, known=known))
