"""Photos that a table lists, an id beside each."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ephoto.batch.bounds import Bounds
from ephoto.batch.folder import FileReader, file_item
from ephoto.batch.items import Item
from ephoto.core.errors import InputError
from ephoto.core.resident_id import has_true_check_digit
from ephoto.tables import plain_id, read, resolve
from ephoto.tables.reading import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ephoto.tables import Row

__all__ = ["SUFFIXES", "Listed"]


@dataclass(slots=True)
class Listed:
    """Every row of a table: its photo's path is absolute, or begins at the table's folder."""

    table: Path
    reader: FileReader
    columns: dict[str, str] = field(default_factory=dict)
    bounds: Bounds = field(default_factory=Bounds, init=False)
    passed_over: int = field(default=0, init=False)

    @property
    def shown(self) -> str:
        return str(self.table)

    @property
    def base(self) -> Path:
        return self.table

    def items(self) -> Iterator[Item]:
        table = read(self.table)
        found = resolve(table.header, ("id", "photo"), self.columns)
        for row in table:
            yield self._item(row, found["id"], found["photo"])

    def is_there(self) -> bool:
        return self.table.is_file()

    def _item(self, row: Row, id_column: str, photo_column: str) -> Item:
        photo, id_ = row.cells[photo_column], plain_id(row.cells[id_column])
        problem = ""
        if id_column in row.hurt and not (row.hurt[id_column] == "zeros" and has_true_check_digit(id_)):
            problem = "it was stored as a number and has lost digits"
        elif not id_:
            problem = "it is empty"
        path = self._path(photo)
        if problem:
            return self._unfit(row, path, InputError("row_unfit", row=row.number, column=id_column, problem=problem))
        if not photo:
            error = InputError("row_unfit", row=row.number, column=photo_column, problem="it is empty")
            return self._unfit(row, path, error)
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
