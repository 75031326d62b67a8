"""The columns of a roster: the table [roster] of a mapping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ephoto.workflow.wire.fields import Field, Fields
from ephoto.workflow.wire.places import places
from ephoto.workflow.wire.transforms import word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.core.edited import Edited

__all__ = ["OWN_COLUMNS", "RosterColumns"]

# The same words as a row of the manifest, for receivers that have no wish of their own.
OWN_COLUMNS = ("row_no", "application_id", "id_number", "name", "kind", "photo", "delivery", "branch_code")
_OWN = Fields(tuple(Field((name,), (name,)) for name in OWN_COLUMNS))


@dataclass(frozen=True, slots=True)
class RosterColumns:
    """Where each column's text comes from. `encoding` is the one in which a column's max_bytes counts."""

    fields: Fields = _OWN
    encoding: str = "utf-8"

    @classmethod
    def from_edited(cls, edited: Edited, encoding: str) -> RosterColumns:
        """The columns of a table in the file's order; an empty table gives the manifest's.

        `from` names a word of the manifest's rows, or a place of "ephoto.submission/1".

        Raises
        ------
        UsageError
            "settings_invalid".
        """
        known = dict(places("ephoto.submission/1")) | {(name,): frozenset() for name in OWN_COLUMNS}
        codec = "utf-8" if encoding == "utf-8-sig" else encoding
        fields = Fields.from_edited(edited, known)
        for one in fields.fields:
            if len(one.target) > 1 or one.encode or one.each:
                edited.refuse(one.name, "a roster has no room for it", "a name without a dot, and one text")
        return cls(fields, codec) if fields else cls(encoding=codec)

    @property
    def header(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.fields.fields)

    def cells(self, document: Mapping[str, Any]) -> list[str]:
        """A row's texts; "" for what the document lacks.

        Raises
        ------
        InputError
            "wf.value_too_long", "wf.field_unfit"; none repeats a value.
        """
        values = self.fields.values(document, encoding=self.encoding)
        return [word(values.get(name, "")) for name in self.header]
