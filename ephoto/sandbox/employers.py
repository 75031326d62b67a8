"""The human-resources office's answer to an employer: what is open and fixed, and which people may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ephoto.sandbox.refusals import held_against

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ephoto.sandbox.world import World

__all__ = ["employer_answer"]


def employer_answer(document: Mapping[str, Any], world: World) -> dict[str, Any]:
    """The answer to "ephoto.employer-check/1".

    Raises
    ------
    Refused
        400 "wf.body_invalid".
    """
    held_against(document, "ephoto.employer-check/1")
    employer = world.employer(document["employer_code"])
    told: dict[str, Any] = {
        "schema": "ephoto.employer-check-answer/1",
        "request_id": document["request_id"],
        "employer_code": employer.code,
        "collective_opened": employer.opened,
        "bank_codes": list(employer.banks),
        "branch_code": employer.branch,
        "delivery": employer.delivery,
        "rows": [
            {"row_no": row["row_no"], "code": world.refusal(row["id_number"], first_issue=True) or None}
            for row in document["rows"]
        ],
    }
    return told | ({"employer_name": employer.name} if employer.name else {})
