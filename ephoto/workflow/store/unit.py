"""One transaction on everything that the store holds."""

from __future__ import annotations

from ephoto.workflow.store.applications import Applications
from ephoto.workflow.store.batches import Batches
from ephoto.workflow.store.history import History
from ephoto.workflow.store.outgoing import Messages
from ephoto.workflow.store.photos import Photos
from ephoto.workflow.store.trail import Trail

__all__ = ["Unit"]


class Unit(Applications, History, Photos, Messages, Batches, Trail):
    """All or nothing of what is done with it, and gone with the block that it was given for.

    Each part has a file of its own: applications, cards and history, photos, messages to others, batches and receipts,
    the trail. What may be there once only is refused by the database: within the block as an error of its own, which
    comes out of the block as the InputError that the methods name.
    """
