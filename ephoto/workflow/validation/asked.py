"""What every rule sees, and how it says what is missing or unfit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ephoto.core.errors import InputError
from ephoto.workflow.findings import Finding
from ephoto.workflow.identity import read_id

if TYPE_CHECKING:
    from datetime import date

    from ephoto.workflow.identity import IdNumber
    from ephoto.workflow.model import Application
    from ephoto.workflow.policy import Policy, RouteRules
    from ephoto.workflow.terms import EmployerTerms

__all__ = ["Asked", "is_set", "missing", "pointer", "unfit"]

NUMBERED = frozenset({"resident_id", "hk_macao_taiwan_residence"})  # whose numbers tell birth date and sex


@dataclass(frozen=True, slots=True)
class Asked:
    """An application, the rules of the day, and what the employer has settled, as far as it is known."""

    application: Application
    policy: Policy
    today: date
    employer: EmployerTerms | None = None

    @property
    def rules(self) -> RouteRules | None:
        """Those of the route; None where it is not open."""
        return self.policy.routes.get(self.application.route)

    @property
    def in_person(self) -> bool:
        """The person is there, with an ID."""
        return self.application.channel in self.policy.counters

    @property
    def replacing(self) -> bool:
        return self.application.kind != "first_issue"

    @property
    def number(self) -> IdNumber | None:
        """What the applicant's ID number tells; None where it tells nothing, or is wrong."""
        applicant = self.application.applicant
        if applicant.id_type not in NUMBERED:
            return None
        try:
            return read_id(applicant.id_number, today=self.today)
        except InputError:
            return None

    @property
    def born(self) -> date | None:
        """The applicant's birth date as far as it is known; the ID number's before the one that is given."""
        return self.number.birth_date if self.number else self.application.applicant.birth_date


def pointer(field: str) -> str:
    """The JSON Pointer of a field with dots."""
    return "/" + field.replace(".", "/")


def missing(field: str) -> Finding:
    return Finding("wf.field_required", pointer(field), {"field": field})


def unfit(field: str, *, problem: str) -> Finding:
    return Finding("wf.field_unfit", pointer(field), {"field": field, "problem": problem})


def is_set(application: Application, field: str) -> bool:
    """Whether something stands in a field with dots."""
    value: object = application
    for step in field.split("."):
        value = getattr(value, step, None)
    return value is not None and value != ""
