"""The columns of a roster: the table [roster] of a mapping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.core.edited import Edited

__all__ = ["OWN_COLUMNS", "RosterColumns"]

# The same words as a row of the manifest, for receivers that have no wish of their own.
OWN_COLUMNS = ("row_no", "application_id", "id_number", "name", "kind", "photo", "delivery", "branch_code")


@dataclass(frozen=True, slots=True)
class RosterColumns:
    """Where each column's text comes from."""

    places: tuple[tuple[str, str], ...] = tuple((name, name) for name in OWN_COLUMNS)

    @classmethod
    def from_edited(cls, edited: Edited, encoding: str) -> RosterColumns:
        """The columns of a table in the file's order; an empty table gives the manifest's."""
        given = edited.words(bool, "a place in the document")
        return cls(tuple(given.items())) if given else cls()

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.places)

    def cells(self, document: Mapping[str, Any], row_no: int) -> list[str]:
        """A row's texts; "" for what the document lacks."""
        return [_at(document, place.split(".")) for _, place in self.places]


def _at(document: Any, path: list[str]) -> str:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return "" if document is None else str(document)
