"""Receipts of the bureau, "ephoto.receipt/1", read strictly, and what they say as events of the lifecycle."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

from ephoto.contracts.schemas import check
from ephoto.core.errors import InputError
from ephoto.workflow.adapters.production.control import tellable
from ephoto.workflow.adapters.production.reading import parsed_json
from ephoto.workflow.adapters.production.zip_guard import ZipLimits, guarded
from ephoto.workflow.lifecycle.events import Event, parsed_time
from ephoto.workflow.wire.refusals import masked_detail

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from ephoto.workflow.values import FailType

__all__ = ["Batch", "Receipt", "ReceiptRow", "event_of", "events_of", "is_new", "read_receipt", "row_of"]

SCHEMA = "ephoto.receipt/1"
_NAMES = uuid.UUID("6f0b3f4e-8f0e-5d0c-9d3b-52a1d0a3c1e7")  # of the events that receipts make; never changed
_KEPT = ("card_id_code", "account_last4", "issued_on", "valid_to")


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """What became of one row. Long numbers in the reason are masked: it stays in a history that is never changed.

    `details` are the schema's other words, such as card_id_code and valid_to.
    """

    row_no: int
    result: Literal["success", "failed", "pending"]
    application_id: str = ""
    id_number_masked: str = field(default="", repr=False)
    card_no: str = field(default="", repr=False)
    made_at: str = ""
    fail_type: FailType | None = None
    fail_code: str = ""
    fail_reason: str = field(default="", repr=False)
    details: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt. `digest` is the SHA-256 of its JSON; `attempt` 0 where it names none."""

    batch_no: str
    receipt_no: str
    level: Literal["file", "row"]
    final: bool
    digest: str
    attempt: int = 0
    result: Literal["accepted", "refused"] | None = None
    code: str = ""
    detail: str = field(default="", repr=False)
    total: int = 0
    succeeded: int = 0
    failed: int = 0
    pending: int = 0
    rows: tuple[ReceiptRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """What is known of the batch that a receipt is about.

    Attributes
    ----------
    at : when the package was made. A failed row says no time of its own; an event must have the same one each time its
        receipt is read, and this is the latest that is known for certain.
    applications : by row number
    masks : of their ID numbers, by row number, as far as they are known; a receipt's row is held against its own
    """

    batch_no: str
    attempt: int
    at: datetime
    applications: Mapping[int, str]
    masks: Mapping[int, str] = field(default_factory=dict, repr=False)


def read_receipt(path: Path, most: int) -> Receipt:
    """A receipt's file: JSON of no more bytes than `most`, or a zip with one such JSON in it.

    Raises
    ------
    InputError
        "wf.package_broken", "wf.package_too_large", "not_readable"; "document_unfit"; "wf.receipt_totals";
        "wf.receipt_row" with the row's number.
    """
    data = _unzipped(path, most) if path.name.lower().endswith(".zip") else _plain(path, most)
    document = parsed_json(data)
    check(document, SCHEMA)
    rows = tuple(row_of(one) for one in document.get("rows", []))
    receipt = Receipt(
        document["batch_no"],
        document["receipt_no"],
        document["level"],
        document["final"],
        hashlib.sha256(data).hexdigest(),
        document.get("attempt", 0),
        document.get("result"),
        document.get("code", ""),
        masked_detail(document.get("detail", "")),
        total=document.get("total", 0),
        succeeded=document.get("succeeded", 0),
        failed=document.get("failed", 0),
        pending=document.get("pending", 0),
        rows=rows,
    )
    _check_rows(receipt)
    return receipt


def is_new(receipt: Receipt, known_digest: str | None) -> bool:
    """Whether a receipt is still to be recorded, by the digest that is kept under its number, if any.

    Raises
    ------
    InputError
        "wf.event_conflict": another receipt had this number.
    """
    if known_digest is None:
        return True
    if known_digest != receipt.digest:
        raise InputError("wf.event_conflict")
    return False


def events_of(receipt: Receipt, batch: Batch) -> tuple[Event, ...]:
    """What a receipt says has happened. Rows that are pending, or missing, are still being produced: nothing happened.

    An event's id depends on the batch, the attempt, the row and its result, not on the receipt: a later receipt that
    says the same of a row again says the same event.

    Raises
    ------
    InputError
        "wf.receipt_row": a row is not in the batch, or is another application's. "wf.receipt_totals": the receipt
        tells of more rows than the batch has. "wf.event_conflict": it is about another batch or attempt.
    """
    if receipt.batch_no != batch.batch_no or receipt.attempt not in (0, batch.attempt):
        raise InputError("wf.event_conflict")
    if receipt.level == "file":
        return tuple(_refused(receipt, batch)) if receipt.result == "refused" else ()
    if receipt.total > len(batch.applications):
        raise InputError("wf.receipt_totals")
    about = f"{batch.batch_no}/{batch.attempt}"
    made = []
    for row in receipt.rows:
        application = batch.applications.get(row.row_no)
        if application is None:
            raise InputError("wf.receipt_row", row=row.row_no, problem="the batch has no such row")
        if row.application_id not in ("", application):
            raise InputError("wf.receipt_row", row=row.row_no, problem="it is another application's")
        if not _may_be(row.id_number_masked, batch.masks.get(row.row_no, "")):
            raise InputError("wf.receipt_row", row=row.row_no, problem="it is another application's")
        event = event_of(row, application, about, batch.batch_no, batch.at)
        made += [] if event is None else [event]
    return tuple(made)


def event_of(row: ReceiptRow, application_id: str, about: str, batch_no: str, at: datetime) -> Event | None:
    """What happened by one row of a receipt, or of a printer's result; None while it is pending.

    Parameters
    ----------
    about : names the order that the row belongs to, for the event's id
    at : the time of a failure, which says none

    Raises
    ------
    InputError
        "wf.field_unfit": its time is none.
    """
    if row.result == "pending":
        return None
    payload: dict[str, Any] = {"batch_no": batch_no, "row_no": row.row_no} | dict(row.details)
    name = f"{about}/{row.row_no}/{row.result}"
    if row.result == "success":
        payload |= {"card_no": row.card_no, "made_at": row.made_at}
        time = parsed_time(row.made_at)
        return Event(_id(name), "produced", time, application_id, row.card_no, "bureau", payload=payload)
    payload |= {"fail_type": row.fail_type, "fail_code": row.fail_code, "fail_reason": row.fail_reason}
    time = parsed_time(row.made_at) if row.made_at else at
    return Event(_id(name), "production_failed", time, application_id, "", "bureau", payload=payload)


def row_of(document: Mapping[str, Any]) -> ReceiptRow:
    """A row of a document that meets its schema."""
    vendor = {"vendor": masked_detail(document["vendor"])} if "vendor" in document else {}
    return ReceiptRow(
        int(document["row_no"]),  # JSON's 1.0 is 1, and names the same event
        document["result"],
        document.get("application_id", ""),
        document.get("id_number_masked", ""),
        document.get("card_no", ""),
        document.get("made_at", ""),
        cast("FailType | None", document.get("fail_type")),
        document.get("fail_code", ""),
        masked_detail(document.get("fail_reason", "")),
        {key: document[key] for key in _KEPT if key in document} | vendor,
    )


def _refused(receipt: Receipt, batch: Batch) -> Iterator[Event]:
    """A package that was refused as a whole has failed for each of its rows; its data is at fault, not a card."""
    for row_no, application in batch.applications.items():
        row = ReceiptRow(
            row_no, "failed", fail_type="data", fail_code=receipt.code, fail_reason=receipt.detail or "refused"
        )
        event = event_of(row, application, f"{batch.batch_no}/{batch.attempt}/file", batch.batch_no, batch.at)
        if event is not None:
            yield event


def _may_be(told: str, known: str) -> bool:
    """Whether two masked numbers can be one person's. Masks star different places, and some take them out: what is
    shown before the first star and behind the last one counts. One that is missing tells nothing.

    >>> _may_be("1***4", "110101********1234"), _may_be("110102********1234", "110101********1234")
    (True, False)
    """
    starts = told.partition("*")[0], known.partition("*")[0]
    ends = told.rpartition("*")[2][::-1], known.rpartition("*")[2][::-1]
    return all(a == b for pair in (starts, ends) for a, b in zip(*pair, strict=False))


def _id(name: str) -> str:
    return str(uuid.uuid5(_NAMES, name))


def _check_rows(receipt: Receipt) -> None:
    """Totals add up, and each row is there once; rows that are missing are among the pending ones."""
    if receipt.level == "file":
        if receipt.rows:
            raise InputError("wf.receipt_totals")
        return
    seen: set[int] = set()
    for row in receipt.rows:
        if row.row_no in seen:
            raise InputError("wf.receipt_row", row=row.row_no, problem="it is there twice")
        seen.add(row.row_no)
    count = {result: sum(row.result == result for row in receipt.rows) for result in ("success", "failed", "pending")}
    right = (
        receipt.total == receipt.succeeded + receipt.failed + receipt.pending
        and (count["success"], count["failed"]) == (receipt.succeeded, receipt.failed)
        and count["pending"] <= receipt.pending
        and not (receipt.final and receipt.pending)
    )
    cards = [row.card_no for row in receipt.rows if row.card_no]
    if not right or len(set(cards)) < len(cards):
        raise InputError("wf.receipt_totals")


def _plain(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise InputError("not_readable", path=tellable(path.name), problem=error.strerror or str(error)) from None
    if len(data) > most:
        raise InputError("wf.package_too_large", problem=f"its bytes are more than {most}")
    return data


def _unzipped(path: Path, most: int) -> bytes:
    with guarded(path, ZipLimits(1, most, most)) as members:
        names = members.names()
        if len(names) != 1 or not names[0].lower().endswith(".json") or "/" in names[0]:
            raise InputError("wf.package_broken", problem="it does not hold one JSON file")
        return members.read(names[0], most)
