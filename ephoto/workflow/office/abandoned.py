"""Pictures of drafts that nobody goes on with. The draft stays, and asks for them again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ephoto.workflow.lifecycle.events import Event, derived_id
from ephoto.workflow.office.recording import record
from ephoto.workflow.store.rows import Purged

if TYPE_CHECKING:
    from ephoto.workflow.office.office import Office
    from ephoto.workflow.store.unit import Unit

__all__ = ["forget_drafts"]

_DRAFTS = ("draft", "photo_accepted")
_PICTURES = ("photo", "id_card_front", "id_card_back")


def forget_drafts(office: Office, before: float) -> Purged:
    """Delete the pictures of drafts that have not been touched since that time (seconds since 1970 UTC).

    A draft at a time, each all or nothing with its line in the audit trail.

    Raises
    ------
    EnvironmentFault
        "store_failed".
    """
    photos = applications = 0
    for state in _DRAFTS:
        for name in _untouched(office, state, before):
            gone = office.store.run(lambda unit, name=name: _forgotten(unit, office, name, before))  # type: ignore[misc]
            photos, applications = photos + gone, applications + bool(gone)
    office.store.tidy()
    return Purged(photos, applications)


def _untouched(office: Office, state: str, before: float) -> list[str]:
    with office.store.reading() as unit:
        return [row.id for row in unit.applications(state=state, limit=None) if row.updated_at < before]


def _forgotten(unit: Unit, office: Office, name: str, before: float) -> int:
    """How many pictures went; none where somebody has touched it meanwhile."""
    row = unit.application(name, lock=True)
    if row.state not in _DRAFTS or row.updated_at >= before:
        return 0
    gone = unit.drop_photos(name)
    if not gone:
        return 0
    rules = office.rules()
    if row.photo_id is not None and row.state == "photo_accepted":
        at, event_id = datetime.fromtimestamp(rules.now, UTC), derived_id(name, "photo_removed", row.photo_id)
        record(unit, Event(event_id, "photo_removed", at, name, source="ephoto"), rules)
        row = unit.application(name)
    on_file = (row.document.get("photo") or {}).get("source") == "on_file"
    dropped = _PICTURES[1:] if on_file else _PICTURES
    document = {key: value for key, value in row.document.items() if key not in dropped}
    unit.save_application(replace(row, document=document, photo_id=None))
    unit.audit("photos_purged", application_id=name, count=gone)
    return gone
