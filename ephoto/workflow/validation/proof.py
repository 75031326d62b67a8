"""What the person has shown, said and agreed to: login, name, face, ID card, pledge, consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.workflow.findings import Finding
from ephoto.workflow.identity import age_on
from ephoto.workflow.model import Verification

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.workflow.validation.asked import Asked

__all__ = ["of_consent", "of_id_card", "of_pledge", "of_verification"]


def of_verification(asked: Asked) -> Iterator[Finding]:
    """What the route asks for, of a person whom nobody sees."""
    if asked.rules is None or asked.in_person:
        return
    found = asked.application.verification or Verification()
    proofs = {
        "login": (found.login_method, "wf.login_required", "/verification/login_method"),
        "real_name": (found.real_name_at, "wf.real_name_required", "/verification/real_name_at"),
        "face": (found.face_at, "wf.face_not_verified", "/verification/face_at"),
    }
    for proof in asked.rules.verification:
        there, code, place = proofs[proof]
        if there is None:
            yield Finding(code, place)


def of_id_card(asked: Asked) -> Iterator[Finding]:
    """Pictures of both sides, unless the ID is shown at a counter."""
    if asked.rules is None or not asked.rules.id_card_pictures or _asks_for_another(asked):
        return
    application = asked.application
    for side, picture in (("front", application.id_card_front), ("back", application.id_card_back)):
        if picture is None:
            yield Finding("wf.id_card_picture_missing", f"/id_card_{side}", {"side": side})


def of_pledge(asked: Asked) -> Iterator[Finding]:
    if asked.rules is None or not asked.rules.pledge or _asks_for_another(asked):
        return
    if asked.application.pledge_accepted_at is None:
        yield Finding("wf.pledge_required", "/pledge_accepted_at")


def of_consent(asked: Asked) -> Iterator[Finding]:
    """One that names every receiver; the guardian's where the applicant is too young for one."""
    consent, policy = asked.application.consent, asked.policy
    scope = consent.scope if consent is not None else ()
    lacking = [receiver for receiver in policy.receivers if receiver not in scope]
    if lacking or consent is None:
        yield Finding("wf.consent_required", "/consent", {"receiver": lacking or ["-"]})
    young = asked.born is not None and age_on(asked.born, asked.today) < policy.guardian_consent_age
    if consent is not None and young and consent.by != "guardian":
        yield Finding("wf.guardian_consent_required", "/consent/by", {"age": policy.guardian_consent_age})


def _asks_for_another(asked: Asked) -> bool:
    """A replacement at a branch or online is a request, without the form's pictures and pledge."""
    return asked.replacing and asked.application.channel in ("branch_counter", "online_remote")
