"""An employer's roster: a table of people in, a draft for each good row and findings for each other one out.

A cell whose digits were lost is never repaired, and no finding repeats what a cell holds. Rows come one by one; of each
only its person's mark stays, by which the second one of a person is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ephoto.contracts.schemas import is_code
from ephoto.core.errors import EphotoError, InputError
from ephoto.core.resident_id import has_true_check_digit
from ephoto.tables import plain_id, read, resolve, unwrapped_id, write
from ephoto.tables.text import hurt_text
from ephoto.workflow.adapters.roster_words import day_of, id_type_of, sex_of, until_of
from ephoto.workflow.findings import Finding, blocking
from ephoto.workflow.identity import IdNumber, fits_other_id, read_id
from ephoto.workflow.mobile import plain_mobile
from ephoto.workflow.model import Application, Employer, load_application
from ephoto.workflow.terms import EmployerTerms, with_terms

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path
    from typing import BinaryIO

    from ephoto.core.edited import Edited
    from ephoto.tables import Row
    from ephoto.workflow.values import Kind

__all__ = ["FINDINGS_HEADER", "Collective", "RosterRow", "RosterWords", "read_roster", "roster_words", "write_findings"]

FINDINGS_HEADER = ("row", "level", "code", "field", "message", "hint", "message_zh", "hint_zh")
_WANTED = ("id", "name")
_OPTIONAL = ("id_type", "phone", "birth_date", "sex", "nation", "occupation", "address", "id_from", "id_until",
             "employer_id", "bank")  # fmt: skip
_RESIDENT = ("resident_id", "hk_macao_taiwan_residence")  # documents whose number has a check digit
# A column of columns.toml and the field of the applicant that it is.
_FIELDS = {
    "name": "name",
    "phone": "mobile",
    "birth_date": "birth_date",
    "sex": "sex",
    "nation": "nation",
    "occupation": "occupation",
    "address": "address",
    "id_from": "id_valid_from",
    "id_until": "id_valid_to",
    "id_type": "id_type",
    "id": "id_number",
}
_READERS: Mapping[str, Callable[[str], str]] = {
    "birth_date": lambda text: day_of(text, "birth_date"),
    "id_from": lambda text: day_of(text, "id_valid_from"),
    "id_until": lambda text: until_of(text, "id_valid_to"),
    "sex": sex_of,
    "id_type": id_type_of,
}


@dataclass(frozen=True, slots=True)
class Collective:
    """The collective application that a roster belongs to.

    Attributes
    ----------
    employer : whose it is, and its number
    terms : what the employer has settled (the pre-check's answer); filled in and locked in every draft
    banks : codes of banks by every name that a roster may call them; a code stands for itself
    kind : what is applied for
    """

    employer: Employer
    terms: EmployerTerms | None = None
    banks: Mapping[str, str] = field(default_factory=dict)
    kind: Kind = "first_issue"

    @property
    def allowed(self) -> list[str]:
        """The codes of the banks that may be chosen; none where nothing is known of them."""
        settled = self.terms.bank_codes if self.terms else ()
        return sorted(settled or set(self.banks.values()))


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One row: its number as the file's user counts, what was found, and the draft; None where a finding blocks."""

    row_no: int
    findings: tuple[Finding, ...] = ()
    application: Application | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RosterWords:
    """What a mapping's table [roster] says: columns by field, and codes of banks by the names that rosters have."""

    columns: Mapping[str, str]
    banks: Mapping[str, str]


def roster_words(edited: Edited) -> RosterWords:
    """The table [roster] of the mapping for the kind employer, with its tables columns and banks.

    Raises
    ------
    UsageError
        "settings_invalid".
    """
    fields = (*_WANTED, *_OPTIONAL)
    table = edited.table("columns")
    columns = table.words(bool, "a column's name")
    for name in columns:
        if name not in fields:
            table.refuse(name, "unknown key", ", ".join(fields))
    banks = edited.table("banks").words(is_code, "a bank's code")
    edited.done()
    return RosterWords(columns, banks)


def read_roster(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    collective: Collective,
    *,
    ids: Callable[[], str],
    today: date,
    name: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> Iterator[RosterRow]:
    """The rows of a CSV file (UTF-8 or GB18030) or a workbook, one by one.

    Parameters
    ----------
    ids : gives a fresh application id a call
    today : nobody is born after it
    source, name, encoding, sheet : as `tables.read` takes them
    columns : the table's columns by field (id, name, phone, ...), as a user named them; else their usual names

    Raises
    ------
    UsageError, InputError, EnvironmentFault
        As `tables.read` and `tables.resolve` have them, for the table as a whole: at once, before the first row.
    """
    given = dict(columns or {})
    table = read(source, name=name, encoding=encoding, sheet=sheet, columns=tuple(given.values()))
    known = resolve(table.header, _WANTED, given, optional=_OPTIONAL)
    reader = _Reader(collective, known, ids, today)
    return (reader.row(row) for row in table.rows())


def write_findings(
    path: str | os.PathLike[str], rows: Iterable[RosterRow], *, overwrite: bool = False, inputs: Iterable[str] = ()
) -> Path:
    """Every finding as a row of a table (CSV, XLSX or JSONL by the name's end), in both languages: for the employer to
    correct the roster by. Nothing of the roster but its rows' numbers is in it.

    Raises
    ------
    UsageError, EnvironmentFault
        As `tables.write` has them.
    """
    header = dict.fromkeys(FINDINGS_HEADER, str) | {"row": int}
    told = (_told(row.row_no, finding) for row in rows for finding in row.findings)
    return write(path, header, told, overwrite=overwrite, inputs=inputs)


def _told(row_no: int, finding: Finding) -> dict[str, str | int | float | bool | None]:
    return {
        "row": row_no,
        "level": finding.level,
        "code": finding.code,
        "field": finding.pointer,
        "message": finding.message(),
        "hint": finding.hint(),
        "message_zh": finding.message("zh"),
        "hint_zh": finding.hint("zh"),
    }


class _Reader:
    """Goes through the rows of one table; knows whom it has seen."""

    def __init__(self, collective: Collective, columns: Mapping[str, str], ids: Callable[[], str], today: date) -> None:
        self._collective, self._columns, self._ids, self._today = collective, columns, ids, today
        self._seen: dict[str, int] = {}

    def row(self, row: Row) -> RosterRow:
        if row.problem:
            return RosterRow(row.number, (Finding("wf.roster_row", "", {"problem": row.problem}),))
        findings: list[Finding] = []
        applicant = self._applicant(row, findings)
        self._identity(row, applicant, findings)
        bank = self._bank(row, findings)
        told = tuple(findings)
        if blocking(told):
            return RosterRow(row.number, told)
        try:
            made = self._draft(applicant, bank)
        except InputError as error:
            return RosterRow(row.number, (*told, _finding(error)))
        return RosterRow(row.number, told, made)

    def _cell(self, row: Row, column: str) -> str:
        return row.cells[self._columns[column]] if column in self._columns else ""

    def _applicant(self, row: Row, findings: list[Finding]) -> dict[str, Any]:
        """What the cells say, by the applicant's fields, without those that cannot be read."""
        made: dict[str, Any] = {}
        for column, own in _FIELDS.items():
            text = self._cell(row, column)
            if not text:
                continue
            try:
                made[own] = _READERS[column](text) if column in _READERS else text
            except InputError as error:
                findings.append(_finding(error, f"/applicant/{own}"))
        if "name" not in made:
            findings.append(Finding("wf.field_required", "/applicant/name", {"field": "name"}))
        elif not _in_gbk(made["name"]):
            findings.append(Finding("wf.name_not_in_gbk", "/applicant/name"))
        if "mobile" in made:
            made["mobile"] = plain_mobile(unwrapped_id(made["mobile"]))
            if not made["mobile"]:
                findings.append(Finding("wf.mobile_invalid", "/applicant/mobile"))
        code = self._cell(row, "employer_id")
        if code and plain_id(code) != plain_id(self._collective.employer.code):
            problem = {"field": "employer.code", "problem": "it is another employer's"}
            findings.append(Finding("wf.field_unfit", "/employer/code", problem))
        return made

    def _identity(self, row: Row, applicant: dict[str, Any], findings: list[Finding]) -> None:
        """The ID number: whether it is whole, right, new, and says what the other cells say."""
        at = "/applicant/id_number"
        number = plain_id(unwrapped_id(applicant.get("id_number", "")))
        if not number:
            findings.append(Finding("wf.field_required", at, {"field": "id_number"}))
            return
        applicant["id_number"] = number
        kind = applicant.get("id_type", "resident_id")
        hurt = row.hurt.get(self._columns["id"]) or hurt_text(number)
        if hurt and not (hurt == "zeros" and kind in _RESIDENT and has_true_check_digit(number)):
            findings.append(Finding("wf.roster_id_numeric", at))
            return
        first = self._seen.setdefault(number, row.number)
        if first != row.number:
            findings.append(Finding("wf.roster_duplicate", at, {"row": first}))
        if kind in _RESIDENT:
            try:
                _compare(read_id(number, today=self._today), applicant, findings)
            except InputError as error:
                findings.append(_finding(error, at))
        elif not fits_other_id(number):
            problem = {"problem": "it is not 5 to 18 capital letters and digits"}
            findings.append(Finding("wf.id_invalid", at, problem))

    def _bank(self, row: Row, findings: list[Finding]) -> str:
        """The bank's code: that of the row, or the only one that may be chosen."""
        text, allowed = self._cell(row, "bank"), self._collective.allowed
        if not text:
            return allowed[0] if len(allowed) == 1 else ""
        code = self._collective.banks.get(text, text)
        if code not in allowed:
            findings.append(Finding("wf.bank_not_allowed", "/bank/code", {"allowed": allowed}))
        return code

    def _draft(self, applicant: Mapping[str, Any], bank: str) -> Application:
        by = self._collective
        opened = by.terms.opened if by.terms else by.employer.collective_opened
        made = load_application(
            {
                "application_id": self._ids(),
                "kind": by.kind,
                "route": "in_service",
                "applicant": applicant,
                **({"bank": {"code": bank}} if bank else {}),
            }
        )
        employer = by.employer.model_copy(update={"collective_opened": opened})
        made = made.model_copy(update={"employer": employer})
        return with_terms(made, by.terms) if by.terms else made


def _compare(number: IdNumber, applicant: Mapping[str, Any], findings: list[Finding]) -> None:
    if applicant.get("birth_date", number.birth_date.isoformat()) != number.birth_date.isoformat():
        findings.append(Finding("wf.id_birth_date", "/applicant/birth_date"))
    if applicant.get("sex", number.sex) != number.sex:
        findings.append(Finding("wf.id_sex", "/applicant/sex"))
    if not number.region_known:
        findings.append(Finding("wf.id_region_unknown", "/applicant/id_number"))


def _finding(error: EphotoError, at: str = "") -> Finding:
    """An error of the workflow as a finding; its field, in dots, is the place if none is given."""
    place = at or "/" + str(error.values.get("field", "")).replace(".", "/")
    return Finding(error.code, place, error.values)


def _in_gbk(text: str) -> bool:
    try:
        text.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True
