"""A table as it is read: a header, and rows of text that come one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ephoto.core.errors import InputError
from ephoto.tables.limits import limits
from ephoto.tables.text import Hurt, hurt_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

__all__ = ["NO_HURT", "Record", "Row", "Table", "table_of", "table_with"]

NO_HURT: Mapping[int, Hurt] = {}
MOST_TITLES = 3  # rows of one text above a header


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
    """

    number: int
    cells: Mapping[str, str]
    hurt: Mapping[str, Hurt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table that can be gone through any number of times; each time the rows are read anew.

    Rows without any text are left out, and so are columns without a name.
    """

    header: tuple[str, ...]
    rows: Callable[[], Iterator[Row]] = field(repr=False)

    def __iter__(self) -> Iterator[Row]:
        return self.rows()


class Record(NamedTuple):
    """A row before it has names: its number, its cleaned texts, and which of them a format knows to be hurt."""

    number: int
    texts: Sequence[str]
    hurt: Mapping[int, Hurt] = NO_HURT


def table_of(records: Callable[[], Iterable[Record]], *, even: bool) -> Table:
    """A table whose first row with texts is its header; a title above it, one text alone in its row, is passed over.

    Parameters
    ----------
    records : gives all rows from the first, each time it is called
    even : whether each row must have as many cells as the header, as in CSV; otherwise what is beyond has no name

    Raises
    ------
    InputError
        "table_empty", "table_header"; while going through the rows "table_row".
    """
    head = _head(records(), even=even)
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
            if record.number > head.number and any(record.texts):
                yield _row(record, columns, len(head.texts) if even else None)

    return Table(names, rows)


def table_with(header: Sequence[str], rows: Callable[[], Iterator[Row]]) -> Table:
    """A table of a format that names each cell itself."""
    return Table(tuple(header), rows)


def _head(records: Iterable[Record], *, even: bool) -> Record | None:
    """The row of the header: the first with texts, or the one below a few titles that is as wide and has more texts."""
    head: Record | None = None
    titles = 0
    for record in records:
        filled = sum(map(bool, record.texts))
        if filled > 1:
            fits = head is None or not even or len(head.texts) == len(record.texts)
            return record if fits else head
        if filled:
            head = head or record
            titles += 1
        if titles > MOST_TITLES:
            break
    return head


def _row(record: Record, columns: Mapping[int, str], width: int | None) -> Row:
    number, texts, known = record
    if width is not None and len(texts) != width and (len(texts) < width or any(texts[width:])):
        problem = f"its cells and the columns differ in number: {len(texts)}, {width}"
        raise InputError("table_row", row=number, problem=problem)
    cells, hurt = {}, {}
    last = len(texts)
    for i, name in columns.items():
        text = texts[i] if i < last else ""
        cells[name] = text
        how = known.get(i) or hurt_text(text)
        if how:
            hurt[name] = how
    return Row(number, cells, hurt)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
