"""`ephoto package`: cards and their people packed for the bureau, from a batch's folder or from the office."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ephoto.cli import office_words as w
from ephoto.cli import options as o

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ephoto.cli.voice import Voice
    from ephoto.workflow.adapters.production.config import ProductionRules
    from ephoto.workflow.adapters.production.values import Package
    from ephoto.workflow.findings import Finding
    from ephoto.workflow.office.opening import Opened

__all__ = ["SCHEMA", "package"]

SCHEMA = "ephoto.packages/1"
LEFT_OUT = 1  # exit code: somebody is not in the package

Batch = Annotated[
    str | None,
    typer.Argument(metavar="BATCH", help="The output folder of `ephoto batch`.", show_default=False),
]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="DROP.zip|FOLDER", help="A file, or a folder for usual names."),
]
Roster = Annotated[
    str | None,
    typer.Option("--roster", metavar="TABLE", help="Who is who: a table (CSV, XLSX, JSONL) with id and name."),
]
Mapping = Annotated[
    str | None,
    typer.Option("--mapping", metavar="FILE", help="The bureau's mapping file. Default: ephoto's own."),
]
BatchNo = Annotated[
    str | None,
    typer.Option("--batch-no", metavar="NO", help="Unique for ever; with --accepted: write it again."),
]
Sender = Annotated[str | None, typer.Option("--sender", metavar="CODE", help="Who sends it. Default: the office's.")]
Receiver = Annotated[str | None, typer.Option("--receiver", metavar="CODE", help="To whom. Default: the office's.")]
Accepted = Annotated[bool, typer.Option("--accepted", help="The office's accepted applications, as many as wait.")]
Failed = Annotated[
    bool, typer.Option("--failed", help="With --accepted: those too whose card failed, when it is known why.")
]
Send = Annotated[bool, typer.Option("--send", help="Hand the packages over to the bureau, too.")]
Instant = Annotated[
    str | None, typer.Option("--instant", metavar="ID", help="Put one accepted application into the printer's folder.")
]
Release = Annotated[
    bool,
    typer.Option("--release", help="With --instant: put a job that a program which ended never put; look first."),
]
Spec = Annotated[str | None, typer.Option("--spec", metavar="ID", help="The cards' document. Default: the policy's.")]
Delivery = Annotated[str | None, typer.Option("--delivery", metavar="WAY", help="How these cards are handed out.")]
Branch = Annotated[str, typer.Option("--branch", metavar="CODE", help="The bank's branch for these cards.")]


def package(
    batch: Batch = None,
    output: Output = None,
    roster: Roster = None,
    mapping: Mapping = None,
    batch_no: BatchNo = None,
    sender: Sender = None,
    receiver: Receiver = None,
    accepted: Accepted = False,
    failed: Failed = False,
    send: Send = False,
    instant: Instant = None,
    release: Release = False,
    spec: Spec = None,
    delivery: Delivery = None,
    branch: Branch = "",
    columns: o.Columns = None,
    office: w.OfficePath = None,
    force: o.Force = False,
    as_json: o.Json = False,
    lang: o.Lang = None,
) -> int:
    """Pack cards for the bureau: photos, roster, checksums in one zip.

    Photos are named by ID number, or as the bureau wants them; a manifest lists every file.

    BATCH with --roster needs no office; without it, the office's accepted applications with just these photos are
    packed. With --accepted all of them are. They are in production then. A person who cannot be packed is told by row,
    never left out in silence.

    Exit: 0 all packed, 1 somebody is left out, 2 usage, 3 unreadable, or more than a package holds, 6 output, bureau.
    """
    from ephoto.cli.voice import speaking
    from ephoto.core.errors import UsageError

    voice = speaking(lang, as_json)
    wanted = [batch is not None, accepted, instant is not None]
    if wanted.count(True) != 1:
        raise UsageError("argument_missing", name="BATCH", command="ephoto package")
    if instant is not None:
        return _print(instant, office, release=release, voice=voice)
    if output is None:
        raise UsageError("argument_missing", name="--output", command="ephoto package")
    if roster is None:
        folder = None if batch is None else Path(batch)
        return _from_office(office, Path(output), batch_no, folder, failed=failed, send=send, force=force, voice=voice)
    head = _head(batch_no, sender, receiver)
    people = {"kind": "first_issue", "delivery": delivery, "branch_code": branch, "columns": o.parse_columns(columns)}
    return _from_batch(Path(str(batch)), Path(roster), Path(output), mapping, head, people, spec,
                       send=send, force=force, voice=voice)  # fmt: skip


def _from_batch(
    folder: Path,
    roster: Path,
    output: Path,
    mapping: str | None,
    head: dict[str, Any],
    people: dict[str, Any],
    spec: str | None,
    *,
    send: bool,
    force: bool,
    voice: Voice,
) -> int:
    """A package of a batch's folder, with no office behind it."""
    from datetime import UTC, datetime

    from ephoto.core.errors import UsageError
    from ephoto.core.settings import Settings

    settings = Settings.from_env()
    with w.extra():
        from ephoto.workflow.adapters.production.config import read_production
        from ephoto.workflow.adapters.production.package import write_package
        from ephoto.workflow.adapters.production.rows_from_batch import Wanted, rows_from_batch
        from ephoto.workflow.adapters.production.values import PackageHead
        from ephoto.workflow.policy import load_policy
        from ephoto.workflow.wire.mapping import bundled
    policy = load_policy().phases[-1]
    name = policy.photo_name if spec is None else f"{spec}@1"
    rules = read_production(bundled("production") if mapping is None else Path(mapping), settings)
    _check_words(people, head)
    got = rows_from_batch(folder, roster, Wanted(name, **people))
    if not got.rows:
        _tell(voice, [], got.findings)
        raise UsageError("nothing_to_package")
    at = datetime.fromtimestamp(int(w.clock()), UTC)
    made_head = PackageHead(created_at=at, spec=name, **head)
    target = output / made_head.file_name() if output.is_dir() else output
    made = write_package(target, made_head, got.rows, rules.package, rules.columns, overwrite=force)
    there = [_sender(rules)(made.path)] if send else []
    _tell(voice, [made], (*got.findings, *made.findings), there)
    return LEFT_OUT if any(finding.level == "block" for finding in got.findings) else 0


def _head(batch_no: str | None, sender: str | None, receiver: str | None) -> dict[str, Any]:
    """Number, sender and receiver of a package without an office; the number is the time's, if none is given."""
    from datetime import UTC, datetime

    from ephoto.core.errors import UsageError

    now = datetime.fromtimestamp(w.clock(), UTC).strftime("%Y%m%d-%H%M%S")
    head = {"batch_no": batch_no or now, "sender": sender, "receiver": receiver}
    for name, value in head.items():
        if value is None:
            raise UsageError("argument_missing", name=f"--{name}", command="ephoto package")
    return head


def _from_office(
    office: str | None,
    output: Path,
    batch_no: str | None,
    folder: Path | None,
    *,
    failed: bool,
    send: bool,
    force: bool,
    voice: Voice,
) -> int:
    """Packages of accepted applications, of those in a batch's folder alone if one is given: one file, or a folder of
    as many as there must be.
    """
    from itertools import islice

    from ephoto.core.errors import EnvironmentFault, UsageError

    with w.opened(office) as here:
        from ephoto.workflow.office import packaging as p
        from ephoto.workflow.office.batch_people import accepted_in

        rules, parties = _rules(here), p.Parties(here.file.sender, here.file.receiver)
        if output.suffix.lower() != ".zip" and not output.is_dir():
            raise EnvironmentFault("output_failed", path=str(output), problem="there is no such folder")
        if not output.is_dir() and output.exists() and not force:
            raise EnvironmentFault("output_exists", path=str(output))
        if not (parties.sender and parties.receiver):
            raise UsageError("settings_invalid", file=str(here.file.path), key="sender", problem="it is missing",
                             allowed="sender, receiver")  # fmt: skip
        sender = _sender(rules) if send else None
        findings: Sequence[Finding] = ()
        if batch_no is not None:
            made = [p.write_batch(here.office, batch_no, output, rules, overwrite=force)]
            there = [sender(one.path) for one in made] if sender is not None else []
            p.handed_over(here.office, batch_no)
        else:
            waits = here.office.store.outbox.waiting(p.PRODUCTION)
            most = None if output.is_dir() else int(not waits)  # one file holds one batch, the oldest
            only, findings = (None, ()) if folder is None else accepted_in(here.office, folder)
            list(islice(p.open_batches(here.office, rules, parties, failed=failed, only=only), most))
            handed = list(p.hand_over(here.office, output, rules, sender, overwrite=force))
            made, there = [one for one, _ in handed], [new for _, new in handed] if send else []
    _tell(voice, made, [*findings, *(finding for one in made for finding in one.findings)], there)
    return LEFT_OUT if findings else 0


def _print(application_id: str, office: str | None, *, release: bool, voice: Voice) -> int:
    """One job for the printer; its id is the application's."""
    with w.opened(office) as here:
        from ephoto.workflow.office.packaging import print_now
        from ephoto.workflow.office.receiving import printer_of

        printer = printer_of(here)
        if release:
            case = here.office.case(application_id)
            printer.release(case.batch_no if case.batch_no.startswith(case.application_id) else case.application_id)
        job = print_now(here.office, application_id, printer)
    if voice.as_json:
        voice.json({"schema": SCHEMA, "job": job})
    else:
        voice.say(voice.label("job_put", job=job))
    return 0


def _rules(here: Opened) -> ProductionRules:
    from ephoto.workflow.adapters.production.config import production_rules
    from ephoto.workflow.office.reaching import mapping_of

    return production_rules(mapping_of(here, "production"))


def _sender(rules: ProductionRules) -> Callable[[Path], bool]:
    """What hands packages over to the bureau."""
    import random
    import time

    from ephoto.workflow.adapters.production.sender import FileProduction, open_drop

    return FileProduction(rules, open_drop(rules, time.sleep, random.SystemRandom().random)).send


def _check_words(people: dict[str, Any], head: dict[str, Any]) -> None:
    from typing import get_args

    from ephoto.contracts.schemas import is_code
    from ephoto.core.errors import UsageError
    from ephoto.workflow.values import DeliveryMethod

    ways = get_args(DeliveryMethod)
    if people["delivery"] is not None and people["delivery"] not in ways:
        raise UsageError("bad_option", option="--delivery", value=people["delivery"], allowed=", ".join(ways))
    for name, value in head.items():
        if not is_code(value):
            option = f"--{name.replace('_', '-')}"
            raise UsageError("bad_option", option=option, value=value, allowed="1 - 32 x A-Z, a-z, 0-9, -, _")


def _tell(voice: Voice, made: Sequence[Package], findings: Sequence[Finding], sent: Sequence[bool] = ()) -> None:
    from ephoto.cli.office_voice import tell_findings

    if voice.as_json:
        listed = [
            {"path": str(one.path), "batch_no": one.head.batch_no, "count": one.count, "bytes": one.size,
             "sent": bool(sent) or None}
            for one in made
        ]  # fmt: skip
        voice.json({"schema": SCHEMA, "packages": listed, "findings": [one.to_dict(voice.lang) for one in findings]})
        return
    tell_findings(findings, voice)
    for number, one in enumerate(made):
        voice.say(voice.label("package_written", path=one.path, count=one.count, batch=one.head.batch_no))
        if sent:
            voice.say(voice.label("package_sent" if sent[number] else "package_there", path=one.path.name))
    if any(finding.level == "block" for finding in findings):
        voice.say(voice.label("rows_left_out", count=sum(f.level == "block" for f in findings)))
    if not made and not findings:
        voice.say(voice.label("package_none"))
