"""Cards of a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ephoto.workflow.store.frame import Frame
from ephoto.workflow.store.rows import CardRow
from ephoto.workflow.store.tables import CARD

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

__all__ = ["Cards"]

_KIND = "card"
_COLUMNS = ("card_mark", "state", "switches", "made_at", "received_at", "usable", "sealed")


class Cards(Frame):
    """Part of `Unit`."""

    def card(self, application_id: str) -> CardRow | None:
        row = self._one(select(CARD).where(CARD.c.application_id == application_id))
        return None if row is None else self._card(row)

    def card_by_no(self, card_no: str) -> CardRow | None:
        row = self._one(select(CARD).where(CARD.c.card_mark == self.mark(_KIND, card_no)))
        return None if row is None else self._card(row)

    def save_card(self, row: CardRow) -> None:
        """Enter the application's card, or what it is now. The application is locked first.

        Raises
        ------
        InputError
            "wf.application_unknown"; as the unit ends, "wf.field_unfit": another application's card has the number.
        """
        self._lock(row.application_id)
        values = {
            "application_id": row.application_id,
            "card_mark": self.mark(_KIND, row.card_no),
            "state": row.state,
            "switches": ",".join(sorted(row.switches)),
            "made_at": row.made_at,
            "received_at": row.received_at,
            "usable": row.usable,
            "sealed": self._sealed({"card_no": row.card_no}, _about(row.application_id)),
        }
        self._put(CARD, values, update=_COLUMNS)

    def _card(self, row: RowMapping) -> CardRow:
        return CardRow(
            application_id=row["application_id"],
            card_no=self._opened(row["sealed"], _about(row["application_id"]))["card_no"],
            state=row["state"],
            switches=frozenset(filter(None, row["switches"].split(","))),
            made_at=row["made_at"],
            received_at=row["received_at"],
            usable=row["usable"],
        )


def _about(application_id: str) -> str:
    return f"card:{application_id}"
