"""Another card in place of one. The old card is never asked for; a valid ID is, and changed data is changed first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ephoto.workflow.findings import Finding
from ephoto.workflow.validation.asked import is_set, unfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.workflow.validation.asked import Asked

__all__ = ["of_previous"]

_CARD_NO = re.compile(r"[A-Z0-9]{9}")


def of_previous(asked: Asked) -> Iterator[Finding]:
    application = asked.application
    if not asked.replacing:
        if application.previous is not None:
            yield unfit("previous", problem="a first issue has no card before it")
        return
    if application.channel == "branch_counter" and application.valid_id_shown_at is None:
        yield Finding("wf.valid_id_required", "/valid_id_shown_at")
    if application.channel == "online_remote" and not _bank_is_able(asked):
        yield Finding("wf.remote_not_supported", "/channel")
    if application.kind == "reissue_changed_data" and not is_set(application, "previous.identity_change_ref"):
        yield Finding("wf.change_at_department_first", "/previous/identity_change_ref")
    card_no = application.previous.card_no if application.previous is not None else ""
    if card_no and not _CARD_NO.fullmatch(card_no):
        yield unfit("previous.card_no", problem="it has other signs, or another length")


def _bank_is_able(asked: Asked) -> bool:
    """A bank of which nothing is known is not; where none is chosen yet, that is said elsewhere."""
    code = asked.application.bank.code if asked.application.bank is not None else ""
    known = asked.policy.banks.get(code)
    return not code or (known is not None and known.remote_replacement)
