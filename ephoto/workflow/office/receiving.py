"""What waits elsewhere, taken into the office: receipts of the bureau, results of the printer, events of the feed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from ephoto.core.errors import EphotoError, InputError, UsageError
from ephoto.workflow.adapters.feed import FeedReader, Refused, feed_rules
from ephoto.workflow.adapters.production.config import production_rules
from ephoto.workflow.adapters.production.hot_folder import HotFolder, JobResult
from ephoto.workflow.adapters.production.receipts import Batch, Receipt, events_of, is_new
from ephoto.workflow.adapters.registry import ACTIVATION, PRODUCTION
from ephoto.workflow.masks import mask_id
from ephoto.workflow.office.reaching import around, mapping_of
from ephoto.workflow.office.recording import record
from ephoto.workflow.wire.signing import verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ephoto.core.messages import Language
    from ephoto.workflow.adapters.production.config import ProductionRules
    from ephoto.workflow.adapters.registry import Around
    from ephoto.workflow.office.office import Office
    from ephoto.workflow.office.opening import Opened
    from ephoto.workflow.office.recording import Recorded
    from ephoto.workflow.store.unit import Unit

__all__ = ["Cursors", "Got", "listen", "printer_of", "receive_all", "take_receipt"]

_FEED = "activation"  # the name under which the feed's place is kept


@dataclass(slots=True)
class Got:
    """What one round has brought: events by what became of them, places with what went wrong there, stale jobs."""

    applied: int = 0
    parked: int = 0
    duplicates: int = 0
    waiting: int = 0
    stale: list[str] = field(default_factory=list)
    errors: list[tuple[str, EphotoError]] = field(default_factory=list)

    def count(self, status: Literal["applied", "parked", "duplicate"]) -> None:
        name = "duplicates" if status == "duplicate" else status
        setattr(self, name, getattr(self, name) + 1)

    def to_dict(self, lang: Language = "en") -> dict[str, Any]:
        return {
            "applied": self.applied,
            "parked": self.parked,
            "duplicates": self.duplicates,
            "waiting": self.waiting,
            "stale_jobs": self.stale,
            "errors": [{"place": place, "error": error.to_dict(lang)} for place, error in self.errors],
        }


@dataclass(frozen=True, slots=True)
class Cursors:
    """Where feeds' places are kept: the office's database."""

    office: Office

    def cursor(self, feed: str) -> str | None:
        with self.office.store.reading() as unit:
            return unit.cursor(feed)

    def set_cursor(self, feed: str, cursor: str) -> None:
        self.office.store.run(lambda unit: unit.set_cursor(feed, cursor))


def receive_all(here: Opened) -> Got:
    """Everything that waits in the places that the office's file names. One place does not keep the others away."""
    got = Got()
    with around(here) as shared:
        for kind, take in ((PRODUCTION.name, _from_production), (ACTIVATION.name, _from_feed)):
            if kind not in here.file.mappings:
                continue
            try:
                take(here, shared, got)
            except EphotoError as error:
                got.errors.append((kind, error))
    return got


def take_receipt(office: Office, receipt: Receipt) -> tuple[Recorded, ...]:
    """All that a receipt says, in one transaction; nothing for one that was taken before.

    Raises
    ------
    InputError
        "wf.batch_unknown"; "wf.event_conflict", "wf.receipt_row", "wf.receipt_totals": see `events_of`.
    """
    rules = office.rules()

    def taken(unit: Unit) -> tuple[Recorded, ...]:
        batch = unit.batch(receipt.batch_no, lock=True)
        if batch is None:
            raise InputError("wf.batch_unknown")
        if not is_new(receipt, unit.receipt(receipt.receipt_no)):
            return ()
        applications = {row.row_no: row.application_id for row in unit.batch_rows(batch.batch_no)}
        at = datetime.fromtimestamp(batch.created_at, UTC)
        masks = {row.row_no: _mask(unit, applications.get(row.row_no)) for row in receipt.rows}
        made = events_of(receipt, Batch(batch.batch_no, batch.attempt, at, applications, masks))
        told = tuple(record(unit, event, rules) for event in made)
        for row_no, result in _results(receipt, applications):
            unit.close_batch_row(batch.batch_no, row_no, result)
        unit.add_receipt(receipt.receipt_no, batch.batch_no, receipt.digest)
        return told

    return office.store.run(taken)


def _mask(unit: Unit, application_id: str | None) -> str:
    """The masked ID number of a row's person, as far as there is one."""
    if application_id is None:
        return ""
    return mask_id(str(unit.application(application_id).document["applicant"]["id_number"]))


def printer_of(here: Opened) -> HotFolder:
    """The instant printer's folder.

    Raises
    ------
    UsageError
        "adapter_missing": the office has no production, or its mapping no [hot_folder].
    EnvironmentFault
        "drop_failed".
    """
    printer = _printer(here, production_rules(mapping_of(here, PRODUCTION.name)))
    if printer is None:
        raise UsageError("adapter_missing", kind="hot_folder", file=str(here.mapping(PRODUCTION.name)))
    return printer


def _printer(here: Opened, rules: ProductionRules) -> HotFolder | None:
    return None if rules.hot_folder is None else HotFolder(rules.hot_folder, rules.columns, here.clock)


def listen(
    here: Opened, host: str, port: int, ready: Callable[[str], None], on_bug: Callable[[Exception], None]
) -> None:
    """Take signed webhooks until the process is asked to end; `on_bug` is told what was no EphotoError.

    Raises
    ------
    UsageError
        "adapter_missing", "settings_invalid".
    EnvironmentFault
        "listen_failed", "extra_missing".
    """
    from ephoto.workflow.adapters.activation import app, webhook
    from ephoto.workflow.adapters.listening import serve

    mapping = mapping_of(here, ACTIVATION.name)
    if mapping.sign is None:
        raise UsageError(
            "settings_invalid", file=str(mapping.file), key="sign", problem="it is missing", allowed="[sign]"
        )
    checked = verifier(mapping.sign, here.settings, here.clock, here.office.store.nonces)
    receiver = webhook(mapping, here.office.record, checked)
    serve(app(receiver, on_bug), host=host, port=port, ready=lambda bound: ready(f"http://{host}:{bound}"))


def _from_production(here: Opened, shared: Around, got: Got) -> None:
    """Receipts, each settled when it is on the disk, or as an error if it cannot be taken; then the printer."""
    mapping = mapping_of(here, PRODUCTION.name)
    for incoming in PRODUCTION.build(mapping, shared).receipts():
        try:
            if incoming.receipt is None:
                raise incoming.fault or InputError("wf.package_broken", problem="it cannot be read")
            recorded = take_receipt(here.office, incoming.receipt)
        except InputError as error:
            got.errors.append((incoming.shown, error))
            here.office.store.run(lambda unit, code=error.code: unit.audit("receipt_refused", detail=code))  # type: ignore[misc]
            incoming.settle("error")
            continue
        for one in recorded:
            got.count(one.status)
        incoming.settle("archive")
    printer = _printer(here, production_rules(mapping))
    if printer is not None:
        _from_printer(here, printer, got)


def _from_printer(here: Opened, printer: HotFolder, got: Got) -> None:
    for result in printer.results():
        try:
            event = _event(result)
            if event is None:
                continue
            got.count(here.office.record(event).status)
        except InputError as error:
            got.errors.append((result.job_id, error))
            continue
        printer.settle(result)
    got.stale += [job.job_id for job in printer.stale()]


def _event(result: JobResult) -> Any:
    if result.fault is not None:
        raise result.fault
    return result.event()


def _from_feed(here: Opened, shared: Around, got: Got) -> None:
    mapping = mapping_of(here, ACTIVATION.name)
    reader = FeedReader(
        _FEED, ACTIVATION.build(mapping, shared), here.office.record, Cursors(here.office), here.clock,
        refused=lambda one: _pass_over(here.office, one), rules=feed_rules(mapping.table("feed")),
    )  # fmt: skip
    while True:
        polled = reader.poll()
        got.applied += polled.applied
        got.parked += polled.parked
        got.duplicates += polled.duplicate
        got.waiting = polled.waiting
        got.errors += [(one.event_id, InputError("wf.event_passed_over", code=one.code)) for one in polled.refused]
        if not polled.more or not (polled.applied or polled.parked or polled.duplicate):
            return


def _pass_over(office: Office, refused: Refused) -> None:
    office.store.run(lambda unit: unit.audit("event_passed_over", detail=f"{refused.event_id} {refused.code}"))


def _results(receipt: Receipt, applications: dict[int, str]) -> Iterable[tuple[int, str]]:
    """Rows that have their end: a package that was refused has it for each of them."""
    if receipt.level == "file":
        return ((row_no, "failed") for row_no in applications) if receipt.result == "refused" else ()
    return ((row.row_no, row.result) for row in receipt.rows if row.result != "pending")
