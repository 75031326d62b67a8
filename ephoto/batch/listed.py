"""Photos that a table lists, an id beside each."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ephoto.batch.bounds import Bounds
from ephoto.batch.folder import FileReader, file_item
from ephoto.batch.items import Item
from ephoto.core.errors import InputError
from ephoto.core.resident_id import has_true_check_digit
from ephoto.tables import plain_id, read, resolve, unwrapped_id
from ephoto.tables.reading import SUFFIXES
from ephoto.tables.text import hurt_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.tables import Row

__all__ = ["SUFFIXES", "Listed"]


@dataclass(slots=True)
class Listed:
    """Every row of a table: its photo's path is absolute, or begins at the table's folder.

    `encoding` and `sheet` are as `tables.read` takes them.
    """

    table: Path
    reader: FileReader
    columns: dict[str, str] = field(default_factory=dict)
    encoding: str | None = None
    sheet: str | None = None
    bounds: Bounds = field(default_factory=Bounds, init=False)
    passed_over: int = field(default=0, init=False)

    @property
    def shown(self) -> str:
        return str(self.table)

    @property
    def base(self) -> Path:
        return self.table

    def items(self) -> Iterator[Item]:
        table = read(self.table, encoding=self.encoding, sheet=self.sheet, columns=self.columns.values())
        found = resolve(table.header, ("id", "photo"), self.columns)
        for row in table.rows():  # those with a problem too: each fails by itself
            yield self._item(row, found["id"], found["photo"])

    def is_there(self, locator: str | None = None) -> bool:
        """The table, and the folder of a photo that was there when it was listed."""
        return self.table.is_file() and (locator is None or Path(locator).parent.is_dir())

    def _item(self, row: Row, id_column: str, photo_column: str) -> Item:
        photo, id_ = row.cells[photo_column], plain_id(unwrapped_id(row.cells[id_column]))
        path = self._path(photo)
        column, problem = _fault(row, id_, id_column, photo_column)
        if problem:
            return self._unfit(row, path, InputError("row_unfit", row=row.number, column=column, problem=problem))
        self.bounds.check(path, self.table.name)
        plain = file_item(id_, path)
        return Item(id_, path, plain.size, plain.mtime_ns, id_, row.cells, row.number, photo)

    def _path(self, photo: str) -> str:
        """Where the photo is; a table made on Windows may have its separators."""
        path = str(self.table.parent / photo)
        if os.sep == "/" and "\\" in photo and not os.path.lexists(path):
            return str(self.table.parent / photo.replace("\\", "/"))
        return path

    def _unfit(self, row: Row, path: str, error: InputError) -> Item:
        return Item(f"row {row.number}", path, None, None, "", row.cells, row.number, error=error)


def _fault(row: Row, id_: str, id_column: str, photo_column: str) -> tuple[str, str]:
    """The column for which the row is unfit, * for all of it, and its problem: "" where it is fit."""
    hurt = row.hurt.get(id_column) or hurt_text(id_)
    if row.problem:
        return "*", row.problem
    if hurt and not (hurt == "zeros" and has_true_check_digit(id_)):
        return id_column, "it was stored as a number and has lost digits"
    if not id_:
        return id_column, "it is empty"
    return photo_column, "" if row.cells[photo_column] else "it is empty"
