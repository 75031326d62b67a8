"""Accepted applications packed for the bureau: first entered in a batch, then written, as often as it takes.

A batch is in the database before its file is there, together with a message in the outbox that it is to be handed
over. What dies in between is found there by the next round and written again from the database, to the same bytes; no
application is in two open batches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from filecmp import cmp
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ephoto.core.errors import EnvironmentFault, InputError
from ephoto.workflow.adapters.production.hot_folder import job_of
from ephoto.workflow.adapters.production.package import write_package
from ephoto.workflow.adapters.production.values import Mode, Package, PackageHead, PackageRow, Picture
from ephoto.workflow.lifecycle.events import Event, derived_id
from ephoto.workflow.lifecycle.fold import allowed
from ephoto.workflow.office.office import BEIJING, Office
from ephoto.workflow.office.recording import case_of, record, terms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from ephoto.workflow.adapters.production.config import ProductionRules
    from ephoto.workflow.adapters.production.hot_folder import HotFolder
    from ephoto.workflow.office.recording import Rules
    from ephoto.workflow.store.rows import ApplicationRow, Batch
    from ephoto.workflow.store.unit import Unit
    from ephoto.workflow.values import EventType

__all__ = [
    "PRODUCTION",
    "Parties",
    "hand_over",
    "handed_over",
    "open_batch",
    "open_batches",
    "print_now",
    "row_of_application",
    "write_batch",
]

PRODUCTION = "production"  # target of the outbox: batches that are not handed over yet

_PACKED = ("packaged", "repackaged")
# What a package needs beside its photos, bytes: members, manifest, roster and sums, with much to spare.
_ROW_BYTES, _PACKAGE_BYTES = 2000, 10_000
_MOST_BATCHES = 1000  # of one round


@dataclass(frozen=True, slots=True)
class Parties:
    """Who sends packages, and to whom."""

    sender: str
    receiver: str


def open_batches(
    office: Office,
    rules: ProductionRules,
    parties: Parties,
    *,
    failed: bool = False,
    only: Collection[str] | None = None,
) -> Iterator[str]:
    """Batch after batch, until no application that can be packed is left; gives their numbers."""
    while (batch_no := open_batch(office, rules, parties, failed=failed, only=only)) is not None:
        yield batch_no


def open_batch(
    office: Office,
    rules: ProductionRules,
    parties: Parties,
    *,
    failed: bool = False,
    only: Collection[str] | None = None,
) -> str | None:
    """Enter as many applications in a new batch as one package holds; None if there is none.

    They are those that were accepted. Who goes by a photo on file is left out: that photo is not ours to send.

    Parameters
    ----------
    failed : those too whose production failed, but for their photo: somebody has looked why, or it would fail again
    only : ids of the applications that may be chosen
    """
    at = office.rules()

    def opened(unit: Unit) -> str | None:
        chosen = _chosen(unit, rules, at, failed, only)
        if not chosen:
            return None
        batch_no = _next_number(unit, at.now)
        unit.add_batch(batch_no, 1, "bulk", parties.sender, parties.receiver, at.now)
        unit.leave_batches([row.id for row in chosen])
        unit.add_batch_rows(batch_no, list(enumerate((row.id for row in chosen), 1)))
        for row in chosen:
            again: EventType = "repackaged" if row.state == "production_failed" else "packaged"
            record(unit, _packed(again, row.id, batch_no, at.now), at)
        unit.audit("packaged", receiver=parties.receiver, count=len(chosen), detail=batch_no)
        unit.enqueue(PRODUCTION, batch_no, batch_no.encode())
        return batch_no

    return office.store.run(opened)


def hand_over(
    office: Office,
    path: Path,
    rules: ProductionRules,
    send: Callable[[Path], bool] | None = None,
    *,
    overwrite: bool = False,
) -> Iterator[tuple[Package, bool]]:
    """Write the packages of batches that wait for it, those too that died on their way, and send them: all of them into
    a folder, or one to a file.

    Nobody holds a batch while it is on its way, so that nobody waits for one who died: two at once write the same bytes
    under one name, and a drop takes a package once. A batch waits until it is sent, or written where nothing is sent.

    Parameters
    ----------
    send : hands a package over; whether it was not there before

    Raises
    ------
    InputError
        As `write_batch` and what `send` raises, once the other batches are done with; that batch waits on.
    EnvironmentFault
        As `write_batch` and what `send` raises, at once.
    """
    most = _MOST_BATCHES if path.is_dir() else 1
    due = office.store.run(lambda unit: unit.claim(PRODUCTION, office.clock(), 0.0, most))
    broken: list[InputError] = []
    for batch_no in (message.body.decode() for message in due):
        try:
            made = _written(office, batch_no, path, rules, overwrite=overwrite)
            new = send is not None and send(made.path)
        except InputError as error:
            broken.append(error)
            continue
        handed_over(office, batch_no)
        yield made, new
    if broken:
        raise broken[0]


def handed_over(office: Office, batch_no: str) -> None:
    """A batch waits no longer; nothing for one that did not."""

    def noted(unit: Unit) -> None:
        for message in unit.claim(PRODUCTION, office.clock(), 0.0, 1, only=batch_no):
            unit.sent(message.id)

    office.store.run(noted)


def _written(office: Office, batch_no: str, path: Path, rules: ProductionRules, *, overwrite: bool) -> Package:
    """The batch's package; one that lies there already stays, if it has the same bytes."""
    try:
        return write_batch(office, batch_no, path, rules, overwrite=overwrite)
    except EnvironmentFault as error:
        if error.code != "output_exists":
            raise
        folder = path if path.is_dir() else path.parent
        with TemporaryDirectory(prefix=".ephoto-", dir=folder) as beside:
            made = write_batch(office, batch_no, Path(beside), rules)
            there = path / made.path.name if path.is_dir() else path
            if not cmp(made.path, there, shallow=False):
                raise
            return replace(made, path=there)


def write_batch(
    office: Office, batch_no: str, path: Path, rules: ProductionRules, *, overwrite: bool = False
) -> Package:
    """Write a batch's package, under its usual name if `path` is a folder; the same bytes each time.

    Raises
    ------
    InputError
        "wf.batch_unknown"; as `write_package`; "wf.photo_missing": it was purged.
    EnvironmentFault
    """
    with office.store.reading() as unit:
        batch = unit.batch(batch_no)
        if batch is None:
            raise InputError("wf.batch_unknown")
        head = _head(batch, office)
        target = path / head.file_name() if path.is_dir() else path
        rows = (unit.application(row.application_id) for row in unit.batch_rows(batch_no))
        packed = [row_of_application(row, unit.photo) for row in rows]
        return write_package(target, head, packed, rules.package, rules.columns, overwrite=overwrite)


def print_now(office: Office, application_id: str, printer: HotFolder) -> str:
    """Put an accepted application into an instant printer's folder; gives the job's id.

    The application is in production before the job is put: a crash in between leaves a job that is not there, which is
    told as stale, and never two cards. One whose card has failed, or that was accepted anew, has another attempt.

    Raises
    ------
    InputError
        "wf.application_unknown"; "wf.transition_refused"; "wf.branch_not_instant"; "wf.photo_missing"; "wf.job_known".
    """
    at = office.rules()

    def begun(unit: Unit) -> tuple[ApplicationRow, int]:
        row = unit.application(application_id, lock=True)
        branch = (row.document.get("bank") or {}).get("branch_code", "")
        if not at.policy.instant(branch):
            raise InputError("wf.branch_not_instant")
        if row.photo_id is None:
            raise InputError("wf.photo_missing")
        attempt = _jobs(unit, row.id)
        case = case_of(unit, row, at)
        if case.state != "producing" or case.batch_no != job_of(row.id, attempt):  # else it may not have been put
            attempt += 1
            again: EventType = "repackaged" if row.state == "production_failed" else "packaged"
            unit.leave_batches([row.id])
            record(unit, _packed(again, row.id, job_of(row.id, attempt), at.now), at)
        unit.audit("job_put", application_id=row.id, receiver="printer")
        return row, attempt

    row, attempt = office.store.run(begun)
    with office.store.reading() as unit:
        return printer.put(row_of_application(row, unit.photo), at.policy.photo_name, attempt=attempt)


def _jobs(unit: Unit, application_id: str) -> int:
    """How often the application went to the printer; its jobs count up."""
    told = {e.event.payload.get("batch_no") for e in unit.history(application_id) if e.event.type in _PACKED}
    count = 0
    while job_of(application_id, count + 1) in told:
        count += 1
    return count


def row_of_application(row: ApplicationRow, photo_of: Callable[[str], bytes]) -> PackageRow:
    """An application as a row of a package; its photo is read when it is packed."""
    document, photo = row.document, row.document.get("photo") or {}
    if row.photo_id is None:
        raise InputError("wf.photo_missing")
    return PackageRow(
        id_number=document["applicant"]["id_number"],
        name=document["applicant"]["name"],
        kind=row.kind,
        photo=Picture(photo["sha256"], photo["bytes"], partial(photo_of, row.photo_id)),
        application_id=row.id,
        delivery=(document.get("delivery") or {}).get("method"),
        branch_code=(document.get("bank") or {}).get("branch_code", ""),
        employer_code=(document.get("employer") or {}).get("code", ""),
        document=document,
    )


def _chosen(
    unit: Unit, rules: ProductionRules, at: Rules, failed: bool, only: Collection[str] | None
) -> list[ApplicationRow]:
    """As many as the limits of a package admit: failed ones first, each by id."""
    chosen: list[ApplicationRow] = []
    size = _PACKAGE_BYTES
    again = unit.applications(state="production_failed", limit=None) if failed else ()
    may_be = (row for row in again if _may_be_again(unit, row, at))
    for row in chain(may_be, unit.applications(state="accepted", limit=None)):
        if row.photo_id is None or (only is not None and row.id not in only):
            continue
        size += row.document["photo"]["bytes"] + _ROW_BYTES
        if len(chosen) == rules.package.max_entries or (chosen and size > rules.package.max_zip_bytes):
            break
        chosen.append(row)
    return chosen


def _may_be_again(unit: Unit, row: ApplicationRow, at: Rules) -> bool:
    """Whether its card may be made of the same data: not where the photo was at fault."""
    return "repackaged" in allowed(case_of(unit, row, at), terms_of(row, at))


def _next_number(unit: Unit, now: float) -> str:
    """The day and a number that counts: unique for ever, as the table of batches sees to."""
    day = datetime.fromtimestamp(now, BEIJING).strftime("%Y%m%d")
    last = unit.last_batch_no(f"{day}-")
    return f"{day}-{1 if last is None else int(last[len(day) + 1 :]) + 1:06}"


def _packed(type: EventType, application_id: str, batch_no: str, now: float) -> Event:
    at = datetime.fromtimestamp(now, UTC)
    event_id = derived_id(application_id, type, batch_no)
    return Event(event_id, type, at, application_id, source="ephoto", payload={"batch_no": batch_no})


def _head(batch: Batch, office: Office) -> PackageHead:
    at = datetime.fromtimestamp(int(batch.created_at), BEIJING)
    spec = office.policy(batch.created_at).photo_name
    mode: Mode = "instant" if batch.mode == "instant" else "bulk"
    return PackageHead(batch.batch_no, batch.sender, batch.receiver, at, spec, batch.attempt, mode)
