"""Photos whose purpose is over go; what has happened, and that they went, stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ephoto.workflow.store.limits import limits
from ephoto.workflow.store.rows import Purged

if TYPE_CHECKING:
    from ephoto.workflow.store.database import Store
    from ephoto.workflow.store.unit import Unit
    from ephoto.workflow.values import ApplicationState

__all__ = ["OVER", "purge"]

# In these nothing more is made of the photo: a rejected application that is taken up again asks for another one.
OVER: Final[tuple[ApplicationState, ...]] = ("received", "closed", "cancelled", "rejected")
_ACTION = "photos_purged"


def purge(store: Store, before: float, now: float) -> Purged:
    """Delete the card photo and the pictures of the ID card of applications that are over since before a time.

    Also card photos that no application calls its own any more, if they are older. Some applications at a time, each
    time all or nothing together with their lines in the audit trail; what has been done stays done if a later part
    fails. The document keeps what it says of the photo (its SHA-256, its size), the history all its entries.

    Parameters
    ----------
    before, now
        Seconds since 1970 UTC.

    Raises
    ------
    ValueError
        `before` lies ahead: photos that are still in use would go.
    EnvironmentFault
        "store_failed".
    """
    if before > now:
        raise ValueError("photos are purged by a time that is over")
    photos = applications = 0
    while gone := store.run(lambda unit: _part(unit, before)):
        photos += sum(gone.values())
        applications += len(gone)
    store.tidy()
    return Purged(photos, applications)


def _part(unit: Unit, before: float) -> dict[str, int]:
    gone = unit.purge_photos(before, OVER, limits().page)
    for application_id, count in gone.items():
        unit.audit(_ACTION, application_id=application_id, count=count)
    return gone
