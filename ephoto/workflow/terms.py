"""What an employer has settled for the people of a collective application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ephoto.workflow.model import Application, Bank, Delivery

if TYPE_CHECKING:
    from ephoto.workflow.values import DeliveryMethod

__all__ = ["EmployerTerms", "with_terms"]


@dataclass(frozen=True, slots=True)
class EmployerTerms:
    """What the employer's check says.

    Attributes
    ----------
    code : the employer's
    opened : the collective application is open
    bank_codes : the banks that it leaves to choose from; none: every one of the policy
    branch_code, delivery : set for everybody and not to be changed; None: each person chooses
    """

    code: str
    opened: bool
    bank_codes: tuple[str, ...] = ()
    branch_code: str | None = None
    delivery: DeliveryMethod | None = None


def with_terms(application: Application, terms: EmployerTerms) -> Application:
    """The application with what the employer has set filled in and locked, where the person has chosen nothing yet.

    What the person has chosen otherwise stays, so that `validate` can refuse it ("wf.field_locked").
    """
    bank, delivery = application.bank or Bank(), application.delivery or Delivery()
    changed: dict[str, object] = {"branch_locked": terms.branch_code is not None}
    if terms.branch_code is not None and not bank.branch_code:
        changed["bank"] = bank.model_copy(update={"branch_code": terms.branch_code})
    if terms.delivery is not None:
        changed["delivery"] = delivery.model_copy(update={"method": delivery.method or terms.delivery, "locked": True})
    elif application.delivery is not None:
        changed["delivery"] = delivery.model_copy(update={"locked": False})
    return application.model_copy(update=changed)
