"""A table as it is read: a header, and rows of text that come one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ephoto.core.errors import InputError
from ephoto.tables.columns import names_in
from ephoto.tables.limits import limits
from ephoto.tables.text import Hurt, hurt_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

__all__ = ["NO_HURT", "Record", "Row", "Table", "table_of"]

NO_HURT: Mapping[int, Hurt] = {}
MOST_TITLES = 3  # rows with text above a header


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes
    ----------
    number : int
        As the file's user counts: the line on which it starts in a text file, the row of the sheet; from 1.
    cells : Mapping[str, str]
        By the header's names: the text as stored, without white space and invisible marks at its ends. Every column
        of the header is there; what is not given is "".
    hurt : Mapping[str, Hurt]
        The columns whose value has lost digits, as ID numbers do that a spreadsheet took for numbers, and how:
        "rounded" (a number of more than 15 digits), "scientific" (the text "1.10101E+17") or "zeros" (more than 15
        digits, all after the fifteenth 0: what Excel writes of such a number, or by rare chance the truth).
    problem : str
        What makes the row unfit to be read, in the words of "table_row"; else "". Its cells are then what could be
        read of them, or "".
    """

    number: int
    cells: Mapping[str, str]
    hurt: Mapping[str, Hurt] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table that can be gone through any number of times; each time the rows are read anew.

    Rows without any text are left out, and so are columns without a name. To iterate is to want every row: the first
    with a problem raises InputError("table_row"). `rows()` gives those too, for whoever deals with them one by one.
    """

    header: tuple[str, ...]
    rows: Callable[[], Iterator[Row]] = field(repr=False)

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows():
            if row.problem:
                raise InputError("table_row", row=row.number, problem=row.problem)
            yield row


class Record(NamedTuple):
    """A row before it has names: number, cleaned texts, which of them a format knows to be hurt, and its problem."""

    number: int
    texts: Sequence[str]
    hurt: Mapping[int, Hurt] = NO_HURT
    problem: str = ""


def table_of(records: Callable[[], Iterable[Record]], *, even: bool, named: Collection[str] = ()) -> Table:
    """A table whose header is the one of its first rows that names columns; titles above it are passed over.

    That is the row with the most of the caller's names, then with the most usual names, of the first four with text.
    Where none has any it is the first, or the one below a few titles: rows of one text alone.

    Parameters
    ----------
    records : gives all rows from the first, each time it is called
    even : whether a row with more filled cells than the header has a problem, as in CSV; else these have no name
    named : columns that the caller knows to be there

    Raises
    ------
    InputError
        "table_empty", "table_header", "table_row" for a row with a problem where the header should be.
    """
    head = _head(records(), even=even, named=named)
    if head is None:
        raise InputError("table_empty")
    if len(head.texts) > limits()["columns"]:
        raise InputError("table_header", row=head.number, problem="it has too many columns")
    columns = {i: text for i, text in enumerate(head.texts) if text}
    names = tuple(columns.values())
    twice = [i + 1 for i, name in columns.items() if names.count(name) > 1] if len(set(names)) < len(names) else []
    if twice:
        raise InputError("table_header", row=head.number, problem=f"columns with the same name: {_listed(twice)}")

    def rows() -> Iterator[Row]:
        for record in records():
            if record.number > head.number and (record.problem or any(record.texts)):
                yield _row(record, columns, len(head.texts) if even else None)

    return Table(names, rows)


def _head(records: Iterable[Record], *, even: bool, named: Collection[str]) -> Record | None:
    first = list(islice((r for r in records if r.problem or any(r.texts)), MOST_TITLES + 1))
    names = [names_in(record.texts, named) for record in first]
    most = max(names, default=(0, 0))
    return first[names.index(most)] if any(most) else _below_titles(first, even=even)


def _below_titles(first: Iterable[Record], *, even: bool) -> Record | None:
    """The first of these rows, or the one below a few titles that is as wide and has more texts."""
    head: Record | None = None
    for record in first:
        if record.problem:
            raise InputError("table_row", row=record.number, problem=record.problem)
        if sum(map(bool, record.texts)) > 1:
            fits = head is None or not even or len(head.texts) == len(record.texts)
            return record if fits else head
        head = head or record
    return head


def _row(record: Record, columns: Mapping[int, str], width: int | None) -> Row:
    number, texts, known, problem = record
    if width is not None and len(texts) > width and any(texts[width:]):
        problem = f"its cells and the columns differ in number: {len(texts)}, {width}"
    cells, hurt = {}, {}
    last = len(texts)
    for i, name in columns.items():
        text = texts[i] if i < last else ""
        cells[name] = text
        how = known.get(i) or hurt_text(text)
        if how:
            hurt[name] = how
    return Row(number, cells, hurt, problem)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
