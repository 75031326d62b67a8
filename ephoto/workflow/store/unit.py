"""One transaction on everything that the store holds."""

from __future__ import annotations

from ephoto.workflow.store.trail import Trail

__all__ = ["Unit"]


class Unit(Trail):
    """All or nothing of what is done with it, and gone with the block that it was given for.

    Its parts stand upon each other, one file each: applications, cards, history, photos, outgoing (messages), batches
    (and receipts), trail (audit, cursors). What may be there once only is refused by the database: the error comes when
    the unit ends, or at the statement already.
    """
