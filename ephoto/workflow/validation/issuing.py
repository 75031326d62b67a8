"""Where the card comes from and how it gets to its holder: bank, branch, delivery, and what the employer has set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ephoto.workflow.findings import Finding
from ephoto.workflow.model import Bank, Delivery
from ephoto.workflow.validation.asked import missing, unfit
from ephoto.workflow.validation.people import mobile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ephoto.workflow.validation.asked import Asked

__all__ = ["of_bank", "of_branch", "of_delivery"]

MAILING = ("recipient", "mobile", "province", "city", "district", "address")  # a postcode may be left out
_POSTCODE_DIGITS = 6


def of_bank(asked: Asked) -> Iterator[Finding]:
    """One of the policy's banks, of those the employer names, if it does."""
    policy, terms = asked.policy, asked.employer
    bank = asked.application.bank or Bank()
    named = terms.bank_codes if terms is not None else ()
    if len(named) > policy.employer_banks_most:
        yield unfit("employer", problem="it names too many banks")
    if not bank.code:
        yield missing("bank.code")
        return
    by_policy, by_employer = not policy.banks or bank.code in policy.banks, not named or bank.code in named
    if not (by_policy and by_employer):
        allowed = [code for code in (named or sorted(policy.banks)) if not policy.banks or code in policy.banks]
        yield Finding("wf.bank_not_allowed", "/bank/code", {"allowed": allowed})


def of_branch(asked: Asked) -> Iterator[Finding]:
    """The one that the employer has set, or one that is chosen."""
    application, policy, terms = asked.application, asked.policy, asked.employer
    bank = application.bank or Bank()
    code = bank.branch_code
    set_by_employer = terms.branch_code if terms is not None else None
    locked = application.branch_locked if terms is None else set_by_employer is not None
    if code and set_by_employer not in (None, code):
        yield Finding("wf.field_locked", "/bank/branch_code", {"field": "bank.branch_code"})
        return
    if not code and not locked:
        yield Finding("wf.branch_required", "/bank/branch_code")
    branch = code or set_by_employer or ""
    known = policy.branches.get(branch)
    if known is not None and bank.code and known.bank != bank.code:
        yield unfit("bank.branch_code", problem="it is another bank's")
    if application.instant and not policy.instant(branch):
        yield Finding("wf.branch_not_instant", "/bank/branch_code")


def of_delivery(asked: Asked) -> Iterator[Finding]:
    terms, rules = asked.employer, asked.rules
    delivery = asked.application.delivery or Delivery()
    set_by_employer = terms.delivery if terms is not None else None
    method = delivery.method or set_by_employer
    if delivery.method is not None and set_by_employer not in (None, delivery.method):
        yield Finding("wf.field_locked", "/delivery/method", {"field": "delivery.method"})
        return
    if method is None:
        yield missing("delivery.method")
    elif rules is not None and method not in rules.deliveries:
        yield unfit("delivery.method", problem="this route has other ways of delivery")
    if method == "mail_personal":
        yield from _mailing(delivery)


def _mailing(delivery: Delivery) -> Iterator[Finding]:
    lacking = [field for field in MAILING if not getattr(delivery, field)]
    if lacking:
        yield Finding("wf.address_required", "/delivery", {"missing": lacking})
    yield from mobile(delivery.mobile, "delivery.mobile")
    code = delivery.postcode
    if code and not (len(code) == _POSTCODE_DIGITS and code.isascii() and code.isdecimal()):
        yield unfit("delivery.postcode", problem="it is not six digits")
