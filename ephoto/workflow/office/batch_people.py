"""Whose cards lie in the output folder of `ephoto batch`: accepted applications with just that photo."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from ephoto.tables.text import plain_id, unwrapped_id
from ephoto.workflow.adapters.production.batch_manifest import cards_of
from ephoto.workflow.findings import Finding
from ephoto.workflow.office.intake import number_mark
from ephoto.workflow.values import IdType

if TYPE_CHECKING:
    from pathlib import Path

    from ephoto.workflow.adapters.production.batch_manifest import BatchCard
    from ephoto.workflow.office.office import Office
    from ephoto.workflow.store.rows import ApplicationRow
    from ephoto.workflow.store.unit import Unit

__all__ = ["accepted_in"]


def accepted_in(office: Office, folder: Path) -> tuple[frozenset[str], tuple[Finding, ...]]:
    """The ids of accepted applications whose photo is a card of the batch, and what is against the other cards.

    Findings point to "/manifest/LINE". The photo is the one that was submitted: a card that was made anew since then is
    told, and never sent instead.

    Raises
    ------
    InputError
        "not_found", "not_readable", "table_row": the folder has no manifest.jsonl, or it cannot be read.
    """
    found: set[str] = set()
    findings: list[Finding] = []
    with office.store.reading() as unit:
        for card in cards_of(folder):
            at = f"/manifest/{card.line}"
            if not card.output:
                findings.append(Finding("wf.photo_rejected", at, {"problem": card.problem, "spec": card.spec}))
                continue
            row = _accepted(unit, card)
            if row is None:
                findings.append(Finding("wf.card_without_row", at))
            elif (row.document.get("photo") or {}).get("sha256") != card.sha256:
                findings.append(Finding("wf.photo_changed", at, {"line": card.line}))
            else:
                found.add(row.id)
    return frozenset(found), tuple(findings)


def _accepted(unit: Unit, card: BatchCard) -> ApplicationRow | None:
    """The accepted application of the person that a card is called by."""
    number = plain_id(unwrapped_id(card.key))
    for mark in dict.fromkeys(number_mark(unit.vault, kind, number) for kind in get_args(IdType)):
        for row in unit.applications(state="accepted", person=mark, limit=1):
            return row
    return None
