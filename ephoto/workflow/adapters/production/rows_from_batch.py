"""People of a package from a folder of finished cards (`ephoto batch`) and a roster: each card beside its person."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ephoto.core.errors import InputError
from ephoto.core.resident_id import has_true_check_digit
from ephoto.tables import plain_id, resolve, unwrapped_id
from ephoto.tables import read as read_table
from ephoto.workflow.adapters.production.batch_manifest import BatchCard, cards_of
from ephoto.workflow.adapters.production.values import PackageRow, Picture
from ephoto.workflow.findings import Finding
from ephoto.workflow.identity import read_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ephoto.tables import Row, Table
    from ephoto.workflow.values import DeliveryMethod, Kind

__all__ = ["BatchRows", "Wanted", "rows_from_batch"]

# Fields of a roster (tables/columns.toml) and where they stand in a document of the workflow.
_OPTIONAL = {
    "phone": "mobile", "birth_date": "birth_date", "sex": "sex", "nation": "nation", "occupation": "occupation",
    "address": "address", "id_until": "id_valid_to", "id_from": "id_valid_from",
}  # fmt: skip
_EMPLOYER = {"employer_id": "code", "employer": "name"}
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What holds for every row.

    Attributes
    ----------
    spec : the document that the cards must be of, and its version: "cn-social-security-card@1"
    columns : columns of the roster by field, where they have unusual names
    """

    spec: str
    kind: Kind = "first_issue"
    delivery: DeliveryMethod | None = None
    branch_code: str = ""
    employer_code: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    encoding: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class BatchRows:
    """Rows that are fit, in the roster's order, and what is wrong with the others: nobody is left out without one.

    Findings point to "/roster/ROW" as the roster's user counts, and to "/manifest/LINE" of the batch.
    """

    rows: tuple[PackageRow, ...] = field(repr=False)
    findings: tuple[Finding, ...]


def rows_from_batch(folder: Path, roster: Path, wanted: Wanted) -> BatchRows:
    """Match cards and people by ID number.

    A card's number is the id of the batch's own table, or the card's name without its end. Every card that is used is
    read once here and held against the manifest's digest.

    Raises
    ------
    InputError
        "not_found", "not_readable", "table_*": the manifest or the roster cannot be read at all.
    UsageError
        "column_missing", "column_ambiguous", "column_unknown", "table_format".
    """
    findings: list[Finding] = []
    cards = _cards_by_key(folder)
    table = read_table(roster, encoding=wanted.encoding, sheet=wanted.sheet, columns=tuple(wanted.columns.values()))
    places = resolve(table.header, ("id", "name"), wanted.columns, optional=(*_OPTIONAL, *_EMPLOYER))
    rows: list[PackageRow] = []
    seen: dict[str, int] = {}
    for row, number, name in _people(table, places, findings):
        first = seen.setdefault(number, row.number)
        if first != row.number:
            findings.append(Finding("wf.roster_duplicate", _at(row, "id"), {"row": first}))
            continue
        picture = _picture(folder, cards.get(number), wanted, row, findings)
        if picture is not None:
            rows.append(_row(row, number, name, picture, wanted, places))
    for key, found in cards.items():
        if key not in seen:
            findings += [Finding("wf.card_without_row", f"/manifest/{card.line}") for card in found]
    return BatchRows(tuple(rows), tuple(findings))


def _cards_by_key(folder: Path) -> dict[str, list[BatchCard]]:
    """The lines of each person: one, but for photos that were tried again or taken twice."""
    made: dict[str, list[BatchCard]] = {}
    for card in cards_of(folder):
        made.setdefault(plain_id(unwrapped_id(card.key)), []).append(card)
    return made


def _people(table: Table, places: Mapping[str, str], findings: list[Finding]) -> Iterator[tuple[Row, str, str]]:
    """Rows whose number and name can be used; the others as findings."""
    for row in table.rows():
        if row.problem:
            findings.append(Finding("wf.roster_row", f"/roster/{row.number}", {"problem": row.problem}))
            continue
        number, name = plain_id(unwrapped_id(row.cells[places["id"]])), row.cells[places["name"]]
        found = _id_finding(number, row, places["id"])
        if found is None and not name:
            found = Finding("wf.field_required", _at(row, "name"), {"field": "name"})
        if found is None:
            yield row, number, _SPACES.sub(" ", name)
        else:
            findings.append(found)


def _id_finding(number: str, row: Row, column: str) -> Finding | None:
    """What is wrong with an ID number, if anything. Zeros at its end are a suspicion that the check digit clears."""
    at, hurt = _at(row, "id"), row.hurt.get(column)
    if not number:
        return Finding("wf.field_required", at, {"field": "id_number"})
    if hurt in ("rounded", "scientific") or (hurt and not has_true_check_digit(number)):
        return Finding("wf.roster_id_numeric", at)
    return _unfit(number, at)


def _unfit(number: str, at: str) -> Finding | None:
    try:
        read_id(number)
    except InputError as error:
        return Finding(error.code, at, error.values)
    return None


def _picture(
    folder: Path, cards: list[BatchCard] | None, wanted: Wanted, row: Row, findings: list[Finding]
) -> Picture | None:
    """The one good card of a person, looked at."""
    at = f"/roster/{row.number}"
    there = [card for card in cards or () if card.output]
    if not there:
        told = [card.problem for card in cards or ()]
        findings.append(
            Finding("wf.photo_rejected", at, {"problem": told[0], "spec": wanted.spec}) if told
            else Finding("wf.photo_missing", at)
        )  # fmt: skip
        return None
    if len(there) > 1:
        findings.append(Finding("wf.photo_ambiguous", at, {"lines": [card.line for card in there]}))
        return None
    card = there[0]
    problem = card.problem
    if card.spec != wanted.spec.partition("@")[0]:
        problem = "it was made for another document"
    if problem:
        findings.append(Finding("wf.photo_rejected", at, {"problem": problem, "spec": wanted.spec}))
        return None
    read = partial(_bytes, folder, card.output, card.size)
    if hashlib.sha256(read()).hexdigest() != card.sha256:
        findings.append(Finding("wf.photo_changed", at, {"line": card.line}))
        return None
    return Picture(card.sha256, card.size, read)


def _bytes(folder: Path, output: str, size: int) -> bytes:
    """A card's bytes, no more than it should have and one; b"" where there is no such file in the folder."""
    path = folder.joinpath(*output.split("/"))
    try:
        if not path.resolve().is_relative_to(folder.resolve()):  # a link that leads elsewhere
            return b""
        with path.open("rb") as file:
            return file.read(size + 1)
    except OSError:
        return b""


def _row(row: Row, number: str, name: str, picture: Picture, wanted: Wanted, places: Mapping[str, str]) -> PackageRow:
    applicant: dict[str, Any] = {"id_number": number, "name": name, "id_type": "resident_id"}
    applicant |= {key: row.cells[places[field]] for field, key in _OPTIONAL.items() if field in places}
    employer = {key: row.cells[places[field]] for field, key in _EMPLOYER.items() if field in places}
    code = wanted.employer_code or employer.get("code", "")
    return PackageRow(
        number,
        name,
        wanted.kind,
        picture,
        delivery=wanted.delivery,
        branch_code=wanted.branch_code,
        employer_code=code,
        number=row.number,
        document={"applicant": applicant, "employer": employer | ({"code": code} if code else {})},
    )


def _at(row: Row, field: str) -> str:
    return f"/roster/{row.number}/{field}"
