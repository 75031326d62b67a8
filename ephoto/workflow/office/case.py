"""An application as it stands, for whoever asks: no name, no whole number, no picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ephoto.workflow.functions import working_functions
from ephoto.workflow.masks import mask_card, mask_id, mask_name

if TYPE_CHECKING:
    from ephoto.core.messages import Language
    from ephoto.workflow.findings import Finding
    from ephoto.workflow.lifecycle.state import CaseState
    from ephoto.workflow.store.rows import ApplicationRow
    from ephoto.workflow.values import ApplicationState, Kind, Route

__all__ = ["SCHEMA", "Case", "shown"]

SCHEMA = "ephoto.case/1"


@dataclass(frozen=True, slots=True)
class Case:
    """What may be shown of an application; `person` is masked."""

    application_id: str
    kind: Kind
    route: Route
    state: ApplicationState
    person: str
    external_no: str
    batch_no: str
    fail_type: str
    reason: str
    photo: bool
    card: dict[str, Any] | None
    waiting: tuple[str, ...]
    findings: tuple[Finding, ...]
    allowed: tuple[str, ...]
    created_at: datetime
    since: datetime | None
    predecessor_id: str | None

    def to_dict(self, lang: Language = "en") -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "application_id": self.application_id,
            "kind": self.kind,
            "route": self.route,
            "state": self.state,
            "person": self.person,
            "external_no": self.external_no,
            "batch_no": self.batch_no,
            "fail_type": self.fail_type,
            "reason": self.reason,
            "photo": self.photo,
            "card": self.card,
            "waiting": list(self.waiting),
            "allowed": list(self.allowed),
            "created_at": self.created_at.isoformat(),
            "since": None if self.since is None else self.since.isoformat(),
            "predecessor_id": self.predecessor_id,
            "findings": [finding.to_dict(lang) for finding in self.findings],
        }


def shown(row: ApplicationRow, case: CaseState, findings: tuple[Finding, ...], allowed: tuple[str, ...]) -> Case:
    """The case of a row and of what its history comes to."""
    applicant, card = row.document["applicant"], case.card
    return Case(
        application_id=row.id,
        kind=row.kind,
        route=row.route,
        state=case.state or row.state,
        person=f"{mask_name(applicant['name'])} {mask_id(applicant['id_number'])}",
        external_no=case.external_no,
        batch_no=case.batch_no,
        fail_type=case.fail_type or "",
        reason=case.reason,
        photo=row.photo_id is not None or (row.document.get("photo") or {}).get("source") == "on_file",
        card=None
        if card is None
        else {
            "card_no": mask_card(card.card_no),
            "state": card.state,
            "switches": sorted(card.switches),
            "functions": dict(working_functions(card.state, card.switches)),
            "topped_up": card.topped_up,
            "usable": card.usable,
        },
        waiting=tuple(event.type for event in case.pending),
        findings=findings,
        allowed=allowed,
        created_at=datetime.fromtimestamp(row.created_at, UTC),
        since=case.since,
        predecessor_id=row.predecessor_id,
    )
