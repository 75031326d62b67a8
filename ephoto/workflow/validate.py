"""What is still missing or wrong before an application may be confirmed, and what its holder should know or do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.workflow.next_steps import next_steps
from ephoto.workflow.terms import EmployerTerms
from ephoto.workflow.validation import form, issuing, people, photo, proof, replacing
from ephoto.workflow.validation.asked import Asked

if TYPE_CHECKING:
    from datetime import date

    from ephoto.workflow.findings import Finding
    from ephoto.workflow.model import Application
    from ephoto.workflow.policy import Policy

__all__ = ["EmployerTerms", "next_steps", "validate"]

# In the order in which a person meets them.
_RULES = (
    form.of_route,
    proof.of_verification,
    people.of_applicant,
    people.of_guardian,
    form.of_fields,
    form.of_employer,
    proof.of_id_card,
    issuing.of_bank,
    issuing.of_branch,
    issuing.of_delivery,
    replacing.of_previous,
    photo.of_photo,
    proof.of_pledge,
    proof.of_consent,
    form.of_fee,
)


def validate(
    application: Application, policy: Policy, *, today: date, employer: EmployerTerms | None = None
) -> tuple[Finding, ...]:
    """All findings on an application; it may be confirmed where none of them blocks (see findings.blocking).

    Parameters
    ----------
    policy : the phase that is in force (policy.Policies.on)
    today : the day in the region's own time
    employer : what the employer has settled; without it, what the application itself says of its employer counts
    """
    asked = Asked(application, policy, today, employer)
    return tuple(finding for rule in _RULES for finding in rule(asked))
