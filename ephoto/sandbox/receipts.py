"""Receipts of the bureau: what became of a package, and of each of its rows."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from ephoto.sandbox.times import day, stamped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ephoto.sandbox.books import Books
    from ephoto.sandbox.world import Person, World

__all__ = ["file_receipt", "made_row", "masked", "row_receipt"]

_ISSUER = "119900"  # the region of whoever issues; nobody's
_FIRST, _LAST = 6, 4  # digits of an ID number that are shown


def masked(id_number: str) -> str:
    """An ID number with its middle hidden.

    >>> masked("119900198802290011"), masked("E1234567")
    ('119900********0011', '********')
    """
    hidden = len(id_number) - _FIRST - _LAST
    if hidden < _LAST:
        return "*" * max(len(id_number), 5)
    return id_number[:_FIRST] + "*" * hidden + id_number[-_LAST:]


def file_receipt(batch_no: str, attempt: int, receipt_no: str, code: str = "", detail: str = "") -> dict[str, Any]:
    """Whether a package was taken; final if it was not. An attempt of 0 is not known."""
    told: dict[str, Any] = {
        "schema": "ephoto.receipt/1",
        "batch_no": batch_no,
        "receipt_no": receipt_no,
        "level": "file",
        "final": bool(code),
        "result": "refused" if code else "accepted",
    }
    told |= {"attempt": attempt} if attempt else {}
    return told | ({"code": code, "detail": detail[:400]} if code else {})


def row_receipt(
    manifest: Mapping[str, Any], receipt_no: str, rows: Sequence[Mapping[str, Any]], *, final: bool
) -> dict[str, Any]:
    """What became of rows."""
    results = [row["result"] for row in rows]
    return {
        "schema": "ephoto.receipt/1",
        "batch_no": manifest["batch_no"],
        "attempt": manifest["attempt"],
        "receipt_no": receipt_no,
        "level": "row",
        "final": final,
        "total": len(rows),
        "succeeded": results.count("success"),
        "failed": results.count("failed"),
        "pending": results.count("pending"),
        "rows": list(rows),
    }


def made_row(
    about: Mapping[str, Any], person: Person, books: Books, world: World, now_s: float, *, last: bool
) -> dict[str, Any]:
    """One card made, or not: a receipt's row.

    Parameters
    ----------
    about : row_no, id_number and, where it is known, application_id
    last : whether who is still pending is made now
    """
    row: dict[str, Any] = {"row_no": about["row_no"], "id_number_masked": masked(about["id_number"])}
    row |= {"application_id": about["application_id"]} if about.get("application_id") else {}
    if person.pending and not last:
        return row | {"result": "pending"}
    if person.fail_type is not None and (person.fails == 0 or books.failed_before(person.id_number) < person.fails):
        code = {"fail_code": person.fail_code} if person.fail_code else {}
        return row | {
            "result": "failed", "fail_type": person.fail_type, **code, "fail_reason": person.fail_reason or "failed",
        }  # fmt: skip
    today = day(now_s)
    until = f"{int(today[:4]) + world.bureau.card_years}{today[4:7]}-01"
    return row | {
        "result": "success",
        "card_no": books.new_card(about.get("application_id", "")),
        "card_id_code": _ISSUER + secrets.token_hex(13),
        "issued_on": today,
        "valid_to": until,
        "made_at": stamped(now_s),
        "vendor": world.bureau.vendor,
    }
