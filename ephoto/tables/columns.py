"""Which column holds what: the usual names of fields in English and Chinese (columns.toml)."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from ephoto.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

__all__ = ["aliases", "folded", "names_in", "resolve", "tellable"]

_SHOWN = 3  # usual names of each script in a hint
_DATA = re.compile(r"\d{6}|\.(?:jpe?g|png|heic|tiff?|bmp|webp)$", re.IGNORECASE)
_REMARK = re.compile(r"[(\[{【〔<《].*?[)\]}】〕>》]")  # after NFKC, which makes full-width brackets plain


@cache
def aliases() -> Mapping[str, tuple[str, ...]]:
    """The usual names of each field, those of second rank last."""
    return {field: (*names, *_ranks()[1].get(field, ())) for field, names in _ranks()[0].items()}


@cache
def _ranks() -> tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]]:
    """Names that are taken first, and those that count where none of the first is there."""
    table = tomllib.loads(files(__package__).joinpath("columns.toml").read_text("utf-8"))
    return table["first"], table["second"]


def folded(name: str) -> str:
    """A column's name without case, width, spaces, marks and remarks in brackets.

    >>> folded("*证件号码（必填）"), folded("ID_Number")
    ('证件号码', 'idnumber')
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return _bare(_REMARK.sub("", plain)) or _bare(plain)


def _bare(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())


def resolve(
    header: Sequence[str],
    wanted: Sequence[str],
    given: Mapping[str, str] | None = None,
    *,
    optional: Sequence[str] = (),
) -> Mapping[str, str]:
    """The header's column of each wanted field, and of those optional ones that are there.

    Parameters
    ----------
    header : a table's header
    wanted, optional : fields of columns.toml, or names of the caller's own, which stand for themselves
    given : columns by field, as a user named them; they come before the usual names

    Raises
    ------
    UsageError
        "column_unknown": a given column is not in the header. "column_missing": no column has a usual name of the
        field. "column_ambiguous": several have, of the same rank. All list the header's columns; a first row in which
        nothing is a usual name of any field may be data of people, and is not repeated.
    """
    named = dict(given or {})
    found: dict[str, str] = {}
    for field in (*wanted, *(f for f in optional if f not in wanted)):
        if field in named:
            found[field] = _given(header, field, named[field])
            continue
        fitting = _usual_columns(header, field)
        if len(fitting) > 1:
            raise UsageError("column_ambiguous", field=field, fitting=fitting, columns=tellable(header))
        if fitting:
            found[field] = fitting[0]
        elif field in wanted:
            raise UsageError("column_missing", field=field, usual=_shown(field), columns=tellable(header))
    return found


def _usual_columns(header: Sequence[str], field: str) -> list[str]:
    """The columns that have a usual name of the field, of the first rank if there are any."""
    fitting: list[str] = []
    for rank in _ranks() if field in aliases() else ({field: (field,)},):
        names = {folded(name) for name in rank.get(field, ())}
        fitting = fitting or [column for column in header if folded(column) in names]
    return fitting


def _shown(field: str) -> list[str]:
    """A few of the usual names: the first English ones and the first Chinese ones."""
    names = aliases().get(field, (field,))
    return [n for n in names if n.isascii()][:_SHOWN] + [n for n in names if not n.isascii()][:_SHOWN]


def _given(header: Sequence[str], field: str, name: str) -> str:
    """The column of that name: as it stands, else with the same letters, else the only one that is alike."""
    if name in header:
        return name
    fitting = [column for column in header if folded(column) == folded(name)]
    if len(fitting) > 1:
        raise UsageError("column_ambiguous", field=field, fitting=fitting, columns=tellable(header))
    if not fitting:
        raise UsageError("column_unknown", field=field, name=name, columns=tellable(header))
    return fitting[0]


def names_in(cells: Iterable[str], given: Collection[str] = ()) -> tuple[int, int]:
    """How many cells of a row are given names of columns, and how many are given or usual ones.

    A row with a long number or a picture's name is one of data: 身份证 in it is a kind of document, no column.

    >>> names_in(("No.", "照片", "姓名", "x"), ("no",))
    (1, 3)
    """
    row = [cell for cell in cells if cell]
    names = {folded(cell) for cell in row} - {""}
    wanted = {folded(name) for name in given}
    usual = frozenset() if any(_DATA.search(cell) for cell in row) else _usual()
    return len(names & wanted), len(names & (wanted | usual))


@cache
def _usual() -> frozenset[str]:
    return frozenset(folded(name) for names in aliases().values() for name in names)


def tellable(header: Sequence[str]) -> list[str]:
    """The columns as they may be told: by number where the row looks like data."""
    if names_in(header)[1]:
        return list(header)
    return [f"#{number}" for number, _ in enumerate(header, 1)]
